// Package cgroup makes, reads and removes cgroups, on machines with the unified hierarchy (v2) as well as on those with
// one hierarchy per controller (v1).
package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// root is where cgroups are mounted.
const root = "/sys/fs/cgroup"

// controllers are those that the kubelet asks for.
var controllers = []string{"cpu", "cpuset", "hugetlb", "memory", "pids"}

const (
	procs         = "cgroup.procs"
	removeRetry   = 50 * time.Millisecond
	removeTimeout = 10 * time.Second
)

// hierarchies lists the roots below which every cgroup has a folder: the mount itself on v2, and the folders in it on
// v1. Links such as cpu -> cpu,cpuacct name a hierarchy once more.
func hierarchies(mount string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(mount, procs)); err == nil {
		return []string{mount}, nil
	}
	entries, err := os.ReadDir(mount)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		folder := filepath.Join(mount, entry.Name())
		if _, err := os.Stat(filepath.Join(folder, procs)); err == nil && entry.IsDir() {
			found = append(found, folder)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s holds no cgroup hierarchy; mount one there", mount)
	}
	return found, nil
}

// Create makes a cgroup, and those above it, in every hierarchy. One that is there is left alone.
func Create(name string) error {
	folders, err := hierarchies(root)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		// With hierarchies of v1 beside it, the unified one has no controllers that matter.
		if err := create(folder, name, folder == root); err != nil {
			return fmt.Errorf("create cgroup %s: %w", name, err)
		}
	}
	return nil
}

func create(folder, name string, unified bool) error {
	for part := range strings.SplitSeq(name, "/") {
		if unified {
			if err := delegate(folder); err != nil {
				return err
			}
		}
		folder = filepath.Join(folder, part)
		if err := os.Mkdir(folder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// delegate passes a cgroup's controllers on to those below it, which on v2 don't have them by themselves.
func delegate(folder string) error {
	available, err := os.ReadFile(filepath.Join(folder, "cgroup.controllers"))
	if err != nil {
		return err
	}
	var wanted []string
	for _, controller := range strings.Fields(string(available)) {
		if slices.Contains(controllers, controller) {
			wanted = append(wanted, "+"+controller)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(folder, "cgroup.subtree_control"), []byte(strings.Join(wanted, " ")), 0)
}

// Processes lists the processes in a cgroup and in those below it, in order.
func Processes(name string) ([]int, error) {
	var pids []int
	err := walk(name, func(folder string) error {
		text, err := os.ReadFile(filepath.Join(folder, procs))
		if gone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				return fmt.Errorf("%s in %s: %w", procs, folder, err)
			}
			pids = append(pids, pid)
		}
		return nil
	})
	slices.Sort(pids)
	return slices.Compact(pids), err
}

// Remove removes a cgroup and those below it from every hierarchy, once their last processes have ended.
func Remove(ctx context.Context, name string) error {
	return walk(name, func(folder string) error {
		for begin := time.Now(); ; {
			err := unix.Rmdir(folder)
			if err == nil || gone(err) {
				return nil
			}
			// The kernel needs a moment to let go of a cgroup after its last process has ended.
			if !errors.Is(err, unix.EBUSY) || time.Since(begin) > removeTimeout {
				return fmt.Errorf("remove cgroup %s: %w", folder, err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(removeRetry):
			}
		}
	})
}

// walk calls visit for the folder of a cgroup in every hierarchy that has it, after the folders below it.
func walk(name string, visit func(folder string) error) error {
	folders, err := hierarchies(root)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if err := descend(filepath.Join(folder, name), visit); err != nil {
			return err
		}
	}
	return nil
}

func descend(folder string, visit func(folder string) error) error {
	entries, err := os.ReadDir(folder)
	if gone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if err := descend(filepath.Join(folder, entry.Name()), visit); err != nil {
			return err
		}
	}
	return visit(folder)
}

// gone reports whether an error says that a cgroup isn't there, or was removed while it was being read.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) }
