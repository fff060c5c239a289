package region

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/cgroup"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/mounts"
	"twinstack.dev/platform/internal/progress"
)

// nsfsMagic is the type of the file system that namespaces are mounted from.
const nsfsMagic = 0x6e736673

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
	return cgroup.Create(cgroupName(c.region))
}

// whole reports whether both namespaces are there and every daemon that runs is in them.
func (c *cluster) whole() (bool, error) {
	running, err := c.running()
	if err != nil {
		return false, err
	}
	for kind, path := range map[string]string{"mnt": c.paths.MountNamespace, "net": c.region.NetnsPath()} {
		namespace, err := namespaceAt(path)
		if err != nil || namespace == 0 {
			return false, err
		}
		for _, daemon := range running {
			joined, err := namespaceAt(fmt.Sprintf("/proc/%d/ns/%s", daemon.PID, kind))
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

// namespaceAt is the inode of the namespace that a path leads to, or 0 when it leads to none.
func namespaceAt(path string) (uint64, error) {
	var system unix.Statfs_t
	var file unix.Stat_t
	err := errors.Join(unix.Statfs(path, &system), unix.Stat(path, &file))
	if errors.Is(err, unix.ENOENT) || err == nil && system.Type != nsfsMagic {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("namespace %s: %w", path, err)
	}
	return file.Ino, nil
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
	return os.RemoveAll(c.paths.Namespaces)
}
