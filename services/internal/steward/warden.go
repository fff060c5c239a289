package steward

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

// Guard is what holds the local database open or closed: a process (package guard), or doors in this one (package gate).
type Guard interface {
	State(ctx context.Context) (guard.State, error)
	Open(ctx context.Context, bootID string, epoch int64, until time.Duration) error
	Close(ctx context.Context, reason string) (mysql.GTIDSet, error)
	Restart(ctx context.Context, bootID, reason string) error
	SaveTail(ctx context.Context, set mysql.GTIDSet) (path string, bytes int64, err error)
}

const (
	askGuardEvery = 250 * time.Millisecond
	guardPatience = 500 * time.Millisecond
	// guardAnswerLasts is how old a guard's answer may be for decisions.
	guardAnswerLasts = 1500 * time.Millisecond
	// closePatience covers killing a database that is stuck and starting it again.
	closePatience = 60 * time.Second
	// unfencedFor is how far ahead a guard is opened where fencing is switched off.
	unfencedFor = 50 * time.Second
)

// warden speaks with the guard: it reads its clock, passes renewals on while it is authorised to, and closes.
type warden struct {
	guard   Guard
	terms   lease.Terms
	clock   func() time.Duration
	fencing bool
	log     *slog.Logger
	nudge   func()
	// rebooted is told when the database was started anew: what it said before no longer counts.
	rebooted func()
	// hurry asks for a renewal now, since the guard opens with one.
	hurry func()
	// refused is told when the guard does not open.
	refused func(epoch int64, err error)

	mu sync.Mutex
	// state is the guard's last answer, which came at seen.
	state guard.State
	seen  time.Duration
	known bool
	// until is the latest moment that the guard was told, whether it answered or not.
	until time.Duration
	// authority is what the guard may be kept open for; nil for nothing.
	authority *authority
	closing   bool
	closed    *decision.Closed
	started   time.Duration
}

type authority struct {
	epoch  int64
	bootID string
}

// run asks the guard how it is until ctx ends.
func (w *warden) run(ctx context.Context) {
	w.started = w.clock()
	ticker := time.NewTicker(askGuardEvery)
	defer ticker.Stop()
	for {
		w.ask(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (w *warden) ask(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, guardPatience)
	defer cancel()
	state, err := w.guard.State(ctx)
	if err != nil {
		w.log.Debug("the guard did not answer", "error", err.Error())
		return
	}
	w.mu.Lock()
	rebooted := state.BootID != w.state.BootID
	changed := !w.known || state.BootID != w.state.BootID || state.Running != w.state.Running || state.Open != w.state.Open
	if state.Clock < w.state.Clock {
		// Another guard, whose database started closed and which refuses what was meant for the last one.
		w.until = 0
	}
	w.state, w.seen, w.known = state, w.clock(), true
	unfenced := !w.fencing && w.authority != nil
	w.mu.Unlock()
	if rebooted {
		w.rebooted()
	}
	if changed {
		w.nudge()
	}
	if unfenced {
		w.open(ctx, w.state.Clock+unfencedFor)
	}
}

// guardClock returns the last reading.
func (w *warden) guardClock() (time.Duration, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state.Clock, w.known
}

// view is what decisions may rest on.
func (w *warden) view() (answer *decision.GuardView, surelyClosed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock()
	if w.known && now-w.seen <= guardAnswerLasts {
		answer = &decision.GuardView{BootID: w.state.BootID, Running: w.state.Running, Open: w.state.Open, Epoch: w.state.Epoch}
	}
	if !w.fencing {
		return answer, false
	}
	if !w.known {
		// A steward before this one may have opened it with a lease that was renewed until this one started.
		return answer, now >= lease.SurelyClosed(w.started, 0, w.terms.Duration)
	}
	until := w.until
	if w.state.Open {
		until = max(until, w.state.Until)
	}
	return answer, now >= lease.SurelyClosed(w.seen, w.state.Clock, until)
}

// authorise lets renewals keep the guard open. It opens with the next one, which the store must confirm.
func (w *warden) authorise(epoch int64, bootID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return
	}
	if w.authority == nil || *w.authority != (authority{epoch, bootID}) {
		w.authority, w.closed = &authority{epoch, bootID}, nil
		w.hurry()
	}
}

// renewed passes on that the lease was renewed and the writer's key hangs on it.
func (w *warden) renewed(ctx context.Context, epoch int64, until time.Duration) {
	w.mu.Lock()
	allowed := w.authority != nil && w.authority.epoch == epoch && w.fencing
	w.mu.Unlock()
	if allowed {
		ctx, cancel := context.WithTimeout(ctx, guardPatience)
		defer cancel()
		w.open(ctx, until)
	}
}

func (w *warden) open(ctx context.Context, until time.Duration) {
	w.mu.Lock()
	a := w.authority
	if a == nil {
		w.mu.Unlock()
		return
	}
	w.until = max(w.until, until)
	w.mu.Unlock()
	if err := w.guard.Open(ctx, a.bootID, a.epoch, until); err != nil {
		w.log.Warn("the guard was not opened", "epoch", a.epoch, "error", err.Error())
		w.refused(a.epoch, err)
		return
	}
	w.mu.Lock()
	wasOpen := w.state.Open
	w.mu.Unlock()
	if !wasOpen {
		w.ask(ctx)
	}
}

// close withdraws the authority at once and closes in the background. A closing under way is not begun again.
func (w *warden) close(ctx context.Context, epoch int64, reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing || !w.fencing {
		return
	}
	w.authority, w.closing, w.closed = nil, true, nil
	go func() {
		ctx, cancel := context.WithTimeout(ctx, closePatience)
		defer cancel()
		w.log.Info("closing the database", "epoch", epoch, "reason", reason)
		executed, err := w.guard.Close(ctx, reason)
		if err != nil {
			w.log.Warn("the guard did not confirm that it closed", "error", err.Error())
			// It is told again by the next decision, which comes at once.
			select {
			case <-ctx.Done():
			case <-time.After(askGuardEvery):
			}
		}
		w.mu.Lock()
		w.closing = false
		if err == nil {
			w.closed = &decision.Closed{Epoch: epoch, Executed: executed}
		}
		w.mu.Unlock()
		w.ask(ctx)
		w.nudge()
	}()
}

func (w *warden) lastClosed() *decision.Closed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}
