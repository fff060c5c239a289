package region

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"twinstack.dev/platform/internal/cgroup"
	"twinstack.dev/platform/internal/proc"
	"twinstack.dev/platform/internal/supervise"
)

const (
	endTimeout  = 30 * time.Second
	endInterval = 50 * time.Millisecond
)

// running lists the region's daemons that run.
func (c *cluster) running() ([]supervise.Status, error) {
	all, err := c.Supervisor.Status()
	if err != nil {
		return nil, err
	}
	names := daemonNames(c.region)
	return slices.DeleteFunc(all, func(s supervise.Status) bool {
		return s.PID == 0 || !slices.Contains(names, s.Name)
	}), nil
}

// end kills the region's daemons, the shims they left behind, and all pods.
func (c *cluster) end(ctx context.Context) error {
	for begin := time.Now(); ; {
		left, err := c.processes()
		if err != nil {
			return err
		}
		if len(left) == 0 {
			break
		}
		if time.Since(begin) > endTimeout {
			return fmt.Errorf("region %s: %d processes are left after %s, such as %d (%s)",
				c.region.Name, len(left), endTimeout, left[0].PID, left[0].Name)
		}
		if err := proc.KillAll(ctx, left); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(endInterval):
		}
	}
	for _, name := range daemonNames(c.region) {
		if err := c.Supervisor.Stop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// processes lists the daemons first, so that they can't start anew what is killed next.
func (c *cluster) processes() ([]proc.Process, error) {
	marked, err := c.Supervisor.Marked()
	if err != nil {
		return nil, err
	}
	names := daemonNames(c.region)
	var found []proc.Process
	for _, process := range marked {
		if slices.Contains(names, process.Daemon) {
			found = append(found, process.Process)
		}
	}
	pods, err := cgroup.Processes(cgroupName(c.region))
	if err != nil {
		return nil, err
	}
	for _, pid := range pods {
		process, err := proc.Read(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !process.Gone() {
			found = append(found, process)
		}
	}
	return found, nil
}
