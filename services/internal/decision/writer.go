package decision

import (
	"time"
)

// writer decides what the holder of the writer's key does: make its database ready, open it, keep it well, and let go
// of the key as soon as it is of no use here.
func (c *Core) writer(v View, wall time.Time, p *Plan) {
	a := v.Agreed
	epoch := a.Writer.Epoch
	switch {
	case a.State == nil, a.State.Epoch != epoch:
		// Only a store that somebody else wrote to shows this.
		c.release(v, wall, "the state is not of the writer's epoch", p)
		return
	case c.closing != nil && c.relinquished != epoch:
		// A switchover ends the epoch in its own way.
	case c.relinquished == epoch, c.stopped == epoch:
		c.release(v, wall, c.stoppedWhy, p)
		return
	case v.Done.Refused == epoch:
		c.release(v, wall, "the guard was closed in this epoch", p)
		return
	}
	if !v.Settled {
		c.settle(a, p)
		return
	}
	if c.config.Mode == Group && v.Local != nil && !isPrimary(v.Local.Group) {
		c.release(v, wall, "the group has another primary, or no majority here", p)
		return
	}
	if v.Guard != nil && v.Guard.Open && v.Guard.Epoch == epoch {
		c.openWriter(v, wall, p)
		return
	}
	c.closedWriter(v, wall, p)
}

// settle rewrites the state, so that an earlier transaction of unknown outcome can't be done any more.
func (c *Core) settle(a Agreed, p *Plan) {
	same, state := *a.Writer, a.State.copied()
	state.Settled++
	p.Change = &Change{Writer: &same, State: &state}
	p.Waiting = "an earlier transaction is being settled"
}

// closedWriter makes the database ready and opens it; or lets go if that can't be.
func (c *Core) closedWriter(v View, wall time.Time, p *Plan) {
	a := v.Agreed
	if a.Writer.Open && closed(v) {
		// Routes must not lead to a closed database.
		p.Change = &Change{Writer: &Writer{Region: a.Writer.Region, Epoch: a.Writer.Epoch}}
	}
	if c.closing != nil {
		c.handOver(v, wall, p)
		return
	}
	failing := c.held("writer down", !running(v))
	switch {
	case v.Guard != nil && !v.Guard.Running && c.opened == a.Writer.Epoch && c.otherCandidate(a):
		c.release(v, wall, "the database of region "+c.config.Self+" ended", p)
	case failing >= unhealthyAfter && c.otherCandidate(a):
		c.release(v, wall, "the database of region "+c.config.Self+" does not answer", p)
	case failing >= 0:
		p.Waiting = "the local database does not answer"
	default:
		c.prepare(v, wall, p)
	}
}

// prepare brings the database from a replica to a writer that is still closed, then opens it.
func (c *Core) prepare(v View, wall time.Time, p *Plan) {
	a := v.Agreed
	semi := c.config.Mode == SemiSync && len(a.State.Synced) > 0
	h := a.State.Handover
	if h != nil && v.Done.PrepareFailed == a.Writer.Epoch {
		c.handBack(v, wall, p)
		return
	}
	if c.config.Mode == Group || v.Done.Prepared == (Prepared{Epoch: a.Writer.Epoch, BootID: v.Guard.BootID, SemiSync: semi}) {
		p.Guard = GuardOrder{Action: GuardOpen, Epoch: a.Writer.Epoch, BootID: v.Guard.BootID, Reason: "promoted"}
		p.Waiting = "the guard is opening the database"
		return
	}
	o := Order{Kind: Promote, SemiSync: semi, Epoch: a.Writer.Epoch, BootID: v.Guard.BootID}
	if h != nil {
		o.GTIDs, o.Planned = h.GTIDs, true
	}
	c.order(v, p, o)
	p.Waiting = "the local database is being promoted"
}

// openWriter looks after a database that accepts writes.
func (c *Core) openWriter(v View, wall time.Time, p *Plan) {
	a := v.Agreed
	if !a.Writer.Open {
		c.announce(v, wall, p)
		return
	}
	c.opened = a.Writer.Epoch
	p.Guard = GuardOrder{Action: GuardOpen, Epoch: a.Writer.Epoch, BootID: v.Guard.BootID, Reason: "lease held"}
	if c.closing != nil {
		c.handOver(v, wall, p)
		return
	}
	waiting := v.Local != nil && c.config.Mode == SemiSync && v.Local.SemiSync.Waiting > 0
	failing := c.held("writer fails", v.Local == nil || v.WriteFails && !waiting)
	patience := unhealthyAfter
	if c.config.Mode == Group {
		// A new primary holds writes back until it has applied what the last one committed.
		patience = groupBacklog
	}
	if c.held("closed by an election", c.config.Mode == Group && v.Local != nil && v.Local.ReadOnly) >= closedByElectionAfter {
		c.release(v, wall, "an election made the database of region "+c.config.Self+" read-only again", p)
		return
	}
	if failing >= patience && c.otherCandidate(a) {
		c.release(v, wall, "the database of region "+c.config.Self+" can't write", p)
		return
	}
	if v.Local == nil {
		return
	}
	if !a.State.Bootstrapped {
		c.bootstrapped(v, p)
		return
	}
	for _, step := range []func(View, time.Time, *Plan) bool{
		c.watchErrant, c.recordTail, c.synchronize, c.answer, c.leaveWitness, c.failBack,
	} {
		if step(v, wall, p) {
			return
		}
	}
}

// announce tells everybody that the database is open, which moves the routes.
func (c *Core) announce(v View, wall time.Time, p *Plan) {
	a := v.Agreed
	p.Guard = GuardOrder{Action: GuardOpen, Epoch: a.Writer.Epoch, BootID: v.Guard.BootID, Reason: "promoted"}
	state := a.State.copied()
	state.Handover = nil
	begin := c.takenAt
	if begin.IsZero() {
		begin = wall
	}
	p.Change = &Change{
		Writer: &Writer{Region: c.config.Self, Epoch: a.Writer.Epoch, Open: true}, State: &state,
		Event: &Event{Kind: EventPromoted, Region: c.config.Self, Epoch: a.Writer.Epoch, Reason: "writes are accepted", Begin: begin, End: wall},
	}
}

func (c *Core) bootstrapped(v View, p *Plan) {
	if !v.Done.Bootstrapped {
		c.order(v, p, Order{Kind: MakeSchema})
		return
	}
	state := v.Agreed.State.copied()
	state.Bootstrapped = true
	same := *v.Agreed.Writer
	p.Change = &Change{Writer: &same, State: &state}
}

// release deletes the writer's key once the database is closed for good: it ended, the guard confirmed that it closed and
// opens in this epoch no more, or the guard does not answer and its time is over. An order to open that is still on its
// way must find one of these.
func (c *Core) release(v View, wall time.Time, why string, p *Plan) {
	epoch := v.Agreed.Writer.Epoch
	p.Guard = GuardOrder{Action: GuardClose, Reason: why}
	ended := v.Guard != nil && !v.Guard.Running
	confirmed := closed(v) && v.Done.Closed != nil && v.Done.Closed.Epoch == epoch
	if !ended && !confirmed && !(c.stopped == epoch && v.GuardClosed) {
		p.Waiting = "the database is being closed: " + why
		return
	}
	// The epoch is over here, whatever the answer is.
	c.relinquished = epoch
	p.Change = &Change{Event: &Event{Kind: EventReleased, Region: c.config.Self, Epoch: epoch, Reason: why, Begin: wall, End: wall}}
}
