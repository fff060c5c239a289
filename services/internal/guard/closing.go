package guard

import (
	"context"
	"time"

	"twinstack.dev/services/internal/lease"
)

// Close ends writing now, and the epoch with it: whoever closes gives the writer's term up, and an Open that is still
// under way must not bring it back. Closing what is closed is no error.
func (g *gate) Close(reason string) {
	g.change.Lock()
	defer g.change.Unlock()
	g.endEpoch()
	left := g.State().Until - g.clock()
	g.shut(reason, max(lease.CloseWithin, min(closeWithin, left)), func() bool { return true })
}

func (g *gate) endEpoch() {
	g.state.Lock()
	defer g.state.Unlock()
	g.over = g.epoch
}

// watch closes at the moment until which the database is open, whoever else is dead or hung.
func (g *gate) watch(ctx context.Context) {
	tick := time.NewTicker(lease.GuardTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if s := g.State(); !s.Open || s.Clock < s.Until {
			continue
		}
		g.change.Lock()
		// It may have been renewed while waiting for the lock.
		g.shut("not renewed in time", lease.CloseWithin, func() bool { return g.clock() >= g.until })
		g.change.Unlock()
	}
}

// shut closes an open database if due still holds, within limit or by killing mysqld. The caller holds change.
func (g *gate) shut(reason string, limit time.Duration, due func() bool) {
	g.state.Lock()
	s := g.server
	if !g.open || !due() {
		g.state.Unlock()
		return
	}
	g.closing = true
	g.state.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	// A long statement, or one that waits for an idle client's lock, holds CloseWrites up.
	ending := time.AfterFunc(limit/2, func() { g.endClients(ctx, s) })
	err := s.CloseWrites(ctx)
	ending.Stop()
	if err != nil {
		g.log.Warn("commits can't end, killing mysqld", "reason", reason, "error", err.Error())
		g.kill(s)
		return
	}
	g.closed(s)
	g.log.Info("closed", "reason", reason)
	after, cancelAfter := context.WithTimeout(context.Background(), endWithin)
	defer cancelAfter()
	g.endClients(after, s)
}

func (g *gate) kill(s server) {
	s.Kill()
	g.closed(s)
}

func (g *gate) closed(s server) {
	g.state.Lock()
	defer g.state.Unlock()
	if g.server == s {
		g.open, g.closing = false, false
	}
}

// endClients makes clients find the writer anew, and frees what their transactions have locked.
func (g *gate) endClients(ctx context.Context, s server) {
	if err := s.EndClients(ctx); err != nil {
		g.log.Warn("not all clients were hung up on", "error", err.Error())
	}
}
