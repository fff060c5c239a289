// Package netspace works inside network namespaces other than the program's own.
package netspace

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// nsfsMagic is the type of the file system that namespaces are mounted from.
const nsfsMagic = 0x6e736673

// Within calls do in a network namespace.
func Within(namespace netns.NsHandle, do func() error) error {
	return Keeping(func() error {
		if err := netns.Set(namespace); err != nil {
			return err
		}
		return do()
	})
}

// Keeping calls do, which may change the thread's network namespace, and goes back to the one there was.
func Keeping(do func() error) error {
	runtime.LockOSThread()
	before, err := netns.Get()
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer before.Close()
	err = do()
	if back := netns.Set(before); back != nil {
		// The thread stays locked, so that it ends with its goroutine and nothing else runs in the wrong namespace.
		return errors.Join(err, back)
	}
	runtime.UnlockOSThread()
	return err
}

// ID is the inode of the namespace, of any kind, that a path leads to, or 0 when it leads to none.
func ID(path string) (uint64, error) {
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
