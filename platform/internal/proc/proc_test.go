package proc

import (
	"bufio"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	const tail = " S 7 12 12 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 100 0\n"
	for name, want := range map[string]string{
		"plain": "etcd", "blank": "tmux: server", "parentheses": "(sd-pam)", "closing": "a) R 1 (b",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseStat([]byte("42 (" + want + ")" + tail))
			if err != nil {
				t.Fatal(err)
			}
			if got != (Process{PID: 42, Parent: 7, StartTime: 987654, State: "S", Name: want}) {
				t.Errorf("got %+v", got)
			}
		})
	}
	for _, text := range []string{"", "42 etcd S 7", "42 (etcd) S 7", "x (etcd)" + tail} {
		if got, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}

func TestLookup(t *testing.T) {
	environment := []byte("A=1\x00XTWINSTACK_DAEMON=no\x00TWINSTACK_DAEMON=a-etcd\x00EMPTY=\x00")
	for name, want := range map[string]string{"TWINSTACK_DAEMON": "a-etcd", "EMPTY": "", "B": "", "A": "1"} {
		if got := lookup(environment, name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestReadSelf(t *testing.T) {
	self, err := Read(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if self.Parent != os.Getppid() || self.Gone() {
		t.Errorf("got %+v", self)
	}
	if age, err := self.Age(); err != nil || age < 0 || age > time.Hour {
		t.Errorf("age %s, %v", age, err)
	}
	if executable, _ := os.Executable(); Executable(self.PID) != executable {
		t.Errorf("executable %s, want %s", Executable(self.PID), executable)
	}
	if above := Ancestors(self.PID); len(above) == 0 || above[0] != os.Getppid() || !slices.Contains(above, 1) {
		t.Errorf("ancestors %v", above)
	}
	all, err := List()
	if err != nil || !slices.ContainsFunc(all, func(p Process) bool { return p.PID == self.PID }) {
		t.Errorf("own process is not in the list of %d, %v", len(all), err)
	}
}

// start runs a shell command, which is reaped as soon as it ends, and waits for its first line.
func start(t *testing.T, script string) Process {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
	process, err := Read(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return process
}

func TestEnd(t *testing.T) {
	for name, script := range map[string]string{
		"ends when asked": "echo ready; exec sleep 60",
		"ignores SIGTERM": "trap '' TERM; echo ready; while :; do sleep 0.1; done",
		"stopped":         "echo ready; kill -STOP $$; sleep 60",
	} {
		t.Run(name, func(t *testing.T) {
			process := start(t, script)
			if err := End(context.Background(), process, 300*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if now, err := Read(process.PID); err == nil && now.StartTime == process.StartTime && !now.Gone() {
				t.Errorf("still there: %+v", now)
			}
			if err := End(context.Background(), process, time.Second); err != nil {
				t.Errorf("the second time: %v", err)
			}
		})
	}
}

func TestKillAll(t *testing.T) {
	processes := []Process{start(t, "trap '' TERM; echo ready; while :; do sleep 0.1; done"), start(t, "echo ready; exec sleep 60")}
	// The second time, all have gone.
	for range 2 {
		if err := KillAll(context.Background(), processes); err != nil {
			t.Fatal(err)
		}
	}
	for _, process := range processes {
		if now, err := Read(process.PID); err == nil && now.StartTime == process.StartTime && !now.Gone() {
			t.Errorf("still there: %+v", now)
		}
	}
}

func TestOpenRefusesAnotherProcess(t *testing.T) {
	process := start(t, "echo ready; exec sleep 60")
	if _, err := Open(process.PID, process.StartTime+1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a process with another start time was taken: %v", err)
	}
	if err := Kill(context.Background(), Process{PID: process.PID, StartTime: process.StartTime + 1}); err != nil {
		t.Fatal(err)
	}
	if now, err := Read(process.PID); err != nil || now.Gone() {
		t.Errorf("it was killed: %+v, %v", now, err)
	}
}
