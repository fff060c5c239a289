package guard

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// children are the processes that the guard itself waits for. As process 1 of its container it also inherits those
// whose parents died, such as what is left of an operator's shell, and must bury them.
type children struct {
	mutex sync.Mutex
	own   map[int]bool
}

func newChildren() *children { return &children{own: map[int]bool{}} }

// start holds the lock until the child is known, so that bury can't take it for a stranger's.
func (c *children) start(command *exec.Cmd) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	err := command.Start()
	if err == nil {
		c.own[command.Process.Pid] = true
	}
	return err
}

func (c *children) forget(command *exec.Cmd) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.own, command.Process.Pid)
}

// buryOrphans reaps inherited children until the context ends.
func (c *children) buryOrphans(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	for {
		select {
		case <-ctx.Done():
			return
		case <-died:
			c.bury()
		}
	}
}

func (c *children) bury() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	// A glob of a fixed, right pattern can't fail.
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if text, err := os.ReadFile(stat); err == nil && !c.own[pid] && isOurZombie(text) {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// isOurZombie reads /proc/<pid>/stat: after the name, which may hold anything but ends with the last bracket, come the
// state and the parent.
func isOurZombie(stat []byte) bool {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 1 && string(fields[0]) == "Z" && string(fields[1]) == strconv.Itoa(os.Getpid())
}
