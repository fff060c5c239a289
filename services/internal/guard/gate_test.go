package guard

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"twinstack.dev/services/internal/mysql"
)

// fakeServer notes what it is told. Its hooks stand for a mysqld that hangs or fails.
type fakeServer struct {
	mutex     sync.Mutex
	told      []string
	writable  bool
	opening   func(context.Context) error
	finishing func(context.Context) error
}

func (f *fakeServer) note(what string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.told = append(f.told, what)
	switch what {
	case "open":
		f.writable = true
	case "close", "kill":
		f.writable = false
	}
}

func (f *fakeServer) isWritable() bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.writable
}

func (f *fakeServer) hasBeenTold(what string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, told := range f.told {
		if told == what {
			return true
		}
	}
	return false
}

func (f *fakeServer) OpenWrites(ctx context.Context) error {
	f.note("open")
	return f.opening(ctx)
}

func (f *fakeServer) CloseWrites(ctx context.Context) error {
	if err := f.finishing(ctx); err != nil {
		return err
	}
	f.note("close")
	return nil
}

func (f *fakeServer) EndClients(context.Context) error { f.note("end clients"); return nil }
func (f *fakeServer) Kill()                            { f.note("kill") }
func (f *fakeServer) Executed(context.Context) (mysql.GTIDSet, error) {
	return mysql.GTIDSet{}, nil
}

func atOnce(context.Context) error { return nil }

func never(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// fixture is a gate on a clock that the test sets, with a server that has started.
type fixture struct {
	*gate
	fake *fakeServer
	now  atomic.Int64
	boot string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{fake: &fakeServer{opening: atOnce, finishing: atOnce}}
	f.gate = newGate(func() time.Duration { return time.Duration(f.now.Load()) }, slog.New(slog.DiscardHandler))
	f.set(10 * time.Second)
	f.started(f.fake)
	f.boot = f.State().BootID
	ctx, cancel := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		f.watch(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-watched
	})
	return f
}

func (f *fixture) set(now time.Duration) { f.now.Store(int64(now)) }

func (f *fixture) awaitClosed(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if !f.State().Open {
			return
		}
	}
	t.Fatal("the gate is still open")
}

func TestOpensOnlyForTheRunningServerAndTheLatestEpochAndAMomentAhead(t *testing.T) {
	const seconds = time.Second
	for name, test := range map[string]struct {
		boot  string
		epoch int64
		until time.Duration
		want  error
	}{
		"another boot":          {"other", 7, 12 * seconds, ErrStaleBoot},
		"an older epoch":        {"", 6, 12 * seconds, ErrStaleEpoch},
		"the present moment":    {"", 8, 10 * seconds, ErrPast},
		"a past moment":         {"", 8, 9 * seconds, ErrPast},
		"a far moment":          {"", 8, 71 * seconds, ErrPast},
		"an epoch that ended":   {"", 7, 12 * seconds, ErrStaleEpoch},
		"a later epoch":         {"", 8, 12 * seconds, nil},
		"the last moment":       {"", 8, 70 * seconds, nil},
		"a wrong boot and time": {"other", 7, 0, ErrStaleBoot},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			if err := f.Open(f.boot, 7, 11*seconds); err != nil {
				t.Fatal(err)
			}
			f.Close("test")
			boot := f.boot
			if test.boot != "" {
				boot = test.boot
			}
			if err := f.Open(boot, test.epoch, test.until); !errors.Is(err, test.want) {
				t.Fatalf("got %v; want %v", err, test.want)
			}
			if got, want := f.fake.isWritable(), test.want == nil; got != want {
				t.Errorf("writable: %t; want %t", got, want)
			}
		})
	}
}

func TestServerThatIsGoneIsNotOpened(t *testing.T) {
	f := newFixture(t)
	f.ended()
	if err := f.Open(f.boot, 1, 11*time.Second); !errors.Is(err, ErrNotRunning) {
		t.Errorf("got %v", err)
	}
	f.started(&fakeServer{opening: atOnce, finishing: atOnce})
	if err := f.Open(f.boot, 1, 11*time.Second); !errors.Is(err, ErrStaleBoot) {
		t.Errorf("got %v", err)
	}
}

