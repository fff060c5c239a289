package steward

import (
	"context"
	"errors"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/quorum"
)

const commitPatience = 3 * time.Second

// step looks, decides and acts once.
func (s *Steward) step(ctx context.Context) {
	lease, _ := s.keeper.current()
	read, cancel := context.WithTimeout(ctx, 2*s.config.Lease.RequestTimeout())
	snapshot, err := s.parts.Store.Read(read)
	cancel()
	if err != nil {
		// Decisions rest on what is agreed now. What was decided before ends with the lease; see health and warden.
		s.log.Debug("the quorum was not read", "error", err.Error())
		s.withdraw()
		return
	}
	agreed, err := decision.Decode(snapshot, lease)
	if err != nil {
		s.log.Error("the quorum holds what this version can't read", "error", err.Error())
		return
	}
	view := s.view(agreed)
	plan := s.core.Decide(view, time.Now())
	s.act(ctx, view, plan)
	s.publisher.publish(lease, s.core.Report(view, plan), plan.InService)
	s.keep(view, plan)
	s.publisher.prune(snapshot, agreed.Mine)
}

func (s *Steward) view(agreed decision.Agreed) decision.View {
	v := decision.View{Agreed: agreed, Settled: !s.unsettled, Done: s.worker.results()}
	_, v.Leased = s.keeper.current()
	v.Done.Closed = s.warden.lastClosed()
	v.Guard, v.GuardClosed = s.warden.view()
	writer := ""
	if agreed.Writer != nil {
		writer = agreed.Writer.Region
	}
	s.observer.expect(writer, agreed.Mine && v.Guard != nil && v.Guard.Open)
	v.Local, v.LocalSeq = s.observer.status()
	v.WriteFails, v.Serving, v.WriterReachable = s.observer.failsToWrite(), s.observer.isServing(), s.observer.reachable()
	v.WriterSilent = s.observer.isSilent()
	v.Now = s.parts.Clock()
	return v
}

func (s *Steward) act(ctx context.Context, v decision.View, p decision.Plan) {
	s.withdrawForward(v.Agreed)
	switch p.Guard.Action {
	case decision.GuardOpen:
		s.warden.authorise(p.Guard.Epoch, p.Guard.BootID)
	case decision.GuardClose:
		epoch := int64(0)
		if v.Agreed.Writer != nil {
			epoch = v.Agreed.Writer.Epoch
		}
		s.warden.close(ctx, epoch, p.Guard.Reason)
	}
	if p.Database != nil {
		s.worker.start(ctx, *p.Database)
	}
	if p.Routes != nil {
		s.router.route(*p.Routes)
	}
	if p.Change != nil {
		s.commit(ctx, v.Agreed, *p.Change)
	}
}

// withdrawForward ends writing through this region's database as soon as no other region's is open, and before this one may
// become the writer. A renewal that was answered before that is still on its way to allow it again: an epoch that is over
// allows nothing.
func (s *Steward) withdrawForward(a decision.Agreed) {
	switch w := a.Writer; {
	case s.parts.Forward == nil:
	case w == nil:
		s.parts.Forward.Withdraw(a.Epoch())
	case w.Region == s.config.Region:
		s.parts.Forward.Withdraw(w.Epoch)
	case !w.Open:
		s.parts.Forward.Withdraw(w.Epoch - 1)
	}
}

// commit tries a change. If nobody can tell whether it was done, the next decisions know it.
func (s *Steward) commit(ctx context.Context, agreed decision.Agreed, change decision.Change) {
	bounded, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	done, err := s.parts.Store.Commit(bounded, change.Txn(agreed, time.Now()))
	switch {
	case errors.Is(err, quorum.ErrLeaseLost):
		s.log.Info("a change came after the lease")
	case err != nil:
		s.unsettled = true
		s.log.Warn("a change has no known outcome", "error", err.Error())
	case done:
		if change.State != nil {
			s.unsettled = false
		}
		s.record(change.Event)
		s.nudge()
	}
}

// record tells people and metrics of a transition.
func (s *Steward) record(e *decision.Event) {
	if e == nil {
		return
	}
	s.metrics.transition(*e)
	s.log.Info("transition", "kind", e.Kind, "of", e.Region, "epoch", e.Epoch, "reason", e.Reason, "seconds", e.End.Sub(e.Begin).Seconds())
}

// keep remembers what was decided for those who ask.
func (s *Steward) keep(v decision.View, p decision.Plan) {
	now := &standing{inService: p.InService, reason: p.Reason, epoch: v.Agreed.Epoch(), at: v.Now}
	if v.Agreed.Writer != nil {
		now.writer = v.Agreed.Writer.Region
	}
	before := s.standing.Swap(now)
	if before.inService != now.inService {
		kind := decision.EventOutOfService
		if now.inService {
			kind = decision.EventInService
		}
		wall := time.Now()
		e := decision.Event{Kind: kind, Region: s.config.Region, Epoch: now.epoch, Reason: now.reason, Begin: wall, End: wall}
		s.record(&e)
		s.publisher.tell(e)
	} else if before.reason != now.reason {
		s.log.Info("service", "inService", now.inService, "reason", now.reason)
	}
	s.metrics.observe(v, p, s.keeper.remaining())
}

// withdraw takes the region out of service once the lease has run out.
func (s *Steward) withdraw() {
	if _, valid := s.keeper.current(); valid {
		return
	}
	before := s.standing.Load()
	if before.inService {
		s.log.Info("transition", "kind", decision.EventOutOfService, "of", s.config.Region, "epoch", before.epoch, "reason", noLease)
	}
	s.standing.Store(&standing{reason: noLease, writer: before.writer, epoch: before.epoch, at: before.at})
	s.metrics.withdrawn()
}

const noLease = "this region holds no lease in the quorum"
