package supervise

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twinstack.dev/platform/internal/proc"
)

// testSupervisor has folders of its own, and ends whatever the test leaves.
func testSupervisor(t *testing.T) *Supervisor {
	t.Helper()
	folder := t.TempDir()
	s := New(filepath.Join(folder, "daemons"), filepath.Join(folder, "logs"))
	t.Cleanup(func() {
		marked, err := s.Marked()
		if err != nil {
			t.Error(err)
		}
		for _, process := range marked {
			if err := proc.Kill(context.Background(), process.Process); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// shell is a daemon that runs a script.
func shell(name, script string) Spec {
	return Spec{Name: name, Command: []string{"/bin/sh", "-c", script}, StopTimeout: time.Second}
}

const forever = "while :; do sleep 0.1; done"

// fileExists is ready once the daemon has written a file.
func fileExists(name string) Probe {
	return func(context.Context) error { _, err := os.Stat(name); return err }
}

func ensure(t *testing.T, s *Supervisor, spec Spec, want Outcome) Status {
	t.Helper()
	got, err := s.Ensure(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("Ensure: got %s, want %s", got, want)
	}
	return only(t, s)
}

// only is the status of the one daemon there is.
func only(t *testing.T, s *Supervisor) Status {
	t.Helper()
	all, err := s.Status()
	if err != nil || len(all) != 1 {
		t.Fatalf("got %+v, %v; want one daemon", all, err)
	}
	return all[0]
}

func TestEnsureIsIdempotent(t *testing.T) {
	s := testSupervisor(t)
	config := filepath.Join(t.TempDir(), "config")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	spec := shell("x", forever)
	spec.ConfigFiles = []string{config}
	first := ensure(t, s, spec, Started)
	if again := ensure(t, s, spec, Running); again.PID != first.PID {
		t.Errorf("pid went from %d to %d", first.PID, again.PID)
	}
	write("two")
	second := ensure(t, s, spec, Restarted)
	if second.PID == first.PID {
		t.Error("a changed configuration file didn't restart the daemon")
	}
	spec.Environment = []string{"A=1"}
	if third := ensure(t, s, spec, Restarted); third.PID == second.PID {
		t.Error("a changed environment didn't restart the daemon")
	}
}

func TestEnsureHealsWhatWasKilled(t *testing.T) {
	s := testSupervisor(t)
	first := ensure(t, s, shell("x", forever), Started)
	process, err := proc.Read(first.PID)
	if err != nil {
		t.Fatal(err)
	}
	if err := proc.Kill(context.Background(), process); err != nil {
		t.Fatal(err)
	}
	if dead := only(t, s); dead.PID != 0 {
		t.Errorf("a killed daemon is said to run: %+v", dead)
	}
	ensure(t, s, shell("x", forever), Started)
}

func TestEnsureRestartsWhatHangs(t *testing.T) {
	s := testSupervisor(t)
	alive := filepath.Join(t.TempDir(), "alive")
	spec := shell("x", "touch "+alive+"; "+forever)
	spec.Ready, spec.ReadyTimeout = fileExists(alive), 2*time.Second
	first := ensure(t, s, spec, Started)
	if err := os.Remove(alive); err != nil {
		t.Fatal(err)
	}
	if second := ensure(t, s, spec, Restarted); second.PID == first.PID {
		t.Error("the daemon wasn't replaced")
	}
}

func TestEnsureTellsWhyADaemonFails(t *testing.T) {
	never := func(context.Context) error { return errors.New("connection refused") }
	tests := map[string]struct {
		script string
		ready  Probe
		want   []string
	}{
		"ends":       {"echo 'no such certificate' >&2; exit 3", never, []string{"x ended ", "\n  no such certificate"}},
		"not ready":  {"echo waiting; " + forever, never, []string{"x isn't ready after 1s: connection refused", "\n  waiting"}},
		"empty log":  {"exit 3", never, []string{"x ended ", "x.log is empty"}},
		"no program": {"", nil, []string{"start x: ", "no such file"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := testSupervisor(t)
			spec := shell("x", test.script)
			if test.script == "" {
				spec.Command = []string{"/nonexistent/program"}
			}
			spec.Ready, spec.ReadyTimeout = test.ready, time.Second
			_, err := s.Ensure(context.Background(), spec)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestEnsureEndsWithItsContext(t *testing.T) {
	s := testSupervisor(t)
	ctx, cancel := context.WithCancel(context.Background())
	spec := shell("x", forever)
	spec.Ready = func(context.Context) error { cancel(); return errors.New("not yet") }
	if _, err := s.Ensure(ctx, spec); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A program killed between the start of a daemon and its record's completion leaves an intent; killed earlier in its
// history, or with a damaged disk, nothing that can be read.
func TestLostRecordsAreHealed(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, s *Supervisor){
		"intent only": func(t *testing.T, s *Supervisor) {
			if err := s.write(Record{Name: "x", Program: "/bin/sh", StopTimeout: time.Second}); err != nil {
				t.Fatal(err)
			}
		},
		"no record": func(t *testing.T, s *Supervisor) {
			if err := os.Remove(s.recordFile("x")); err != nil {
				t.Fatal(err)
			}
		},
		"damaged record": func(t *testing.T, s *Supervisor) {
			if err := os.WriteFile(s.recordFile("x"), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := testSupervisor(t)
			first := ensure(t, s, shell("x", forever), Started)
			damage(t, s)
			if found := only(t, s); found.PID != first.PID {
				t.Errorf("status found %+v, want pid %d", found, first.PID)
			}
			second := ensure(t, s, shell("x", forever), Restarted)
			if process, err := proc.Read(first.PID); err == nil && !process.Gone() && first.PID != second.PID {
				t.Errorf("the first one still runs: %+v", process)
			}
			damage(t, s)
			if err := s.Stop(context.Background(), "x"); err != nil {
				t.Fatal(err)
			}
			if all, err := s.Status(); err != nil || len(all) != 0 {
				t.Errorf("after Stop: %+v, %v", all, err)
			}
		})
	}
}

func TestStop(t *testing.T) {
	s := testSupervisor(t)
	if err := s.Stop(context.Background(), "never started"); err != nil {
		t.Errorf("a daemon that was never started: %v", err)
	}
	ensure(t, s, shell("stubborn", "trap '' TERM; "+forever), Started)
	for range 2 {
		if err := s.Stop(context.Background(), "stubborn"); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := s.Status(); err != nil || len(all) != 0 {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestARecordOfAnotherProcessIsNotFollowed(t *testing.T) {
	s, other := testSupervisor(t), testSupervisor(t)
	bystander := ensure(t, other, shell("y", forever), Started)
	if err := os.MkdirAll(s.records, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.write(Record{Name: "x", PID: bystander.PID, StartTime: 1, StopTimeout: time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(context.Background(), "x"); err != nil {
		t.Fatal(err)
	}
	if now := only(t, other); now.PID != bystander.PID {
		t.Errorf("the bystander was ended: %+v", now)
	}
}

func TestChildrenCarryTheMark(t *testing.T) {
	s := testSupervisor(t)
	ready := filepath.Join(t.TempDir(), "ready")
	spec := shell("x", "sleep 60 & touch "+ready+"; wait")
	spec.Ready = fileExists(ready)
	leader := ensure(t, s, spec, Started)
	marked, err := s.Marked()
	if err != nil || len(marked) != 2 {
		t.Fatalf("got %+v, %v; want the shell and its sleep", marked, err)
	}
	for _, process := range marked {
		if process.Daemon != "x" || process.Leader != (process.PID == leader.PID) {
			t.Errorf("got %+v", process)
		}
	}
}

func TestTail(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	for _, test := range []struct {
		text string
		want string
	}{
		{"", ""}, {"a\n", "a"}, {"a\nb\nc\n", "b|c"}, {strings.Repeat("x\n", 100_000) + "y\nz", "y|z"},
	} {
		if err := os.WriteFile(name, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Tail(name, 2)
		if err != nil || strings.Join(got, "|") != test.want {
			t.Errorf("got %q, %v; want %q", got, err, test.want)
		}
	}
}
