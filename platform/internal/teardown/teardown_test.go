package teardown

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/proc"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/supervise"
)

// newTeardown has folders of its own, so that it meets no platform on the machine.
func newTeardown(t *testing.T) *teardown {
	t.Helper()
	folder := t.TempDir()
	l := layout.Layout{State: filepath.Join(folder, "state"), Cache: filepath.Join(folder, "cache")}
	return &teardown{layout: l, supervisor: supervise.New(l.Daemons(), l.Logs())}
}

func run(t *testing.T, step func(context.Context, *progress.Running) error) {
	t.Helper()
	if err := step(context.Background(), &progress.Running{}); err != nil {
		t.Fatal(err)
	}
}

// marked starts a process that carries the mark of the platform's daemons but has no record, as a child of a command
// that was killed has.
func marked(t *testing.T, td *teardown) proc.Process {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "60")
	cmd.Env = []string{"TWINSTACK_DAEMON=platform", "TWINSTACK_RECORDS=" + td.layout.Daemons()}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-done })
	process, err := proc.Read(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return process
}

func alive(process proc.Process) bool {
	now, err := proc.Read(process.PID)
	return err == nil && now.StartTime == process.StartTime && !now.Gone()
}

func TestStopDaemons(t *testing.T) {
	td := newTeardown(t)
	for _, name := range []string{"a-etcd", "a-kubelet"} {
		spec := supervise.Spec{Name: name, Command: []string{"/bin/sleep", "60"}, StopTimeout: time.Second}
		if _, err := td.supervisor.Ensure(context.Background(), spec); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		run(t, td.stopDaemons)
		if names, err := td.supervisor.Names(); err != nil || len(names) != 0 {
			t.Errorf("got %v, %v", names, err)
		}
	}
}

func TestMarkedProcessesAreFoundAndSparedOnesArent(t *testing.T) {
	td, other := newTeardown(t), newTeardown(t)
	mine, foreign := marked(t, td), marked(t, other)
	found, err := Processes(td.supervisor)
	if err != nil {
		t.Fatal(err)
	}
	contains := func(pid int) bool {
		return slices.ContainsFunc(found, func(p proc.Process) bool { return p.PID == pid })
	}
	if !contains(mine.PID) {
		t.Errorf("process %d isn't among %+v", mine.PID, found)
	}
	for what, pid := range map[string]int{"another platform's": foreign.PID, "its own": os.Getpid(), "its parent's": os.Getppid()} {
		if contains(pid) {
			t.Errorf("%s process %d was found", what, pid)
		}
	}
	if err := proc.Kill(context.Background(), mine); err != nil {
		t.Fatal(err)
	}
	if alive(mine) || !alive(foreign) {
		t.Errorf("alive: mine %t, foreign %t", alive(mine), alive(foreign))
	}
}

func TestUnmountAndRemoveFiles(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may mount")
	}
	// A mount namespace of its own: the real platform's /run/twinstack must stay. It ends with the goroutine's thread.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	td := newTeardown(t)
	kept := filepath.Join(td.layout.Cache, "kept")
	residue := filepath.Join(t.TempDir(), "residue")
	occupied := filepath.Join(t.TempDir(), "occupied")
	td.residue = []string{residue, occupied, filepath.Join(residue, "missing")}
	mounted := filepath.Join(td.layout.State, "regions", "a", "kubelet")
	for _, folder := range []string{kept, residue, filepath.Join(occupied, "by others"), mounted, layout.RunDir} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// What is mounted below the state must survive the state.
	if err := unix.Mount(kept, mounted, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(kept, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		run(t, td.unmount)
		run(t, td.removeFiles)
	}
	for _, gone := range []string{td.layout.State, layout.RunDir, residue} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s is still there", gone)
		}
	}
	for _, stays := range []string{filepath.Join(kept, "file"), occupied} {
		if _, err := os.Stat(stays); err != nil {
			t.Error(err)
		}
	}
}
