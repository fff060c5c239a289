// Package lock lets one program at a time change the platform.
package lock

import (
	"errors"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Held is the error when another process has the lock.
type Held struct {
	// PID is the other process.
	PID int
}

func (h Held) Error() string {
	return fmt.Sprintf("another platform command is at work (process %d); wait until it has finished", h.PID)
}

// Take takes the lock that belongs to a folder. The lock is a Unix socket without a file: it ends with its process,
// however that ends, leaves nothing behind, and tells others who has it.
func Take(folder string) (release func(), err error) {
	address := &net.UnixAddr{Net: "unix", Name: "@twinstack" + folder}
	listener, err := net.ListenUnix("unix", address)
	if errors.Is(err, unix.EADDRINUSE) {
		pid, err := holder(address)
		if err != nil {
			return nil, fmt.Errorf("lock for %s: %w", folder, err)
		}
		return nil, Held{PID: pid}
	}
	if err != nil {
		return nil, fmt.Errorf("lock for %s: %w", folder, err)
	}
	return func() { _ = listener.Close() }, nil
}

// holder asks the kernel who listens.
func holder(address *net.UnixAddr) (int, error) {
	connection, err := net.DialUnix("unix", nil, address)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	raw, err := connection.SyscallConn()
	if err != nil {
		return 0, err
	}
	var credentials *unix.Ucred
	var failure error
	if err := raw.Control(func(fd uintptr) {
		credentials, failure = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if failure != nil {
		return 0, failure
	}
	return int(credentials.Pid), nil
}
