package guard

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// process is a child that dies with the guard.
type process struct {
	command *exec.Cmd
	done    chan struct{}
	// err is why it ended; to be read after done.
	err error
}

// restartCode is mysqld's own exit code for "start me again", which it uses after a clone when it knows of a parent.
const restartCode = 16

// startProcess runs a command line with the guard's own output.
func startProcess(line []string, children *children) (*process, error) {
	command := exec.Command(line[0], line[1:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = append(os.Environ(), "MYSQLD_PARENT_PID="+strconv.Itoa(os.Getpid()))
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p := &process{command: command, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel sends that signal when the thread that started the child ends, so it must not.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := children.start(command)
		started <- err
		if err != nil {
			return
		}
		p.err = command.Wait()
		children.forget(command)
		close(p.done)
	}()
	return p, <-started
}

// kill ends it at once and returns when it is gone.
func (p *process) kill() {
	_ = p.command.Process.Kill() // It may be gone already.
	<-p.done
}

// terminate asks it to end.
func (p *process) terminate() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // It may be gone already.
}

// stop asks it to end, and kills it after patience.
func (p *process) stop(patience time.Duration) {
	p.terminate()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.kill()
	}
}

// await returns how it ended, or kills it when the context ends.
func (p *process) await(ctx context.Context, what string) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
	}
	if p.err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, p.err)
}

// askedForRestart tells whether an ended mysqld wants to be started again.
func (p *process) askedForRestart() bool { return p.command.ProcessState.ExitCode() == restartCode }
