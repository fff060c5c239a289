package guard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

// Reasons for which the gate refuses.
var (
	// ErrStaleBoot means that mysqld was started anew since the caller looked: it is not what the caller prepared.
	ErrStaleBoot = errors.New("boot id is not that of the running mysqld")
	// ErrStaleEpoch means that a later writer's term is known here, or that this one was ended by Close.
	ErrStaleEpoch = errors.New("epoch is over")
	// ErrPast means that the moment to stay open until is over, or too far ahead to be meant.
	ErrPast = errors.New("until is not within the next minute of the guard's clock")
	// ErrNotRunning means that there is no mysqld that answers.
	ErrNotRunning = errors.New("mysqld is not running")
	// ErrNotOpen means that there is nothing to renew.
	ErrNotOpen = errors.New("the database is not open")
	// ErrOpen means that clients may be writing to what was to be restarted.
	ErrOpen = errors.New("the database is open")
)

const (
	// furthest bounds until: longer than any lease, and short enough that no slip of a caller leaves a database open.
	furthest = lease.MaxSeconds * time.Second
	// openWithin bounds the one statement that opens.
	openWithin = 500 * time.Millisecond
	// closeWithin bounds a close that was asked for: clients' last commits may take their time, if the lease allows.
	closeWithin = 1500 * time.Millisecond
	// endWithin bounds the ending of clients that can't write any more.
	endWithin = time.Second
)

// server is one running mysqld, as the gate needs it.
type server interface {
	// OpenWrites lets clients write.
	OpenWrites(ctx context.Context) error
	// CloseWrites returns nil once no client can commit any more. It waits for commits under way.
	CloseWrites(ctx context.Context) error
	// EndClients hangs up on all clients.
	EndClients(ctx context.Context) error
	Executed(ctx context.Context) (mysql.GTIDSet, error)
	// Kill ends mysqld at once and returns when it is gone.
	Kill()
}

// gate opens one mysqld after the other to writers, each until a moment on the clock, and closes it then.
//
// What is promised at the end of closing is that no client gets a commit acknowledged any more. A commit under way ends
// in one of two ways only. Either CloseWrites waits for it: then it ended by the rules in force, so with semi-sync another
// member has it. Or CloseWrites isn't done in time, and mysqld is killed, which answers nobody. Hanging up on clients is
// no third way: a commit that waits for another member goes on waiting, with nobody left to be told.
type gate struct {
	clock func() time.Duration
	log   *slog.Logger

	// change is held while mysqld is told to open or close, which is bounded. It comes before state.
	change sync.Mutex
	state  sync.Mutex
	server server
	bootID string
	// open is set before mysqld is told to open and cleared after it was closed: it may be writable while this is true.
	open, closing bool
	until         time.Duration
	// epoch is the highest seen; those up to over are ended.
	epoch, over int64
}

func newGate(clock func() time.Duration, log *slog.Logger) *gate {
	return &gate{clock: clock, log: log}
}

// started takes over a mysqld that answers, and is read-only.
func (g *gate) started(s server) {
	g.state.Lock()
	defer g.state.Unlock()
	g.server, g.bootID, g.open, g.closing = s, rand.Text(), false, false
}

// ended forgets the mysqld, which is gone.
func (g *gate) ended() {
	g.state.Lock()
	defer g.state.Unlock()
	g.server, g.bootID, g.open, g.closing = nil, "", false, false
}

// current returns the running mysqld or nil.
func (g *gate) current() server {
	g.state.Lock()
	defer g.state.Unlock()
	return g.server
}

// State tells everything but the restarts.
func (g *gate) State() State {
	g.state.Lock()
	defer g.state.Unlock()
	return State{
		BootID: g.bootID, Clock: g.clock(), Running: g.server != nil, Open: g.open, Until: g.until, Epoch: g.epoch,
	}
}

// Open lets clients write until the moment told. An open database stays open until then.
func (g *gate) Open(bootID string, epoch int64, until time.Duration) error {
	g.change.Lock()
	defer g.change.Unlock()
	s, wasOpen, err := g.admit(bootID, epoch, until)
	if err != nil || wasOpen {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), min(openWithin, until-g.clock()))
	defer cancel()
	if err := s.OpenWrites(ctx); err != nil {
		// The statement may still be carried out: whether it is writable can't be known.
		g.log.Error("opening failed, killing mysqld", "error", err.Error())
		g.kill(s)
		return fmt.Errorf("opening: %w", err)
	}
	g.log.Info("open", "epoch", epoch, "for", (until - g.clock()).String())
	return nil
}

// admit checks and notes what Open was told.
func (g *gate) admit(bootID string, epoch int64, until time.Duration) (s server, wasOpen bool, err error) {
	g.state.Lock()
	defer g.state.Unlock()
	if err := g.check(bootID, epoch, until); err != nil {
		return nil, false, err
	}
	wasOpen = g.open
	g.epoch, g.until, g.open = epoch, until, true
	return g.server, wasOpen, nil
}

func (g *gate) check(bootID string, epoch int64, until time.Duration) error {
	if err := g.runs(bootID); err != nil {
		return err
	}
	now := g.clock()
	switch {
	case epoch < g.epoch || epoch <= g.over:
		return fmt.Errorf("%w: %d, after %d was seen and %d ended", ErrStaleEpoch, epoch, g.epoch, g.over)
	case until <= now || until > now+furthest:
		return fmt.Errorf("%w: %s at %s", ErrPast, until, now)
	}
	return nil
}

// runs returns why bootID is not that of the running mysqld, or nil. The caller holds state.
func (g *gate) runs(bootID string) error {
	switch {
	case g.server == nil:
		return ErrNotRunning
	case bootID != g.bootID:
		return ErrStaleBoot
	}
	return nil
}

// Renew moves the moment until which an open database stays open. It waits for nothing.
func (g *gate) Renew(bootID string, epoch int64, until time.Duration) error {
	g.state.Lock()
	defer g.state.Unlock()
	if err := g.check(bootID, epoch, until); err != nil {
		return err
	}
	if !g.open || g.closing {
		return ErrNotOpen
	}
	g.epoch, g.until = epoch, until
	return nil
}

// Restart kills mysqld, which is started anew, unless it is open.
func (g *gate) Restart(bootID, reason string) error {
	g.change.Lock()
	defer g.change.Unlock()
	s, err := g.closedServer(bootID)
	if err != nil {
		return err
	}
	g.log.Info("killing mysqld", "reason", reason)
	s.Kill()
	return nil
}

// closedServer returns the running mysqld. It can't open while the caller holds change.
func (g *gate) closedServer(bootID string) (server, error) {
	g.state.Lock()
	defer g.state.Unlock()
	if err := g.runs(bootID); err != nil {
		return nil, err
	}
	if g.open {
		return nil, ErrOpen
	}
	return g.server, nil
}
