// Package teardown removes the platform from the machine, however much of it is there and whatever ended the command
// that made it. It relies on no record alone: processes are also found by their mark, cgroup and namespace, mounts and
// links by their place and name.
package teardown

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/cgroup"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/mounts"
	"twinstack.dev/platform/internal/network"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/storage"
	"twinstack.dev/platform/internal/supervise"
)

type teardown struct {
	layout     layout.Layout
	supervisor *supervise.Supervisor
	residue    []string
}

// Steps removes everything but the cache. Residue lists folders that are left empty on fixed paths.
func Steps(l layout.Layout, supervisor *supervise.Supervisor, residue []string) []progress.Step {
	t := &teardown{layout: l, supervisor: supervisor, residue: residue}
	return []progress.Step{
		{Title: "daemons", Run: t.stopDaemons},
		{Title: "containers", Run: t.endProcesses},
		{Title: "mounts", Run: t.unmount},
		{Title: "network", Run: t.removeNetwork},
		{Title: "cgroups", Run: t.removeCgroups},
		{Title: "files", Run: t.removeFiles},
	}
}

// unmount unmounts everything below the folders that the platform mounts in.
func (t *teardown) unmount(ctx context.Context, r *progress.Running) error {
	count := 0
	for _, folder := range []string{t.layout.State, layout.RunDir, t.layout.BuildkitRoot()} {
		points, err := mounts.Unmount(folder)
		if err != nil {
			return err
		}
		count += len(points)
	}
	r.Done("%d unmounted", count)
	// With their mount namespaces, which were kept by mounts, the regions' volumes go.
	return storage.AwaitRelease(ctx, t.layout.State)
}

// removeNetwork removes the regions' network namespaces and the links of the root one.
func (t *teardown) removeNetwork(_ context.Context, r *progress.Running) error {
	count := 0
	for _, region := range layout.AllRegions() {
		if _, err := mounts.Unmount(region.NetnsPath()); err != nil {
			return err
		}
		err := os.Remove(region.NetnsPath())
		if err == nil {
			count++
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	links, err := network.Remove()
	if err != nil {
		return err
	}
	r.Done("%d namespaces and %d links removed", count, len(links))
	return removeEmpty(layout.NetnsDir)
}

// removeCgroups removes the platform's cgroups.
func (t *teardown) removeCgroups(ctx context.Context, r *progress.Running) error {
	r.Done("removed")
	return cgroup.Remove(ctx, layout.CgroupRoot)
}

// removeFiles removes the state. Nothing is mounted below it any more, or the step before had failed.
func (t *teardown) removeFiles(_ context.Context, r *progress.Running) error {
	for _, folder := range []string{t.layout.State, layout.RunDir} {
		if err := os.RemoveAll(folder); err != nil {
			return err
		}
	}
	for _, folder := range t.residue {
		if err := removeEmpty(folder); err != nil {
			return err
		}
	}
	r.Done("removed; the cache %s stays", t.layout.Cache)
	return nil
}

// removeEmpty removes a folder if nothing is in it.
func removeEmpty(folder string) error {
	err := unix.Rmdir(folder)
	if err == nil || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EBUSY) {
		return nil
	}
	return fmt.Errorf("remove %s: %w", folder, err)
}
