package decision

import (
	"time"

	"twinstack.dev/services/internal/mysql"
)

// In group mode MySQL's own vote names the primary. The steward follows: the primary's region takes the writer's key and
// opens its guard, and a region that is no primary any more lets go of it.

func inGroup(g *mysql.Group) bool { return g != nil && g.State == "ONLINE" && g.HasMajority }

func isPrimary(g *mysql.Group) bool { return inGroup(g) && g.Role == "PRIMARY" }

// groupVacancy decides while nobody holds the writer's key: take it as the primary, or bring about that there is one.
func (c *Core) groupVacancy(v View, vacant time.Duration, wall time.Time, p *Plan) {
	a, self, g := v.Agreed, c.config.Self, v.Local.Group
	var handover *Handover
	if a.State != nil {
		handover = a.State.Handover
	}
	toOther := handover != nil && handover.To != self && vacant < handoverWithin
	switch {
	case isPrimary(g) && toOther:
		p.Waiting = "region " + handover.To + " is taking over"
	case isPrimary(g):
		c.take(v, wall, p)
	case inGroup(g):
		c.claimPrimary(v, handover, vacant, p)
	case c.groupExists(a):
		c.joinGroup(v, p)
	default:
		c.beginGroup(v, p)
	}
}

// claimPrimary asks the group for the role if it was handed over, or if the primary can't take the key: it is the
// witness, or its steward holds no lease.
func (c *Core) claimPrimary(v View, handover *Handover, vacant time.Duration, p *Plan) {
	primary := c.regionOfHost(v.Local.Group.PrimaryHost)
	_, stewarded := v.Agreed.Reports[primary]
	switch {
	case handover != nil && handover.To == c.config.Self:
	case c.isWitness(c.config.Self), v.Agreed.Paused, vacant < groupLostAfter:
		p.Waiting = "region " + primary + " is the group's primary"
		return
	case stewarded && !c.isWitness(primary):
		p.Waiting = "region " + primary + " is the group's primary"
		return
	}
	p.Waiting = "this region asks to be the group's primary"
	c.order(v, p, Order{Kind: BecomePrimary})
}

func (c *Core) groupExists(a Agreed) bool {
	for region, r := range a.Reports {
		if region != c.config.Self && inGroup(r.Group) {
			return true
		}
	}
	return false
}

// joinGroup joins a group that exists, after leaving a remnant of it.
func (c *Core) joinGroup(v View, p *Plan) {
	g := v.Local.Group
	p.Waiting = "the local database is joining the group"
	switch {
	case g == nil || g.State == "OFFLINE":
		c.order(v, p, Order{Kind: JoinGroup})
	case c.held("out of the group", g.State == "ERROR" || !g.HasMajority) >= groupLostAfter:
		c.order(v, p, Order{Kind: LeaveGroup})
	}
}

// stepAside takes this member out of the group of a writer that can't be reached from here. When two members lose sight
// of each other and a third sees both, MySQL's members report each other as dead, and anybody may be expelled, the
// writer too. They begin to after 5 s: before that, this one is dead to all of them. To leave in good order takes the
// writer's answer, or 17 s.
func (c *Core) stepAside(v View, p *Plan) {
	if g := v.Local.Group; g != nil && g.State != "OFFLINE" {
		c.order(v, p, Order{Kind: Restart, BootID: v.Guard.BootID})
	}
}

// beginGroup starts the group from nothing, when nobody is in one: by the member that has all that the others have, and
// only with the store's lock.
func (c *Core) beginGroup(v View, p *Plan) {
	a := v.Agreed
	chosen, missing := c.mostAdvanced(a.Reports, true)
	if c.forced(a) {
		chosen, missing = c.config.Self, ""
	}
	g := v.Local.Group
	switch {
	case missing != "":
		p.Waiting = "the group begins when the database of region " + missing + " reports"
	case chosen == "":
		p.Waiting = "no database has all that the others have; decide by failover --to <region> --accept-loss"
	case g != nil && g.State != "OFFLINE":
		p.Waiting = "the remnant of a group is being left"
		if c.held("out of the group", true) >= groupLostAfter {
			c.order(v, p, Order{Kind: LeaveGroup})
		}
	case chosen != c.config.Self && a.Bootstrap == c.config.Self:
		p.Change = &Change{Unlock: true}
	case chosen != c.config.Self:
		p.Waiting = "region " + chosen + " begins the group"
	case a.Bootstrap == "":
		p.Change = &Change{Lock: c.config.Self}
	case a.Bootstrap == c.config.Self:
		p.Waiting = "the group is being begun"
		c.order(v, p, Order{Kind: BeginGroup})
	}
}

// leaveWitness hands the role from the witness to a region that serves.
func (c *Core) leaveWitness(v View, _ time.Time, p *Plan) bool {
	if !c.isWitness(c.config.Self) || v.Agreed.Paused {
		return false
	}
	for _, s := range c.config.Sites {
		if !s.Witness && c.held(s.Name+" could write", c.notReady(v, s.Name) == "") >= steadyAfter {
			c.closing = &Request{ID: "leave-witness", Kind: Switchover, To: s.Name}
			p.Guard = GuardOrder{Action: GuardClose, Reason: "region " + s.Name + " serves and can write"}
			return true
		}
	}
	return false
}
