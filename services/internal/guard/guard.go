// Package guard runs mysqld as its child and decides, every moment anew, whether clients may write to it.
//
// mysqld always starts read-only. The steward opens it until a moment on the guard's clock and moves that moment as long
// as it holds the writer's lease. When the moment comes, the guard closes mysqld, or kills it if it can't be closed: no
// network, no quorum and no steward is needed for that. A guard that dies takes mysqld with it.
package guard

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"twinstack.dev/services/internal/lease"
)

const (
	startPoll = 50 * time.Millisecond
	// firstPause and longestPause are between starts of a mysqld that keeps dying; longLife ends the series.
	firstPause   = 250 * time.Millisecond
	longestPause = 10 * time.Second
	longLife     = 30 * time.Second
)

// Guard is the parent of mysqld.
type Guard struct {
	settings Settings
	log      *slog.Logger
	gate     *gate
	children *children
	restarts atomic.Int64
	version  string
}

// New returns a guard that does nothing yet.
func New(settings Settings, version string, log *slog.Logger) *Guard {
	started := lease.Clock()
	clock := func() time.Duration { return lease.Clock() - started }
	return &Guard{settings: settings, log: log, gate: newGate(clock, log), children: newChildren(), version: version}
}

// Run keeps mysqld running and answers the steward until the context ends; then it closes and stops mysqld.
func (g *Guard) Run(ctx context.Context) error {
	api, err := g.serve()
	if err != nil {
		return err
	}
	defer api.Close()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go g.gate.watch(background)
	go g.followTrust(background)
	if os.Getpid() == 1 {
		go g.children.buryOrphans(background)
	}
	if err := g.initialise(ctx); err != nil {
		return ignoreEnd(ctx, err)
	}
	return g.supervise(ctx)
}

// ignoreEnd drops the error of work that was ended by the end of ctx.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// supervise starts mysqld again whenever it ends.
func (g *Guard) supervise(ctx context.Context) error {
	pause := time.Duration(0)
	for ; ctx.Err() == nil; g.restarts.Add(1) {
		if err := renewIdentity(g.settings.DataDirectory); err != nil {
			return err
		}
		began := lease.Clock()
		p, err := g.startMysqld(g.settings.serving())
		if err != nil {
			return err
		}
		g.attend(ctx, p)
		if ctx.Err() != nil {
			return nil
		}
		pause = nextPause(pause, lease.Clock()-began, p.askedForRestart())
		g.log.Warn("mysqld ended", "reason", p.command.ProcessState.String(), "pause", pause.String())
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// nextPause is how long to wait before mysqld is started again after a life of that length.
func nextPause(last, life time.Duration, asked bool) time.Duration {
	switch {
	case asked || life >= longLife:
		return 0
	case last == 0:
		return firstPause
	default:
		return min(2*last, longestPause)
	}
}

// startMysqld starts a mysqld on the guard's socket, which is nobody else's.
func (g *Guard) startMysqld(line []string) (*process, error) {
	for _, left := range []string{g.settings.SocketFile, g.settings.SocketFile + ".lock"} {
		// A lock left behind names a process number that may be somebody else's by now.
		if err := ignoreMissing(os.Remove(left)); err != nil {
			return nil, err
		}
	}
	return startProcess(line, g.children)
}

// attend looks after one mysqld until it is gone, and stops it when the context ends.
func (g *Guard) attend(ctx context.Context, p *process) {
	defer g.gate.ended()
	attended, cancel := context.WithCancel(ctx)
	defer cancel()
	connected := make(chan *local, 1)
	go func() {
		defer close(connected)
		l, err := connect(attended, p, g.settings.SocketFile, g.ours())
		if err != nil {
			g.log.Debug("mysqld did not come up", "error", err.Error())
			return
		}
		g.gate.started(l)
		g.log.Info("mysqld is up, read-only", "boot", g.gate.State().BootID)
		connected <- l
	}()
	select {
	case <-p.done:
	case <-ctx.Done():
		g.gate.Close("stopping")
		p.stop(g.settings.Stop)
	}
	cancel()
	if l := <-connected; l != nil {
		l.close()
	}
}

// ours names the accounts whose sessions the gate leaves alone.
func (g *Guard) ours() []string {
	var names []string
	for _, purpose := range []string{"steward", "replication"} {
		credentials, err := g.settings.credentials(purpose)
		if err != nil {
			g.log.Error("account is unknown; its sessions end with clients'", "account", purpose, "error", err.Error())
			continue
		}
		names = append(names, credentials.Username)
	}
	return names
}
