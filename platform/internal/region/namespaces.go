package region

import (
	"context"
	"fmt"
	"os"

	"twinstack.dev/platform/internal/cgroup"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/mounts"
	"twinstack.dev/platform/internal/netspace"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/storage"
)

// cgroupName is the cgroup of all of a region's pods.
func cgroupName(r layout.Region) string { return layout.CgroupRoot + "/" + r.Name }

// ensureNamespaces makes the region's namespaces and cgroup. When one of the namespaces was lost, what still runs in it
// is ended first, since nothing could join it there.
func (c *cluster) ensureNamespaces(ctx context.Context, r *progress.Running) error {
	whole, err := c.whole()
	if err != nil {
		return err
	}
	r.Done("already there")
	if !whole {
		r.Done("made")
		if err := c.clear(ctx); err != nil {
			return err
		}
		if err := c.newMountNamespace(); err != nil {
			return fmt.Errorf("mount namespace: %w", err)
		}
	}
	if err := c.ensureNetwork(); err != nil {
		return err
	}
	if err := c.Links.Attach(ctx, c.region); err != nil {
		return err
	}
	return cgroup.Create(cgroupName(c.region))
}

// whole reports whether both namespaces are there and every daemon that runs is in them.
func (c *cluster) whole() (bool, error) {
	running, err := c.running()
	if err != nil {
		return false, err
	}
	for kind, path := range map[string]string{"mnt": c.paths.MountNamespace, "net": c.region.NetnsPath()} {
		namespace, err := netspace.ID(path)
		if err != nil || namespace == 0 {
			return false, err
		}
		for _, daemon := range running {
			joined, err := netspace.ID(fmt.Sprintf("/proc/%d/ns/%s", daemon.PID, kind))
			if err != nil {
				return false, err
			}
			// It is 0 for a daemon that has just ended.
			if joined != namespace && joined != 0 {
				return false, nil
			}
		}
	}
	return true, nil
}

// clear ends everything that runs in the region, and removes its namespaces and cgroup. The region's files stay.
func (c *cluster) clear(ctx context.Context) error {
	if err := c.end(ctx); err != nil {
		return err
	}
	if err := cgroup.Remove(ctx, cgroupName(c.region)); err != nil {
		return err
	}
	if err := removeNetwork(c.region); err != nil {
		return err
	}
	if _, err := mounts.Unmount(c.paths.Namespaces); err != nil {
		return err
	}
	if err := os.RemoveAll(c.paths.Namespaces); err != nil {
		return err
	}
	// The volumes were mounted in the namespace that has just gone.
	return storage.AwaitRelease(ctx, c.paths.Volumes)
}
