package decision

import (
	"fmt"
	"time"
)

// answer deals with what an operator asked for. The writer answers everything but a failover without a writer and a
// rebuild, which the region in question does itself.
func (c *Core) answer(v View, wall time.Time, p *Plan) bool {
	r := v.Agreed.Request
	if r == nil {
		return false
	}
	switch r.Kind {
	case Switchover:
		if problem := c.notReady(v, r.To); problem != "" {
			c.reply(v, wall, EventRefused, problem, p)
			return true
		}
		c.closing = r
		p.Guard = GuardOrder{Action: GuardClose, Reason: "switchover to region " + r.To}
	case Rebuild:
		switch {
		case r.To == c.config.Self:
			c.reply(v, wall, EventRefused, "region "+r.To+" is the writer, whose data the others are rebuilt from; switch over first", p)
		case v.Agreed.Reports[r.To].Rebuilt == r.ID:
			c.reply(v, wall, EventDone, "region "+r.To+" was cloned anew", p)
		default:
			return false
		}
	default:
		c.reply(v, wall, EventRefused, "region "+c.config.Self+" is the writer and alive; use switchover --to "+r.To, p)
	}
	return true
}

// reply answers a request in the history, which the operator's command reads, and deletes it.
func (c *Core) reply(v View, wall time.Time, kind, reason string, p *Plan) {
	same := *v.Agreed.Writer
	r := v.Agreed.Request
	p.Change = &Change{Writer: &same, Answered: true, Event: &Event{
		Kind: kind, Region: r.To, Epoch: same.Epoch, Reason: fmt.Sprintf("%s (request %s)", reason, r.ID), Begin: wall, End: wall,
	}}
}

// notReady says why a region can't become the writer by plan, or nothing.
func (c *Core) notReady(v View, to string) string {
	r, alive := v.Agreed.Reports[to]
	switch {
	case to == c.config.Self:
		return "region " + to + " is the writer already"
	case !c.isSite(to):
		return "there is no region " + to
	case c.isWitness(to):
		return "region " + to + " is the witness, which serves nobody"
	case !alive:
		return "the steward of region " + to + " holds no lease"
	case !r.Running:
		return "the database of region " + to + " does not answer"
	case !v.Agreed.State.Errant[to].IsEmpty():
		return "the database of region " + to + " has errant transactions; rebuild it first"
	case c.config.Mode == Group && !inGroup(r.Group):
		return "the database of region " + to + " is not online in the group"
	case c.config.Mode != Group && !c.follows(r):
		return "the database of region " + to + " does not follow the writer"
	case c.config.Mode != Group && (r.LagSeconds < 0 || r.LagSeconds > writableLag):
		return fmt.Sprintf("the database of region %s is more than %g s behind", to, writableLag)
	case c.config.Mode == SemiSync && !v.Agreed.State.isSynced(to):
		return "the database of region " + to + " is not in sync yet"
	case !v.Agreed.InService[to]:
		return "region " + to + " is not in service"
	}
	return ""
}

func (c *Core) isSite(region string) bool {
	for _, s := range c.config.Sites {
		if s.Name == region {
			return true
		}
	}
	return false
}

// handOver closes the database and passes the key on with the set that the successor has to wait for. If closing takes
// too long the key is released without a word, and whoever may take it takes it.
func (c *Core) handOver(v View, wall time.Time, p *Plan) {
	a, r := v.Agreed, c.closing
	took := c.held("handing over", true)
	done := closed(v) && v.Done.Closed != nil && v.Done.Closed.Epoch == a.Writer.Epoch
	switch {
	case !done && took > handoverWithin:
		c.closing = nil
		c.release(v, wall, "closing for the switchover to region "+r.To+" took too long", p)
	case !done:
		p.Guard = GuardOrder{Action: GuardClose, Reason: "switchover to region " + r.To}
		p.Waiting = "writers are being ended for the switchover"
	default:
		state := a.State.copied()
		state.Handover = &Handover{From: c.config.Self, To: r.To, GTIDs: v.Done.Closed.Executed, Synced: c.config.Mode != Group}
		c.relinquished = a.Writer.Epoch
		p.Change = &Change{State: &state, Answered: a.Request != nil && a.Request.ID == r.ID, Event: &Event{
			Kind: EventHandedOver, Region: r.To, Epoch: a.Writer.Epoch, Begin: wall, End: wall,
			Reason: "by region " + c.config.Self + " (request " + r.ID + ")",
		}}
	}
}

// handBack returns the role to the region that gave it, since this one did not get all transactions in time.
func (c *Core) handBack(v View, wall time.Time, p *Plan) {
	a := v.Agreed
	state := a.State.copied()
	h := *state.Handover
	state.Handover = &Handover{From: c.config.Self, To: h.From, GTIDs: h.GTIDs, Synced: false}
	c.relinquished = a.Writer.Epoch
	p.Change = &Change{State: &state, Event: &Event{
		Kind: EventHandedOver, Region: h.From, Epoch: a.Writer.Epoch, Reason: "back, since region " + c.config.Self + " did not get all transactions in time",
		Begin: wall, End: wall,
	}}
}

// failBack returns the writer to the preferred region by itself, once that was well for the hold-down.
func (c *Core) failBack(v View, _ time.Time, p *Plan) bool {
	to := c.config.Preferred
	wanted := to != "" && to != c.config.Self && c.config.HoldDown > 0 && !v.Agreed.Paused && c.notReady(v, to) == ""
	if c.held("preferred is well", wanted) < c.config.HoldDown || !wanted {
		return false
	}
	c.held("preferred is well", false)
	c.closing = &Request{ID: "fail-back", Kind: Switchover, To: to}
	p.Guard = GuardOrder{Action: GuardClose, Reason: "fail-back to region " + to}
	return true
}
