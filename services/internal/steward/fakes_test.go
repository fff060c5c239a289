package steward

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/quorum"
)

var errAway = errors.New("away")

// hand is a clock that a test moves.
type hand struct {
	mu  sync.Mutex
	now time.Duration
}

func (h *hand) read() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) move(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now += by
}

// memory is a store in this process. Its leases last until a test ends them.
type memory struct {
	mu       sync.Mutex
	items    map[string]quorum.Item
	revision int64
	leases   map[quorum.LeaseID]bool
	next     quorum.LeaseID
	away     bool
	// before is called while a renewal is under way.
	before func()
}

func newMemory() *memory {
	return &memory{items: map[string]quorum.Item{}, leases: map[quorum.LeaseID]bool{}}
}

func (m *memory) setAway(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

func (m *memory) Grant(context.Context, time.Duration) (quorum.LeaseID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return 0, errAway
	}
	m.next++
	m.leases[m.next] = true
	return m.next, nil
}

func (m *memory) Renew(_ context.Context, id quorum.LeaseID) (quorum.Snapshot, error) {
	if m.before != nil {
		m.before()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.away:
		return quorum.Snapshot{}, errAway
	case !m.leases[id]:
		return quorum.Snapshot{}, quorum.ErrLeaseLost
	}
	return m.snapshot(), nil
}

func (m *memory) snapshot() quorum.Snapshot {
	return quorum.Snapshot{Revision: m.revision, Items: maps.Clone(m.items)}
}

func (m *memory) Read(context.Context) (quorum.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return quorum.Snapshot{}, errAway
	}
	return m.snapshot(), nil
}

func (m *memory) Commit(_ context.Context, txn quorum.Txn) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return false, quorum.ErrUncertain
	}
	for _, c := range txn.If {
		if m.items[c.Key].Revision != c.Revision {
			return false, nil
		}
	}
	m.change(txn.Put, txn.Delete)
	return true, nil
}

func (m *memory) change(puts []quorum.Put, deletes []string) {
	m.revision++
	for _, p := range puts {
		m.items[p.Key] = quorum.Item{Value: p.Value, Revision: m.revision, Lease: p.Lease}
	}
	for _, key := range deletes {
		delete(m.items, key)
	}
}

func (m *memory) Set(_ context.Context, puts []quorum.Put, deletes []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errAway
	}
	m.change(puts, deletes)
	return nil
}

func (m *memory) Changes(context.Context) <-chan struct{} { return nil }

// put writes a value for tests.
func (m *memory) put(t *testing.T, key string, value any, lease quorum.LeaseID) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change([]quorum.Put{{Key: key, Value: text, Lease: lease}}, nil)
}

// gate is a guard that does what it is told.
type gate struct {
	mu     sync.Mutex
	state  guard.State
	opened []time.Duration
	away   bool
	// hangs lets everything wait for its context.
	hangs bool
}

func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	hangs, away := g.hangs, g.away
	g.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if away {
		return errAway
	}
	return nil
}

func (g *gate) State(ctx context.Context) (guard.State, error) {
	if err := g.wait(ctx); err != nil {
		return guard.State{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state, nil
}

func (g *gate) Open(ctx context.Context, _ string, epoch int64, until time.Duration) error {
	if err := g.wait(ctx); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = append(g.opened, until)
	g.state.Open, g.state.Epoch, g.state.Until = true, epoch, until
	return nil
}

func (g *gate) Close(ctx context.Context, _ string) (mysql.GTIDSet, error) {
	if err := g.wait(ctx); err != nil {
		return mysql.GTIDSet{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Open = false
	return mysql.GTIDSet{}, nil
}

func (g *gate) Restart(ctx context.Context, _, _ string) error { return g.wait(ctx) }

func (g *gate) SaveTail(context.Context, mysql.GTIDSet) (string, int64, error) { return "tail", 1, nil }

func (g *gate) openings() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.opened)
}

// idle is a database without transactions, which obeys; a hung one answers nothing.
type idle struct{ gate *gate }

func (d idle) Status(ctx context.Context) (mysql.Status, error) {
	return mysql.Status{}, d.gate.wait(ctx)
}
func (d idle) Follow(ctx context.Context, _ mysql.Source, _ bool) error { return d.gate.wait(ctx) }
func (d idle) StopReceiving(ctx context.Context) error                  { return d.gate.wait(ctx) }
func (d idle) ApplyReceived(ctx context.Context) error                  { return d.gate.wait(ctx) }
func (d idle) BecomeSource(ctx context.Context, _ bool) error           { return d.gate.wait(ctx) }
func (d idle) SetSemiSync(ctx context.Context, _ bool) error            { return d.gate.wait(ctx) }
func (d idle) WaitExecuted(ctx context.Context, _ mysql.GTIDSet) error  { return d.gate.wait(ctx) }
func (d idle) CloneFrom(ctx context.Context, _ mysql.Source) error      { return d.gate.wait(ctx) }
func (d idle) StartGroup(ctx context.Context, _ bool) error             { return d.gate.wait(ctx) }
func (d idle) StopGroup(ctx context.Context) error                      { return d.gate.wait(ctx) }
func (d idle) SetPrimary(ctx context.Context, _ string) error           { return d.gate.wait(ctx) }
func (d idle) ProbeWrite(ctx context.Context) error                     { return d.gate.wait(ctx) }
func (d idle) Bootstrap(ctx context.Context) error                      { return d.gate.wait(ctx) }

// mute answers nothing until all patience is over.
type mute struct {
	idle
	clock *hand
}

func (d mute) Status(context.Context) (mysql.Status, error) {
	d.clock.move(peerPatience)
	return mysql.Status{}, errAway
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

var twoSites = []decision.Site{{Name: "a"}, {Name: "b"}}
