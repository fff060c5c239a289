// Package storage keeps a region's volumes. Each is a file of its claim's size that holds a file system of its own, so
// that a full volume is full for real and fills nothing else. They are mounted by the region's storage daemon, in the
// region's mount namespace: whatever ends the region, the kernel unmounts them and gives their loop devices back.
package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/mounts"
)

const (
	// LeastBytes is the size below which a file system's own records would leave little of a volume.
	LeastBytes = 16 << 20

	image = ".img"
	draft = ".new"
)

// Volumes are the volumes kept in a folder: <name>.img, mounted on <name>.
type Volumes struct {
	// Folder is an absolute path.
	Folder string
}

// Path is what a volume's user gets: a folder inside its file system. It isn't there unless the volume is mounted, so
// nobody mistakes the mount point for the volume.
func (v Volumes) Path(name string) string { return filepath.Join(v.point(name), "data") }

func (v Volumes) point(name string) string { return filepath.Join(v.Folder, name) }

func (v Volumes) image(name string) string { return v.point(name) + image }

// Create makes a volume of a size in bytes and mounts it. One that is there keeps its content.
func (v Volumes) Create(ctx context.Context, name string, size int64) error {
	_, err := os.Stat(v.image(name))
	if errors.Is(err, fs.ErrNotExist) {
		err = v.format(ctx, name, size)
	}
	if err != nil {
		return err
	}
	return v.mount(ctx, name)
}

// format makes a volume's file apart and moves it into its place when its file system is complete.
func (v Volumes) format(ctx context.Context, name string, size int64) error {
	if err := os.MkdirAll(v.Folder, 0o755); err != nil {
		return err
	}
	file := v.image(name) + draft
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	// The file is sparse: it takes what is written to it, up to its size.
	if err := os.Truncate(file, size); err != nil {
		return err
	}
	// Nothing is kept back for root: pods don't run as root.
	if err := run(ctx, "mkfs.ext4", "-q", "-F", "-m", "0", file); err != nil {
		return err
	}
	return os.Rename(file, v.image(name))
}

// mount mounts a volume unless it is mounted.
func (v Volumes) mount(ctx context.Context, name string) error {
	mounted, err := v.mounted(name)
	if err != nil {
		return err
	}
	if !mounted {
		if err := os.MkdirAll(v.point(name), 0o755); err != nil {
			return err
		}
		// mount(8) takes a loop device that already has this file rather than a second one, which would corrupt it, and
		// leaves it to the kernel to free the device with the last mount.
		if err := run(ctx, "mount", "-t", "ext4", "-o", "loop,noatime", v.image(name), v.point(name)); err != nil {
			return err
		}
	}
	return os.MkdirAll(v.Path(name), 0o755)
}

func (v Volumes) mounted(name string) (bool, error) {
	all, err := mounts.List()
	return slices.ContainsFunc(all, func(m mounts.Mount) bool { return m.Point == v.point(name) }), err
}

// MountAll mounts all volumes there are and returns their names. What Create was kept from completing is removed.
func (v Volumes) MountAll(ctx context.Context) ([]string, error) {
	entries, err := os.ReadDir(v.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		switch name := entry.Name(); {
		case strings.HasSuffix(name, image+draft):
			err = os.Remove(filepath.Join(v.Folder, name))
		case strings.HasSuffix(name, image):
			name = strings.TrimSuffix(name, image)
			names = append(names, name)
			err = v.mount(ctx, name)
		}
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// Remove unmounts a volume and removes it with its content. One that isn't there is no error.
func (v Volumes) Remove(name string) error {
	mounted, err := v.mounted(name)
	if err != nil {
		return err
	}
	if mounted {
		if err := unix.Unmount(v.point(name), unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", v.point(name), err)
		}
	}
	// The file goes last: as long as it is there, a removal that was interrupted can be done again.
	for _, path := range []string{v.point(name), v.image(name)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// run runs a program; what it prints is part of the error when it fails.
func run(ctx context.Context, name string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, name, arguments...)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}
