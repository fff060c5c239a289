package steward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/mysql"
)

// Database is the local member; see packages mysql and aurora.
type Database interface {
	Status(ctx context.Context) (mysql.Status, error)
	Follow(ctx context.Context, source mysql.Source, semiSync bool) error
	StopReceiving(ctx context.Context) error
	ApplyReceived(ctx context.Context) error
	// BecomeSource makes it one that others follow. A planned change loses nothing, or fails with mysql.ErrStays.
	BecomeSource(ctx context.Context, planned bool) error
	SetSemiSync(ctx context.Context, on bool) error
	WaitExecuted(ctx context.Context, set mysql.GTIDSet) error
	CloneFrom(ctx context.Context, source mysql.Source) error
	StartGroup(ctx context.Context, bootstrap bool) error
	StopGroup(ctx context.Context) error
	SetPrimary(ctx context.Context, memberUUID string) error
	ProbeWrite(ctx context.Context) error
	Bootstrap(ctx context.Context) error
}

const (
	// restAfterFailure is the pause before a failed order may be given again.
	restAfterFailure = time.Second
	// restAfterSwitch is that pause where the database may still do what it was told: no decision is taken meanwhile.
	restAfterSwitch = 10 * time.Second
	// planWithin is how long a planned successor waits for the last transactions.
	planWithin = 2500 * time.Millisecond
)

// patience is how long each order may take.
var patience = map[decision.OrderKind]time.Duration{
	decision.Promote:        2 * time.Minute,
	decision.SwitchSemiSync: 3 * time.Second,
	decision.Follow:         30 * time.Second,
	decision.Detach:         10 * time.Second,
	decision.Clone:          2 * time.Hour,
	decision.SaveTail:       5 * time.Minute,
	decision.MakeSchema:     30 * time.Second,
	decision.JoinGroup:      10 * time.Minute,
	decision.BeginGroup:     time.Minute,
	decision.LeaveGroup:     time.Minute,
	decision.Restart:        10 * time.Second,
	decision.BecomePrimary:  30 * time.Second,
}

// worker does one order at a time, so that nothing else waits for the database.
type worker struct {
	region   string
	mode     decision.Mode
	sources  map[string]mysql.Source
	database Database
	guard    Guard
	log      *slog.Logger
	nudge    func()
	// finished is called after every order: what the database said before it no longer counts.
	finished func()

	mu   sync.Mutex
	done decision.Done
}

// results returns what orders have led to.
func (w *worker) results() decision.Done {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.done
}

func (w *worker) note(change func(*decision.Done)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.done)
}

// start does an order in the background, unless one is under way.
func (w *worker) start(ctx context.Context, o decision.Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done.Busy != "" {
		return
	}
	w.done.Busy = o.Kind
	go w.run(ctx, o)
}

func (w *worker) run(ctx context.Context, o decision.Order) {
	begin := time.Now()
	w.log.Info("database order", "order", string(o.Kind), "region", o.Region, "epoch", o.Epoch)
	bounded, cancel := context.WithTimeout(ctx, patience[o.Kind])
	err := w.do(bounded, o)
	cancel()
	rest := time.Duration(0)
	if err != nil {
		w.log.Warn("database order failed", "order", string(o.Kind), "seconds", time.Since(begin).Seconds(), "error", err.Error())
		rest = restAfterFailure
		if o.Kind == decision.SwitchSemiSync {
			rest = restAfterSwitch
		}
	} else {
		w.log.Info("database order done", "order", string(o.Kind), "seconds", time.Since(begin).Seconds())
	}
	select {
	case <-ctx.Done():
	case <-time.After(rest):
	}
	w.finished()
	w.note(func(d *decision.Done) { d.Busy = "" })
	w.nudge()
}

func (w *worker) do(ctx context.Context, o decision.Order) error {
	switch o.Kind {
	case decision.Promote:
		return w.promote(ctx, o)
	case decision.SwitchSemiSync:
		return w.database.SetSemiSync(ctx, o.SemiSync)
	case decision.Follow:
		return w.follow(ctx, o)
	case decision.Detach:
		return w.database.StopReceiving(ctx)
	case decision.Clone:
		return w.clone(ctx, o)
	case decision.SaveTail:
		return w.saveTail(ctx, o)
	case decision.MakeSchema:
		return w.makeSchema(ctx)
	case decision.JoinGroup:
		return w.database.StartGroup(ctx, false)
	case decision.BeginGroup:
		return w.database.StartGroup(ctx, true)
	case decision.LeaveGroup:
		return w.database.StopGroup(ctx)
	case decision.Restart:
		return w.guard.Restart(ctx, o.BootID, "it can't reach its group's primary, which is well")
	case decision.BecomePrimary:
		return w.becomePrimary(ctx)
	}
	return fmt.Errorf("there is no order %q", o.Kind)
}

