// Package steward runs the decisions of package decision: it keeps the lease, looks around, tries transactions, and
// tells the guard, the database and the routes what was decided. Each of these has a goroutine of its own, so that none
// that hangs stops the lease from being renewed, or from running out.
package steward

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/quorum"
)

const (
	stepEvery = 250 * time.Millisecond
	// hungAfter is how long a step may take before the process counts as hung. Everything in a step has a deadline.
	hungAfter = 20 * time.Second
)

// Parts are what a steward works with.
type Parts struct {
	Store    quorum.Store
	Database Database
	// Peers are the other regions' databases, as far as their status goes.
	Peers map[string]Database
	Guard Guard
	// Routes is nil where no Services are routed.
	Routes Routes
	// Leader is nil where the store's leader stays where it is.
	Leader Leader
	// Forward is nil where clients write to another region's database themselves.
	Forward Forward
	// Collectors add to the metrics.
	Collectors []prometheus.Collector
	Clock      func() time.Duration
	Log        *slog.Logger
}

// Leader moves the leadership of the store.
type Leader interface {
	LeadFrom(ctx context.Context, name string) (bool, error)
}

// Forward lets this region's clients write through it while another region's database is the writer.
type Forward interface {
	// Forward allows it in an epoch, until a moment on the guard's clock.
	Forward(epoch int64, until time.Duration)
	// Withdraw ends it now, and for epochs up to this one for good.
	Withdraw(epoch int64)
}

// Steward is one region's.
type Steward struct {
	config    Config
	parts     Parts
	log       *slog.Logger
	core      *decision.Core
	keeper    *keeper
	warden    *warden
	worker    *worker
	observer  *observer
	publisher *publisher
	router    *router
	metrics   *metrics
	nudged    chan struct{}

	// unsettled tells that a transaction of this process may have been done or not.
	unsettled bool
	lastStep  atomic.Int64
	standing  atomic.Pointer[standing]
}

// standing is what the last step decided, for those who ask.
type standing struct {
	inService bool
	reason    string
	writer    string
	epoch     int64
	at        time.Duration
}

// New joins the parts.
func New(config Config, parts Parts) *Steward { return newSteward(config, config.Decision(), parts) }

func newSteward(config Config, rules decision.Config, parts Parts) *Steward {
	s := &Steward{
		config: config, parts: parts, log: parts.Log, core: decision.New(rules),
		nudged: make(chan struct{}, 1), metrics: newMetrics(config.Region),
	}
	s.standing.Store(&standing{reason: "this steward has not decided yet"})
	s.warden = &warden{guard: parts.Guard, terms: config.Lease, clock: parts.Clock, fencing: config.Fencing, log: parts.Log, nudge: s.nudge}
	s.observer = &observer{
		config: config, clock: parts.Clock, database: parts.Database, peers: parts.Peers, nudge: s.nudge, again: make(chan struct{}, 1),
		// A connection of its own for each look: a kept one says nothing about those who come anew.
		client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	}
	s.worker = &worker{
		region: config.Region, mode: config.Mode, sources: rules.Sources, database: parts.Database, guard: parts.Guard,
		log: parts.Log, nudge: s.nudge, finished: s.observer.forget,
	}
	s.warden.refused = s.worker.refused
	s.keeper = &keeper{store: parts.Store, terms: config.Lease, clock: parts.Clock, log: parts.Log, guardClock: s.warden.guardClock, hurry: make(chan struct{}, 1)}
	if parts.Forward != nil {
		s.keeper.followed = parts.Forward.Forward
	}
	s.metrics.registry.MustRegister(parts.Collectors...)
	s.warden.rebooted = s.observer.forget
	s.warden.hurry = func() { replace(s.keeper.hurry, struct{}{}) }
	s.publisher = &publisher{config: config, store: parts.Store, log: parts.Log}
	s.router = &router{routes: parts.Routes, log: parts.Log}
	s.lastStep.Store(int64(parts.Clock()))
	return s
}

// Run decides until ctx ends. It leaves lease, keys and database as they are, for the process that comes next.
func (s *Steward) Run(ctx context.Context) {
	renewals := make(chan renewal, 1)
	s.keeper.renewed = func(epoch int64, until time.Duration) { replace(renewals, renewal{epoch, until}) }
	var running sync.WaitGroup
	for _, part := range []func(context.Context){
		s.keeper.run, s.warden.run, s.observer.run, s.publisher.run, s.router.run, s.leadFromWitness, s.warnUnfenced, s.passRenewals(renewals), s.watch, s.steps,
	} {
		running.Add(1)
		go func() {
			defer running.Done()
			part(ctx)
		}()
	}
	running.Wait()
}

type renewal struct {
	epoch int64
	until time.Duration
}

// passRenewals tells the guard of renewals without making the keeper wait for it.
func (s *Steward) passRenewals(renewals <-chan renewal) func(context.Context) {
	return func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case r := <-renewals:
				s.warden.renewed(ctx, r.epoch, r.until)
			}
		}
	}
}

// replace puts the newest value into a channel of one.
func replace[T any](into chan T, value T) {
	for {
		select {
		case into <- value:
			return
		default:
		}
		select {
		case <-into:
		default:
		}
	}
}

func (s *Steward) nudge() { replace(s.nudged, struct{}{}) }

// watch takes a step as soon as something was agreed.
func (s *Steward) watch(ctx context.Context) {
	changes := s.parts.Store.Changes(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			s.nudge()
		}
	}
}

func (s *Steward) steps(ctx context.Context) {
	ticker := time.NewTicker(stepEvery)
	defer ticker.Stop()
	for {
		s.step(ctx)
		s.lastStep.Store(int64(s.parts.Clock()))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-s.nudged:
		}
	}
}

// Hung tells whether steps have stopped.
func (s *Steward) Hung() bool {
	return s.parts.Clock()-time.Duration(s.lastStep.Load()) > hungAfter
}

const (
	lookAtLeaderEvery = 5 * time.Second
	warnUnfencedEvery = 10 * time.Second
)

// leadFromWitness keeps the store's leader where its loss moves no writer.
func (s *Steward) leadFromWitness(ctx context.Context) {
	if s.parts.Leader == nil || s.config.QuorumWitness == "" {
		return
	}
	every(ctx, lookAtLeaderEvery, func() {
		bounded, cancel := context.WithTimeout(ctx, lookAtLeaderEvery)
		defer cancel()
		moved, err := s.parts.Leader.LeadFrom(bounded, s.config.QuorumWitness)
		switch {
		case err != nil:
			s.log.Info("the quorum's leader was not moved", "error", err.Error())
		case moved:
			s.log.Info("moved the quorum's leader", "to", s.config.QuorumWitness)
		}
	})
}

func (s *Steward) warnUnfenced(ctx context.Context) {
	if s.config.Fencing {
		return
	}
	every(ctx, warnUnfencedEvery, func() {
		s.log.Warn("FENCING is off: this region writes on without a lease, and two regions may write at once")
	})
}

// every does something now and then, until ctx ends.
func every(ctx context.Context, pause time.Duration, do func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		do()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
