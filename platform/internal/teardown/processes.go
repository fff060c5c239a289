package teardown

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"twinstack.dev/platform/internal/cgroup"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/netspace"
	"twinstack.dev/platform/internal/proc"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/supervise"
)

// endTimeout bounds the chase after processes that start others while they are being ended.
const endTimeout = 30 * time.Second

// stopDaemons asks every daemon to end, all at once.
func (t *teardown) stopDaemons(ctx context.Context, r *progress.Running) error {
	names, err := t.supervisor.Names()
	if err != nil {
		return err
	}
	r.Doing("stopping %d", len(names))
	failures := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { failures[i] = t.supervisor.Stop(ctx, name) })
	}
	all.Wait()
	r.Done("%d stopped", len(names))
	return errors.Join(failures...)
}

// endProcesses kills what no daemon's record leads to: containers, shims, and children of a command that was killed.
func (t *teardown) endProcesses(ctx context.Context, r *progress.Running) error {
	count := 0
	for begin := time.Now(); ; {
		left, err := Processes(t.supervisor)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			r.Done("%d ended", count)
			return nil
		}
		if time.Since(begin) > endTimeout {
			return fmt.Errorf("%d processes are left after %s, such as %d (%s)", len(left), endTimeout, left[0].PID, left[0].Name)
		}
		for _, process := range left {
			if err := proc.Kill(ctx, process); err != nil {
				return err
			}
			count++
		}
	}
}

// Processes lists the platform's processes: those that carry a daemon's mark, those in the platform's cgroups and
// those in a region's network namespace. The calling process and those above it are never among them.
func Processes(supervisor *supervise.Supervisor) ([]proc.Process, error) {
	marked, err := supervisor.Marked()
	if err != nil {
		return nil, err
	}
	found := map[int]proc.Process{}
	for _, process := range marked {
		found[process.PID] = process.Process
	}
	if err := addContained(found); err != nil {
		return nil, err
	}
	if err := addNetworked(found); err != nil {
		return nil, err
	}
	for _, spared := range append(proc.Ancestors(os.Getpid()), os.Getpid()) {
		delete(found, spared)
	}
	var list []proc.Process
	for _, process := range found {
		list = append(list, process)
	}
	slices.SortFunc(list, func(a, b proc.Process) int { return a.PID - b.PID })
	return list, nil
}

// addContained adds the processes in the platform's cgroups.
func addContained(found map[int]proc.Process) error {
	pids, err := cgroup.Processes(layout.CgroupRoot)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		process, err := proc.Read(pid)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !process.Gone() {
			found[pid] = process
		}
	}
	return nil
}

// addNetworked adds the processes in the regions' network namespaces.
func addNetworked(found map[int]proc.Process) error {
	names := map[string]bool{}
	for _, region := range layout.AllRegions() {
		id, err := netspace.ID(region.NetnsPath())
		if err != nil {
			return err
		}
		if id != 0 {
			names[fmt.Sprintf("net:[%d]", id)] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	processes, err := proc.List()
	if err != nil {
		return err
	}
	for _, process := range processes {
		if names[proc.NetNamespace(process.PID)] && !process.Gone() {
			found[process.PID] = process
		}
	}
	return nil
}
