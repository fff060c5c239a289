package decision

import (
	"time"

	"twinstack.dev/services/internal/mysql"
)

// watchErrant finds transactions that the other member has and this one, the writer, has not. With semi-synchronous
// commits a replica has a transaction before its source counts it as executed, so a difference must last, and does not
// count while commits wait and none gets through.
func (c *Core) watchErrant(v View, wall time.Time, p *Plan) bool {
	a := v.Agreed
	for _, s := range c.config.Sites {
		r, alive := a.Reports[s.Name]
		if s.Name == c.config.Self || !alive || !r.Running || r.Busy == string(Clone) {
			continue
		}
		if known := a.State.Errant[s.Name]; !known.IsEmpty() {
			if r.Executed.Intersect(known).IsEmpty() {
				c.recordErrant(v, wall, s.Name, mysql.GTIDSet{}, p)
				return true
			}
			continue
		}
		if _, former := a.State.Former[s.Name]; former {
			if c.config.Mode == Group && inGroup(r.Group) {
				c.forgive(v, s.Name, p)
				return true
			}
			continue
		}
		if c.suspicious(v, s.Name, r) {
			c.recordErrant(v, wall, s.Name, c.suspects[s.Name], p)
			return true
		}
	}
	return false
}

// forgive forgets that a member lost the writer's role, since it is back in the group.
func (c *Core) forgive(v View, region string, p *Plan) {
	state := v.Agreed.State.copied()
	delete(state.Former, region)
	same := *v.Agreed.Writer
	p.Change = &Change{Writer: &same, State: &state}
}

// suspicious tells that the same extra transactions were there for long.
func (c *Core) suspicious(v View, region string, r Report) bool {
	if c.stuck(v) {
		return false
	}
	return c.lasting(region, r.Executed.Subtract(v.Local.Executed))
}

// lasting tells that some of what a member has too much was there at every look for errantAfter. Transactions on their
// way, and those that a report of a second ago does not know yet, are not.
func (c *Core) lasting(region string, extra mysql.GTIDSet) bool {
	still := extra.Intersect(c.suspects[region])
	c.suspects[region] = still
	if still.IsEmpty() {
		c.suspects[region] = extra
		c.held("extra in "+region, false)
	}
	return c.held("extra in "+region, !extra.IsEmpty()) >= errantAfter
}

func (c *Core) recordErrant(v View, wall time.Time, region string, set mysql.GTIDSet, p *Plan) {
	state := v.Agreed.State.copied()
	same := *v.Agreed.Writer
	event := Event{Kind: EventErrantGone, Region: region, Epoch: state.Epoch, Reason: "the errant transactions are gone", Begin: wall, End: wall}
	if set.IsEmpty() {
		delete(state.Errant, region)
	} else {
		state.Errant[region] = set
		event.Kind, event.Reason = EventErrant, "the database has transactions that no writer had: "+set.String()
	}
	p.Change = &Change{Writer: &same, State: &state, Event: &event}
}

// recordTail notes what a former writer saved, which is what it waits for before it throws its data away.
func (c *Core) recordTail(v View, wall time.Time, p *Plan) bool {
	a := v.Agreed
	for _, s := range c.config.Sites {
		r := a.Reports[s.Name]
		if r.Tail == nil || a.State.recorded(s.Name, r.Tail.Epoch) {
			continue
		}
		state := a.State.copied()
		state.Discarded = append(state.Discarded, *r.Tail)
		if over := len(state.Discarded) - keptTails; over > 0 {
			state.Discarded = state.Discarded[over:]
		}
		same := *a.Writer
		kind := "that nobody was told of"
		if r.Tail.Lost {
			kind = "that clients may have been told of: they are lost"
		}
		p.Change = &Change{Writer: &same, State: &state, Event: &Event{
			Kind: EventDiscarded, Region: s.Name, Epoch: r.Tail.Epoch, Reason: countOf(r.Tail.Count) + " " + kind + ", saved in " + r.Tail.Path,
			Begin: wall, End: wall,
		}}
		return true
	}
	return false
}

// keptTails bounds the record; the saved files stay.
const keptTails = 20

// recorded tells that the tail of a region's lost epoch is in the record.
func (s State) recorded(region string, epoch int64) bool {
	for _, tail := range s.Discarded {
		if tail.Region == region && tail.Epoch == epoch {
			return true
		}
	}
	return false
}