func TestClosesAtTheMomentAndNotBefore(t *testing.T) {
	f := newFixture(t)
	if err := f.Open(f.boot, 1, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	f.set(11 * time.Second)
	if err := f.Renew(f.boot, 1, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	f.set(20*time.Second - 1)
	// Several ticks go by.
	time.Sleep(150 * time.Millisecond)
	if !f.fake.isWritable() {
		t.Fatal("closed before the moment it was renewed to")
	}
	f.set(20 * time.Second)
	f.awaitClosed(t)
	if f.fake.isWritable() || !f.fake.hasBeenTold("close") || f.fake.hasBeenTold("kill") {
		t.Errorf("told %q", f.fake.told)
	}
	if err := f.Renew(f.boot, 1, 30*time.Second); !errors.Is(err, ErrNotOpen) {
		t.Errorf("renewing what is closed: %v", err)
	}
	// Nobody gave the epoch up: its holder may only have been slow.
	if err := f.Open(f.boot, 1, 30*time.Second); err != nil {
		t.Errorf("opening again in the same epoch: %v", err)
	}
}

func TestServerWhoseCommitsHangIsKilled(t *testing.T) {
	f := newFixture(t)
	f.fake.finishing = never
	if err := f.Open(f.boot, 1, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	f.set(12 * time.Second)
	f.awaitClosed(t)
	if want := []string{"open", "end clients", "kill"}; !slices.Equal(f.fake.told, want) {
		t.Errorf("told %q; want %q", f.fake.told, want)
	}
}

func TestRenewalDoesNotStopAClosingThatHasBegun(t *testing.T) {
	f := newFixture(t)
	closing, finish := make(chan struct{}), make(chan struct{})
	f.fake.finishing = func(context.Context) error {
		close(closing)
		<-finish
		return nil
	}
	if err := f.Open(f.boot, 1, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	f.set(12 * time.Second)
	<-closing
	if err := f.Renew(f.boot, 1, 20*time.Second); !errors.Is(err, ErrNotOpen) {
		t.Errorf("got %v", err)
	}
	close(finish)
	f.awaitClosed(t)
}

func TestServerThatMayHaveOpenedIsKilled(t *testing.T) {
	f := newFixture(t)
	f.fake.opening = func(context.Context) error { return errors.New("no answer") }
	if err := f.Open(f.boot, 1, 12*time.Second); err == nil {
		t.Fatal("opening succeeded")
	}
	if f.State().Open || !f.fake.hasBeenTold("kill") {
		t.Errorf("open: %t, told %q", f.State().Open, f.fake.told)
	}
}

func TestOnlyAClosedServerIsRestarted(t *testing.T) {
	f := newFixture(t)
	if err := f.Open(f.boot, 1, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := f.Restart(f.boot, "test"); !errors.Is(err, ErrOpen) {
		t.Errorf("open: %v", err)
	}
	f.Close("test")
	if err := f.Restart("another", "test"); !errors.Is(err, ErrStaleBoot) || f.fake.hasBeenTold("kill") {
		t.Errorf("another start of mysqld: %v, told %q", err, f.fake.told)
	}
	if err := f.Restart(f.boot, "test"); err != nil || !f.fake.hasBeenTold("kill") {
		t.Errorf("closed: %v, told %q", err, f.fake.told)
	}
}

func TestClosingEndsClientsAndIsHarmlessTwice(t *testing.T) {
	f := newFixture(t)
	f.Close("nothing is open")
	if len(f.fake.told) != 0 {
		t.Fatalf("told %q", f.fake.told)
	}
	if err := f.Open(f.boot, 1, 12*time.Second); err != nil {
		t.Fatal(err)
	}
	f.Close("test")
	f.Close("again")
	if want := []string{"open", "close", "end clients"}; !slices.Equal(f.fake.told, want) {
		t.Errorf("told %q; want %q", f.fake.told, want)
	}
}