// promote makes a replica a source that is still closed: everything it has received is applied first, and if it is to
// wait for acknowledgements it does so before it is opened.
func (w *worker) promote(ctx context.Context, o decision.Order) error {
	status, err := w.database.Status(ctx)
	if err != nil {
		return err
	}
	if status.Replica != nil {
		if err := w.detach(ctx, o); err != nil {
			return err
		}
	}
	if w.mode == decision.SemiSync {
		if err := w.setSemiSync(ctx, o.SemiSync); err != nil {
			return err
		}
	}
	w.note(func(d *decision.Done) {
		d.Prepared = decision.Prepared{Epoch: o.Epoch, BootID: o.BootID, SemiSync: o.SemiSync}
	})
	return nil
}

func (w *worker) detach(ctx context.Context, o decision.Order) error {
	if o.Planned {
		bounded, cancel := context.WithTimeout(ctx, planWithin)
		defer cancel()
		if err := w.database.WaitExecuted(bounded, o.GTIDs); err != nil {
			w.note(func(d *decision.Done) { d.PrepareFailed = o.Epoch })
			return err
		}
	}
	if err := w.database.StopReceiving(ctx); err != nil {
		return err
	}
	if err := w.database.ApplyReceived(ctx); err != nil {
		return err
	}
	err := w.database.BecomeSource(ctx, o.Planned)
	if o.Planned && errors.Is(err, mysql.ErrStays) {
		w.note(func(d *decision.Done) { d.PrepareFailed = o.Epoch })
	}
	return err
}

func (w *worker) setSemiSync(ctx context.Context, on bool) error {
	if err := w.database.SetSemiSync(ctx, on); err != nil {
		return err
	}
	status, err := w.database.Status(ctx)
	if err == nil && status.SemiSync.SourceOn != on {
		err = fmt.Errorf("semi-synchronous commits are %t after they were set to %t", status.SemiSync.SourceOn, on)
	}
	return err
}

func (w *worker) follow(ctx context.Context, o decision.Order) error {
	source, err := w.source(o.Region)
	if err != nil {
		return err
	}
	err = w.database.Follow(ctx, source, o.SemiSync)
	if errors.Is(err, mysql.ErrUnapplied) {
		if err = w.applyRest(ctx); err == nil {
			err = w.database.Follow(ctx, source, o.SemiSync)
		}
	}
	if err == nil {
		w.note(func(d *decision.Done) { d.Followed = o.BootID })
	}
	return err
}

func (w *worker) applyRest(ctx context.Context) error {
	if err := w.database.StopReceiving(ctx); err != nil {
		return err
	}
	return w.database.ApplyReceived(ctx)
}

func (w *worker) clone(ctx context.Context, o decision.Order) error {
	source, err := w.source(o.Region)
	if err != nil {
		return err
	}
	if err := w.database.CloneFrom(ctx, source); err != nil {
		return err
	}
	if o.Request != "" {
		w.note(func(d *decision.Done) { d.Rebuilt = o.Request })
	}
	return nil
}

func (w *worker) saveTail(ctx context.Context, o decision.Order) error {
	path, bytes, err := w.guard.SaveTail(ctx, o.GTIDs)
	if err != nil {
		return err
	}
	w.note(func(d *decision.Done) {
		d.Tail = &decision.Tail{
			Region: w.region, Epoch: o.Epoch, GTIDs: o.GTIDs, Count: o.GTIDs.Count(), Lost: o.Lost, Path: path, Bytes: bytes,
		}
	})
	return nil
}

func (w *worker) makeSchema(ctx context.Context) error {
	if err := w.database.Bootstrap(ctx); err != nil {
		return err
	}
	w.note(func(d *decision.Done) { d.Bootstrapped = true })
	return nil
}

func (w *worker) becomePrimary(ctx context.Context) error {
	status, err := w.database.Status(ctx)
	if err != nil {
		return err
	}
	return w.database.SetPrimary(ctx, status.ServerUUID)
}

// refused notes that the guard opens the database in this epoch no more.
func (w *worker) refused(epoch int64, err error) {
	if errors.Is(err, guard.ErrStaleEpoch) {
		w.note(func(d *decision.Done) { d.Refused = epoch })
	}
}

// source is where a region's database is reached by the others.
func (w *worker) source(region string) (mysql.Source, error) {
	if source, known := w.sources[region]; known {
		return source, nil
	}
	return mysql.Source{}, fmt.Errorf("there is no region %q", region)
}
