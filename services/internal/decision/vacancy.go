package decision

import (
	"time"

	"twinstack.dev/services/internal/mysql"
)

// vacancy decides whether to become the writer while there is none. The store lets one win; being wrong about the
// others costs time here, never a second writer.
func (c *Core) vacancy(v View, vacant time.Duration, wall time.Time, p *Plan) {
	c.mark, c.closing = nil, nil
	if v.Guard != nil && v.Guard.Open {
		p.Guard = GuardOrder{Action: GuardClose, Reason: "there is no writer"}
		p.Waiting = "the local database is being closed"
		return
	}
	if !running(v) {
		p.Waiting = "the local database does not answer"
		return
	}
	if c.config.Mode == Group {
		c.groupVacancy(v, vacant, wall, p)
		return
	}
	a := v.Agreed
	var take bool
	switch {
	case a.State == nil:
		take, p.Waiting = c.mayBeFirst(v)
	case c.forced(a):
		take = true
	default:
		take, p.Waiting = c.mayTake(v, vacant)
	}
	if take {
		c.take(v, wall, p)
	}
}

// mayBeFirst tells whether this region begins. All serving regions must be seen, since the store may have been lost while
// the databases were not: whoever has everything may begin, the preferred one if several have.
func (c *Core) mayBeFirst(v View) (bool, string) {
	chosen, missing := c.mostAdvanced(v.Agreed.Reports, false)
	switch {
	case missing != "":
		return false, "the first writer is chosen when the database of region " + missing + " reports"
	case chosen == "":
		return false, "no database has all that the others have; decide by failover --to <region> --accept-loss"
	case chosen != c.config.Self:
		return false, "region " + chosen + " is to be the first writer"
	}
	return true, ""
}

// mostAdvanced names the region whose database has all that the others have, or who is missing. Among equals the
// preferred one wins, then a region that serves, then the first of the list.
func (c *Core) mostAdvanced(reports map[string]Report, withWitness bool) (chosen, missing string) {
	var all mysql.GTIDSet
	for _, s := range c.config.Sites {
		if s.Witness && !withWitness {
			continue
		}
		r, known := reports[s.Name]
		if !known || !r.Running {
			return "", s.Name
		}
		all = all.Union(r.Received)
	}
	best := -1
	for _, s := range c.config.Sites {
		if s.Witness && !withWitness || !reports[s.Name].Received.Contains(all) {
			continue
		}
		rank := 1
		if s.Name == c.config.Preferred {
			rank = 2
		} else if s.Witness {
			rank = 0
		}
		if rank > best {
			chosen, best = s.Name, rank
		}
	}
	return chosen, ""
}

// forced tells that an operator wants this region to write whatever is lost.
func (c *Core) forced(a Agreed) bool {
	r := a.Request
	return r != nil && r.Kind == Failover && r.AcceptLoss && r.To == c.config.Self && r.Epoch == a.Epoch()
}

// mayTake tells whether this region may follow the last writer, or be it again.
func (c *Core) mayTake(v View, vacant time.Duration) (bool, string) {
	a, self := v.Agreed, c.config.Self
	s := a.State
	if h := s.Handover; h != nil && h.To != self && vacant < handoverWithin {
		return false, "region " + h.To + " is taking over"
	}
	if !received(v.Local).Contains(s.Baseline) {
		return false, "this region's database lacks transactions that every candidate must have"
	}
	last := s.Writer == self
	switch h := s.Handover; {
	case h != nil && h.To == self:
		return true, ""
	case !s.Errant[self].IsEmpty():
		return false, "this region's database has errant transactions"
	case !last && !s.isSynced(self):
		return false, "this region's database may lack acknowledged writes; failover --to " + self + " --accept-loss would lose them"
	case !last && a.Paused:
		return false, "automatic changes are paused"
	case last && !a.Paused && vacant < handoverWithin && c.otherCandidate(a):
		return false, "another region is ready to take over"
	case !last && c.config.Mode == Async && !c.seenWriter && vacant < firstLookAfter:
		return false, "the last writer may still come and has what this region lacks"
	}
	return true, ""
}

// otherCandidate tells that some other region would take over at once.
func (c *Core) otherCandidate(a Agreed) bool {
	if a.State == nil || a.Paused {
		return false
	}
	for region, r := range a.Reports {
		if c.config.Mode == Group && region != c.config.Self && inGroup(r.Group) {
			return true
		}
		if region == c.config.Self || !r.Running || r.Busy == string(Clone) || !a.State.Errant[region].IsEmpty() {
			continue
		}
		if a.State.isSynced(region) && r.Received.Contains(a.State.Baseline) {
			return true
		}
	}
	return false
}

// take makes this region the writer, in a new epoch, with its database still closed.
func (c *Core) take(v View, wall time.Time, p *Plan) {
	a, self := v.Agreed, c.config.Self
	next := State{}
	if a.State != nil {
		next = a.State.copied()
	}
	next.Epoch = a.Epoch() + 1
	next.Baseline = received(v.Local)
	planned := next.Handover != nil && next.Handover.To == self
	switch {
	case planned:
		next.Synced = nil
		if next.Handover.Synced {
			next.Synced = []string{next.Handover.From}
		}
	case next.Writer != self:
		if next.Writer != "" {
			next.Former[next.Writer] = Former{Epoch: a.Epoch(), Acknowledged: c.config.Mode == Async || next.DegradedSince != nil}
		}
		next.Synced = nil
	}
	if !planned {
		next.Handover = nil
	}
	next.Writer = self
	delete(next.Former, self)
	delete(next.Errant, self)
	if c.config.Mode == SemiSync && len(next.Synced) == 0 && next.DegradedSince == nil {
		next.DegradedSince = &wall
	}
	c.takenAt = wall
	p.Change = &Change{
		Writer: &Writer{Region: self, Epoch: next.Epoch}, State: &next, Answered: c.forced(a), Unlock: a.Bootstrap != "",
		Event: &Event{Kind: EventTaken, Region: self, Epoch: next.Epoch, Reason: c.whyTaken(a), Begin: wall, End: wall},
	}
}

func (c *Core) whyTaken(a Agreed) string {
	switch {
	case a.State == nil:
		return "the first writer"
	case c.forced(a):
		return "an operator's failover that accepts loss"
	case a.State.Handover != nil && a.State.Handover.To == c.config.Self:
		return "handed over by region " + a.State.Handover.From
	case a.State.Writer == c.config.Self:
		return "the last writer is back"
	}
	return "region " + a.State.Writer + " lost its lease or released it"
}
