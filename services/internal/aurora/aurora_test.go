package aurora

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/rdstest"
)

var (
	here  = rdstest.Arn("eu-central-1", "app-a")
	there = rdstest.Arn("eu-west-1", "app-b")
	peer  = mysql.Source{Host: "database-b-0"}
)

var errDown = errors.New("down")

// server is a database that a test breaks.
type server struct {
	broken       atomic.Bool
	bootstrapped atomic.Int32
}

func (s *server) answer() error {
	if s.broken.Load() {
		return errDown
	}
	return nil
}

func (s *server) ProbeWrite(context.Context) error { return s.answer() }
func (s *server) Lag(context.Context) (time.Duration, error) {
	return 300 * time.Millisecond, s.answer()
}
func (s *server) Bootstrap(context.Context) error {
	s.bootstrapped.Add(1)
	return s.answer()
}

// fixture is a cluster with a clock that a test moves.
type fixture struct {
	*Cluster
	server *server
	now    atomic.Int64
}

func (f *fixture) wait(d time.Duration) { f.now.Add(int64(d)) }

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{server: &server{}}
	c, err := New(context.Background(), Config{
		GlobalCluster: rdstest.Name, Cluster: "app-a", Region: "eu-central-1", Peer: peer, Server: f.server,
		Clock: func() time.Duration { return time.Duration(f.now.Load()) }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.pause = 10 * time.Millisecond
	f.Cluster = c
	return f
}

func deadline(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func status(t *testing.T, f *fixture) mysql.Status {
	t.Helper()
	f.wait(askEvery)
	s, err := f.Status(deadline(t, 5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatus(t *testing.T) {
	rdstest.Start(t, here, there)
	f := start(t)
	if s := status(t, f); s.Replica != nil || s.ReadOnly || s.ServerUUID != here {
		t.Errorf("the writer: %+v", s)
	}
	g := rdstest.Start(t, there, here)
	f = start(t)
	s := status(t, f)
	if s.Replica == nil || s.Replica.Source != peer || !s.Replica.Receiving || !s.Replica.Applying || s.Replica.LagSeconds != .3 || !s.ReadOnly {
		t.Errorf("a secondary: %+v", s.Replica)
	}
	f.server.broken.Store(true)
	if s := status(t, f); s.Replica.LagSeconds != -1 || s.Replica.Error != "the lag is unknown: down" {
		t.Errorf("a secondary that does not answer: %+v", s.Replica)
	}
	g.Disconnect(true)
	if s := status(t, f); s.Replica.Receiving || s.Replica.Error != "AWS is joining cluster app-a to the writer's again" {
		t.Errorf("a secondary that is apart: %+v", s.Replica)
	}
	if _, err := (Peer{f.Cluster}).Status(context.Background()); err == nil || err.Error() != "cluster app-a is not connected to the writer's" {
		t.Errorf("the peer: %v", err)
	}
	g.Disconnect(false)
	status(t, f)
	if _, err := (Peer{f.Cluster}).Status(context.Background()); err != nil {
		t.Errorf("the peer: %v", err)
	}
}

// RDS that can't be asked changes nothing about a database that works.
func TestRDSAway(t *testing.T) {
	g := rdstest.Start(t, here, there)
	g.SetAway(true)
	f := start(t)
	if _, err := f.Status(context.Background()); err == nil || !strings.HasPrefix(err.Error(), "RDS: ") {
		t.Errorf("never asked: %v", err)
	}
	g.SetAway(false)
	status(t, f)
	g.SetAway(true)
	f.wait(time.Hour)
	if s := status(t, f); s.Replica != nil {
		t.Errorf("%+v", s)
	}
	if err := f.ProbeWrite(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestNoMember(t *testing.T) {
	g := rdstest.Start(t, there, here)
	g.Remove(here)
	_, err := start(t).Status(context.Background())
	if err == nil || err.Error() != "cluster app-a of eu-central-1 is no member of global cluster twinstack; add it as a secondary" {
		t.Error(err)
	}
}

func TestMoves(t *testing.T) {
	for name, test := range map[string]struct {
		planned bool
		want    string
	}{
		"planned: nothing is lost": {true, "SwitchoverGlobalCluster " + here},
		"unplanned":                {false, "FailoverGlobalCluster " + here + " true"},
	} {
		t.Run(name, func(t *testing.T) {
			g := rdstest.Start(t, there, here)
			g.MoveTakes = 100 * time.Millisecond
			f := start(t)
			if err := f.BecomeSource(deadline(t, 10*time.Second), test.planned); err != nil {
				t.Fatal(err)
			}
			if g.Writer() != here || !slices.Equal(g.Moves(), []string{test.want}) {
				t.Errorf("%s writes after %q", g.Writer(), g.Moves())
			}
			// It is the writer: there is nothing to ask for.
			if err := f.BecomeSource(deadline(t, 10*time.Second), test.planned); err != nil || len(g.Moves()) != 1 {
				t.Errorf("%v, %q", err, g.Moves())
			}
		})
	}
}

// An order that ran out of time is given again, and waits for the move that it began.
func TestMoveUnderWayIsWaitedFor(t *testing.T) {
	g := rdstest.Start(t, there, here)
	g.MoveTakes = 300 * time.Millisecond
	f := start(t)
	err := f.BecomeSource(deadline(t, 100*time.Millisecond), false)
	if err == nil || !strings.HasPrefix(err.Error(), "cluster app-a is not the writer yet: ") {
		t.Fatal(err)
	}
	if err := f.BecomeSource(deadline(t, 10*time.Second), false); err != nil || len(g.Moves()) != 1 {
		t.Errorf("%v, %q", err, g.Moves())
	}
}

func TestMovesThatAreNotToBeHad(t *testing.T) {
	g := rdstest.Start(t, there, here)
	f := start(t)
	g.Refuse("InvalidGlobalClusterStateFault")
	if err := f.BecomeSource(deadline(t, 10*time.Second), true); !errors.Is(err, mysql.ErrStays) {
		t.Errorf("a refused switchover: %v", err)
	}
	// A failover has nobody to go back to: it is asked for until it is done.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- f.BecomeSource(ctx, false) }()
	time.Sleep(100 * time.Millisecond)
	g.Refuse("")
	if err := <-ended; err != nil || g.Writer() != here {
		t.Errorf("%v, %s writes", err, g.Writer())
	}
	g = rdstest.Start(t, there, here)
	g.Abort(true)
	f = start(t)
	if err := f.BecomeSource(deadline(t, 10*time.Second), true); !errors.Is(err, mysql.ErrStays) || !strings.Contains(err.Error(), "AWS ended the switchover to "+here) {
		t.Errorf("a switchover that AWS ended: %v", err)
	}
	g.SetAway(true)
	if err := f.BecomeSource(deadline(t, 100*time.Millisecond), false); err == nil || !strings.Contains(err.Error(), "RDS: ") {
		t.Errorf("RDS away: %v", err)
	}
}

// A writer that fails is Aurora's to replace within the region, for a minute; one that AWS has moved away is none.
func TestProbes(t *testing.T) {
	rdstest.Start(t, here, there)
	f := start(t)
	ctx := deadline(t, 10*time.Second)
	if err := f.ProbeWrite(ctx); err != nil {
		t.Fatal(err)
	}
	f.server.broken.Store(true)
	for _, step := range []struct {
		wait   time.Duration
		broken bool
		want   error
	}{
		{0, true, nil}, {regionalFailover - time.Second, true, nil}, {0, false, nil}, {time.Minute, true, nil},
		{regionalFailover - time.Second, true, nil}, {2 * time.Second, true, errDown}, {0, false, nil},
	} {
		f.wait(step.wait)
		f.server.broken.Store(step.broken)
		if err := f.ProbeWrite(ctx); !errors.Is(err, step.want) {
			t.Errorf("%+v: %v", step, err)
		}
	}
	rdstest.Start(t, there, here)
	f = start(t)
	if err := f.ProbeWrite(ctx); err == nil || err.Error() != "cluster app-a is not the one that writes" {
		t.Error(err)
	}
}

func TestFollowWaitsForAWS(t *testing.T) {
	g := rdstest.Start(t, there, here)
	g.Disconnect(true)
	f := start(t)
	if err := f.Follow(deadline(t, 100*time.Millisecond), peer, false); err == nil || err.Error() != "cluster app-a is no connected secondary yet" {
		t.Error(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- f.Follow(deadline(t, 10*time.Second), peer, false) }()
	g.Disconnect(false)
	for {
		f.wait(askEvery)
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestWhatIsAWSToDo(t *testing.T) {
	rdstest.Start(t, here, there)
	f := start(t)
	ctx := context.Background()
	for _, err := range []error{f.StopReceiving(ctx), f.ApplyReceived(ctx), f.WaitExecuted(ctx, mysql.GTIDSet{}), f.Bootstrap(ctx)} {
		if err != nil {
			t.Error(err)
		}
	}
	if f.server.bootstrapped.Load() != 1 {
		t.Error("not bootstrapped")
	}
	for _, err := range []error{f.SetSemiSync(ctx, true), f.CloneFrom(ctx, peer), f.StartGroup(ctx, true), f.StopGroup(ctx), f.SetPrimary(ctx, "")} {
		if !errors.Is(err, errManaged) {
			t.Error(err)
		}
	}
}

func TestArns(t *testing.T) {
	for arn, want := range map[string]bool{
		here: true, there: false, rdstest.Arn("eu-west-1", "app-a"): false, rdstest.Arn("eu-central-1", "app-a-2"): false,
		"arn:aws:rds:eu-central-1:1:db:app-a": false, "app-a": false, "": false,
	} {
		if isCluster(arn, "eu-central-1", "app-a") != want {
			t.Errorf("%q: not %t", arn, want)
		}
	}
}
