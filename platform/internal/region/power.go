package region

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/netspace"
	"twinstack.dev/platform/internal/proc"
)

// Outage tells how a region lost its power.
type Outage struct {
	// Processes is how many were killed.
	Processes int
	// Took is the time from the first signal until the last of them was gone.
	Took time.Duration
}

// PowerOff ends a region as a loss of power does. It falls silent first: processes that end say goodbye to their peers,
// through the kernel, and none of that may be heard. Then all are killed at once, so that none can react to the end of
// another. What the region wrote to files stays; what it had in memory, mounts and network namespaces goes. Steps
// switches it on again.
func PowerOff(ctx context.Context, deps Deps, r layout.Region) (Outage, error) {
	c := newCluster(deps, r)
	processes, err := c.processes()
	if err != nil {
		return Outage{}, err
	}
	if len(processes) == 0 {
		return Outage{}, fmt.Errorf("region %s doesn't run; switch it on by `platform/run start %s`", r.Name, r.Name)
	}
	if err := errors.Join(deps.Links.Detach(ctx, r), unplug(r)); err != nil {
		return Outage{}, err
	}
	begin := time.Now()
	if err := proc.KillAll(ctx, processes); err != nil {
		return Outage{}, err
	}
	outage := Outage{Processes: len(processes), Took: time.Since(begin)}
	// That ends what was started while the processes were being listed, too.
	return outage, c.clear(ctx)
}

// unplug takes the region off the machine's bridge.
func unplug(r layout.Region) error {
	link, err := netlink.LinkByName(r.HostLink)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link %s: %w", r.HostLink, err)
	}
	if err := netlink.LinkSetDown(link); err != nil {
		return fmt.Errorf("set link %s down: %w", r.HostLink, err)
	}
	return nil
}

// off reports whether the region was made but has neither processes nor a network.
func (c *cluster) off() (bool, error) {
	id, err := netspace.ID(c.region.NetnsPath())
	if err != nil || id != 0 {
		return false, err
	}
	running, err := c.running()
	return len(running) == 0, err
}
