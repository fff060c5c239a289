package region

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/mounts"
)

// kernelSettings are what the kubelet sets on the machine when it finds something else. Some of them no one wants on a
// machine of one's own, such as a restart after a fault in the kernel: inside the region, they read as the kubelet
// wants them.
var kernelSettings = map[string]string{
	"kernel/keys/root_maxbytes": "25000000",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
}

// newMountNamespace makes the region's mount namespace, and keeps it by mounting it on a file.
func (c *cluster) newMountNamespace() error {
	if err := c.prepareMounts(); err != nil {
		return err
	}
	// The kernel refuses a mount namespace on a mount point from which it could spread into that same namespace.
	if err := bind(c.paths.Namespaces, c.paths.Namespaces); err != nil {
		return err
	}
	if err := propagate(c.paths.Namespaces, unix.MS_PRIVATE); err != nil {
		return err
	}
	entered, keep := make(chan error), make(chan struct{})
	defer close(keep)
	var thread int
	go func() {
		// Never unlocked: the thread, which can't go back, ends with the goroutine.
		runtime.LockOSThread()
		thread = unix.Gettid()
		entered <- c.enterMountNamespace()
		<-keep
	}()
	if err := <-entered; err != nil {
		return err
	}
	return bind(fmt.Sprintf("/proc/self/task/%d/ns/mnt", thread), c.paths.MountNamespace)
}

// prepareMounts creates what is mounted and what it is mounted on.
func (c *cluster) prepareMounts() error {
	if err := os.MkdirAll(c.paths.Namespaces, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(c.paths.MountNamespace, nil, 0o600); err != nil {
		return err
	}
	for _, mount := range c.paths.Mounts {
		if err := errors.Join(os.MkdirAll(mount.source, 0o755), os.MkdirAll(mount.target, 0o755)); err != nil {
			return err
		}
	}
	for name, value := range kernelSettings {
		if err := replaceFile(filepath.Join(c.paths.Kernel, name), []byte(value+"\n"), 0o444); err != nil {
			return err
		}
	}
	return nil
}

// enterMountNamespace moves the calling thread into a new mount namespace and arranges it. Nothing mounted there shows
// outside.
func (c *cluster) enterMountNamespace() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := propagate("/", unix.MS_REC|unix.MS_SLAVE); err != nil {
		return err
	}
	// What others mounted must not live on here: network namespaces of other regions, and snapshots of the image builder.
	for _, folder := range []string{"/run", c.Layout.BuildkitRoot()} {
		if _, err := mounts.Unmount(folder); err != nil {
			return err
		}
	}
	// containerd and others keep what must not outlive the region's processes on fixed paths in /run.
	if err := unix.Mount("tmpfs", "/run", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount /run: %w", err)
	}
	for _, mount := range c.paths.Mounts {
		if err := bind(mount.source, mount.target); err != nil {
			return err
		}
	}
	for name := range kernelSettings {
		if err := bind(filepath.Join(c.paths.Kernel, name), filepath.Join("/proc/sys", name)); err != nil {
			return err
		}
	}
	// Pods may ask to see each other's mounts.
	return propagate("/", unix.MS_REC|unix.MS_SHARED)
}

// bind mounts a folder or file on another one.
func bind(source, target string) error {
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", source, target, err)
	}
	return nil
}

// propagate changes whether mounts spread from a mount point, and to it.
func propagate(target string, how uintptr) error {
	if err := unix.Mount("", target, "", how, ""); err != nil {
		return fmt.Errorf("change propagation of %s: %w", target, err)
	}
	return nil
}
