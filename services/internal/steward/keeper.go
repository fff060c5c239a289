package steward

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/quorum"
)

// keeper grants itself a lease and renews it, in a goroutine of its own that waits for nothing but the store.
type keeper struct {
	store quorum.Store
	terms lease.Terms
	clock func() time.Duration
	log   *slog.Logger
	// guardClock returns a reading of the guard's clock that is older than the call.
	guardClock func() (time.Duration, bool)
	// renewed is told after every renewal that showed the writer's key on this lease.
	renewed func(epoch int64, until time.Duration)
	// followed is told after every renewal that showed another region as the open writer; nil where that is all the same.
	followed func(epoch int64, until time.Duration)
	// hurry asks for a renewal now.
	hurry chan struct{}

	mu         sync.Mutex
	id         quorum.LeaseID
	validUntil time.Duration
}

// run keeps the lease until ctx ends. The lease then stays: the process that replaces this one takes its keys over.
func (k *keeper) run(ctx context.Context) {
	for {
		begin := k.clock()
		pause := k.terms.RenewEvery()
		if !k.round(ctx) {
			pause = retryAfter
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(pause-(k.clock()-begin), 0)):
		case <-k.hurry:
		}
	}
}

// round grants or renews once and tells whether it succeeded.
func (k *keeper) round(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*k.terms.RequestTimeout())
	defer cancel()
	id, _ := k.current()
	var err error
	if id == 0 {
		err = k.grant(ctx)
	} else {
		err = k.renew(ctx, id)
	}
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		k.log.Warn("the lease was not renewed", "error", err.Error())
	}
	return err == nil
}

// retryAfter is the least pause between two attempts while the store does not answer.
const retryAfter = 200 * time.Millisecond

func (k *keeper) grant(ctx context.Context) error {
	base := k.clock()
	id, err := k.store.Grant(ctx, k.terms.Duration)
	if err != nil {
		return err
	}
	k.set(id, k.terms.ValidUntil(base))
	k.log.Info("lease granted", "lease", int64(id))
	return nil
}

// renew reads both clocks before it sends the request; package lease says why.
func (k *keeper) renew(ctx context.Context, id quorum.LeaseID) error {
	base := k.clock()
	guardBase, known := k.guardClock()
	snapshot, err := k.store.Renew(ctx, id)
	if errors.Is(err, quorum.ErrLeaseLost) {
		k.set(0, 0)
		k.log.Warn("lease lost", "lease", int64(id))
		return k.grant(ctx)
	}
	if err != nil {
		return err
	}
	k.set(id, k.terms.ValidUntil(base))
	agreed, err := decision.Decode(snapshot, id)
	if err != nil {
		return err
	}
	switch w := agreed.Writer; {
	case !known || w == nil:
	case agreed.Mine:
		k.renewed(w.Epoch, k.terms.OpenUntil(guardBase))
	case w.Open && k.followed != nil:
		k.followed(w.Epoch, k.terms.OpenUntil(guardBase))
	}
	return nil
}

func (k *keeper) set(id quorum.LeaseID, validUntil time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.id, k.validUntil = id, validUntil
}

// current returns the lease and whether it can't have expired yet.
func (k *keeper) current() (id quorum.LeaseID, valid bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.id, k.id != 0 && k.clock() < k.validUntil
}

// remaining is how long the lease surely lasts.
func (k *keeper) remaining() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return max(k.validUntil-k.clock(), 0)
}
