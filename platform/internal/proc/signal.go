package proc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// Handle holds on to one process, so that a signal can never meet another one that got the same id.
type Handle struct {
	fd      int
	process Process
}

// Open takes hold of the process that had this id at this start time; the error is fs.ErrNotExist when it has gone.
func Open(pid int, startTime uint64) (*Handle, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("pidfd_open %d: %w", pid, err)
	}
	process, err := Read(pid)
	if err == nil && (process.StartTime != startTime || process.Gone()) {
		err = fs.ErrNotExist
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &Handle{fd: fd, process: process}, nil
}

// Close lets go of the process.
func (h *Handle) Close() { _ = unix.Close(h.fd) }

// Signal sends a signal; a process that has gone is no error.
func (h *Handle) Signal(signal unix.Signal) error {
	err := unix.PidfdSendSignal(h.fd, signal, nil, 0)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("signal %d to process %d (%s): %w", signal, h.process.PID, h.process.Name, err)
	}
	return nil
}

// Wait waits until the process has ended, and reports whether it did within the time.
func (h *Handle) Wait(ctx context.Context, limit time.Duration) (bool, error) {
	const slice = 50 * time.Millisecond
	for deadline := time.Now().Add(limit); ; {
		ready, err := unix.Poll([]unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLIN}}, int(slice.Milliseconds()))
		switch {
		case err != nil && !errors.Is(err, unix.EINTR):
			return false, fmt.Errorf("wait for process %d: %w", h.process.PID, err)
		case ready > 0:
			return true, nil
		case ctx.Err() != nil:
			return false, ctx.Err()
		case time.Now().After(deadline):
			return false, nil
		}
	}
}

// End asks a process to end, gives it the time to, and then ends it. A process that has gone is no error.
func End(ctx context.Context, process Process, patience time.Duration) error {
	handle, err := Open(process.PID, process.StartTime)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer handle.Close()
	// A stopped process takes SIGTERM only once it goes on.
	for _, signal := range []unix.Signal{unix.SIGTERM, unix.SIGCONT} {
		if err := handle.Signal(signal); err != nil {
			return err
		}
	}
	if ended, err := handle.Wait(ctx, patience); err != nil || ended {
		return err
	}
	return kill(ctx, handle)
}

// Kill ends a process at once. A process that has gone is no error.
func Kill(ctx context.Context, process Process) error {
	handle, err := Open(process.PID, process.StartTime)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer handle.Close()
	return kill(ctx, handle)
}

// KillAll ends processes at once: each is sent its signal before the first is waited for.
func KillAll(ctx context.Context, processes []Process) error {
	var handles []*Handle
	defer func() {
		for _, handle := range handles {
			handle.Close()
		}
	}()
	for _, process := range processes {
		handle, err := Open(process.PID, process.StartTime)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		handles = append(handles, handle)
	}
	var failures []error
	for _, handle := range handles {
		failures = append(failures, handle.Signal(unix.SIGKILL))
	}
	for _, handle := range handles {
		failures = append(failures, kill(ctx, handle))
	}
	return errors.Join(failures...)
}

func kill(ctx context.Context, handle *Handle) error {
	const patience = 10 * time.Second
	if err := handle.Signal(unix.SIGKILL); err != nil {
		return err
	}
	ended, err := handle.Wait(ctx, patience)
	if err == nil && !ended {
		err = fmt.Errorf("process %d (%s) is still there %s after SIGKILL; it hangs in the kernel, see /proc/%d/stack",
			handle.process.PID, handle.process.Name, patience, handle.process.PID)
	}
	return err
}
