package decision

import (
	"slices"
	"time"
)

// synchronize keeps State.Synced true. In semi-sync mode the order of two steps carries the promise: a region leaves
// Synced before commits stop waiting for it, and comes back only after they wait for it again and it has all from
// before. So a region in Synced always has every acknowledged write.
func (c *Core) synchronize(v View, wall time.Time, p *Plan) bool {
	switch c.config.Mode {
	case SemiSync:
		return c.semiSync(v, wall, p)
	case Async:
		return c.attach(v, wall, p)
	}
	return false
}

// attach notes in async mode that a replica has caught up once, which makes it a candidate.
func (c *Core) attach(v View, wall time.Time, p *Plan) bool {
	a := v.Agreed
	peer := c.peer()
	r, alive := a.Reports[peer]
	if alive && r.WantsClone && a.State.isSynced(peer) {
		c.desync(v, wall, "region "+peer+" is to be cloned anew", p)
		return true
	}
	if a.State.isSynced(peer) || !c.caughtUp(v, alive && c.follows(r)) {
		return false
	}
	return c.resync(v, wall, peer, p)
}

func (c *Core) semiSync(v View, wall time.Time, p *Plan) bool {
	a := v.Agreed
	peer := c.peer()
	r, alive := a.Reports[peer]
	stuck := c.stuck(v)
	well := alive && c.follows(r) && !r.WantsClone && a.State.Errant[peer].IsEmpty()
	lost := c.held("replica lost", !alive || stuck || v.Local.SemiSync.Clients == 0)
	if a.State.isSynced(peer) {
		switch {
		case alive && r.WantsClone, !a.State.Errant[peer].IsEmpty():
			c.desync(v, wall, "region "+peer+" is to be cloned anew", p)
		case c.held("not waiting", !v.Local.SemiSync.SourceOn) >= steadyAfter:
			c.desync(v, wall, "commits do not wait for an acknowledgement", p)
		case lost >= c.config.DegradeAfter:
			c.desync(v, wall, "region "+peer+" has not acknowledged for "+c.config.DegradeAfter.String(), p)
		default:
			return false
		}
		return true
	}
	return c.restore(v, wall, peer, well, lost, p)
}

// restore brings a degraded pair back: commits wait again once the replica is near, and when it has all that was
// committed before they did, the promise holds.
func (c *Core) restore(v View, wall time.Time, peer string, well bool, lost time.Duration, p *Plan) bool {
	steady := c.held("replica well", well) >= steadyAfter
	on := v.Local.SemiSync.SourceOn
	if v.Done.Busy != nothingUnderWay {
		// An order under way may change whether commits wait.
		c.mark = nil
		return false
	}
	if on && (!well || lost >= steadyAfter) {
		c.mark = nil
		c.order(v, p, Order{Kind: SwitchSemiSync, Epoch: v.Agreed.Writer.Epoch, BootID: v.Guard.BootID})
		return true
	}
	if c.held("waiting again", on) == 0 {
		// An answer tells first what is executed and then whether commits wait: only the next one surely names all that
		// was committed before they did.
		c.mark, c.fresh = nil, false
	}
	if !steady || !c.caughtUp(v, well) {
		return false
	}
	if !on {
		c.mark = nil
		c.order(v, p, Order{Kind: SwitchSemiSync, SemiSync: true, Epoch: v.Agreed.Writer.Epoch, BootID: v.Guard.BootID})
		return true
	}
	return c.resync(v, wall, peer, p)
}

// caughtUp tells that the replica has everything that was committed here at some earlier look.
func (c *Core) caughtUp(v View, well bool) bool {
	if !well {
		c.mark = nil
		return false
	}
	if c.mark == nil && !c.fresh {
		return false
	}
	if c.mark == nil {
		executed := v.Local.Executed
		c.mark = &executed
		return false
	}
	return v.Agreed.Reports[c.peer()].Received.Contains(*c.mark)
}

// follows tells that a member replicates this region's database.
func (c *Core) follows(r Report) bool {
	return r.Running && r.Following == c.config.Self && r.Receiving && r.Applying
}

// stuck tells that commits wait and none gets through.
func (c *Core) stuck(v View) bool {
	return v.Local.SemiSync.Waiting > 0 && !c.moved
}

// desync records that no region has every acknowledged write any more. Only the next decision, which sees it recorded,
// lets commits go on without the other region.
func (c *Core) desync(v View, wall time.Time, why string, p *Plan) {
	state := v.Agreed.State.copied()
	state.Synced = slices.DeleteFunc(state.Synced, func(region string) bool { return region == c.peer() })
	same := *v.Agreed.Writer
	p.Change = &Change{Writer: &same, State: &state}
	if c.config.Mode == SemiSync {
		state.DegradedSince = &wall
		p.Change.Event = &Event{Kind: EventDegraded, Region: c.config.Self, Epoch: state.Epoch, Reason: why, Begin: wall, End: wall}
	}
}

// resync records that a region has everything, unless it has more than that.
func (c *Core) resync(v View, wall time.Time, peer string, p *Plan) bool {
	if !v.Local.Executed.Contains(v.Agreed.Reports[peer].Executed) {
		return false
	}
	state := v.Agreed.State.copied()
	state.Synced = []string{peer}
	state.Baseline = *c.mark
	begin := wall
	if state.DegradedSince != nil {
		begin = *state.DegradedSince
	}
	state.DegradedSince = nil
	delete(state.Former, peer)
	c.mark = nil
	same := *v.Agreed.Writer
	p.Change = &Change{Writer: &same, State: &state, Event: &Event{
		Kind: EventResynced, Region: peer, Epoch: state.Epoch, Reason: "has all that region " + c.config.Self + " committed", Begin: begin, End: wall,
	}}
	return true
}
