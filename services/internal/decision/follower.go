package decision

import (
	"fmt"

	"twinstack.dev/services/internal/mysql"
)

// follower decides what a region does while another one writes: follow it, and come back without hand work.
func (c *Core) follower(v View, p *Plan) {
	c.mark, c.closing = nil, nil
	a, self := v.Agreed, c.config.Self
	if v.Guard != nil && v.Guard.Open {
		p.Guard = GuardOrder{Action: GuardClose, Reason: "region " + a.Writer.Region + " is the writer"}
		return
	}
	if !running(v) || a.State == nil || !a.Writer.Open {
		return
	}
	w, alive := a.Reports[a.Writer.Region]
	if !alive || !w.Open || w.Epoch != a.Writer.Epoch {
		// Until the writer tells of this epoch, its set may lack what it was still applying.
		return
	}
	if c.config.Mode == Group && c.cut && c.silent >= stepAsideAfter {
		c.stepAside(v, p)
		return
	}
	if r := a.Request; r != nil && r.Kind == Rebuild && r.To == self && v.Done.Rebuilt != r.ID {
		c.clone(v, r.ID, p)
		return
	}
	if !a.State.Errant[self].IsEmpty() {
		if v.Local.Replica != nil && v.Local.Replica.Receiving {
			c.order(v, p, Order{Kind: Detach})
		}
		return
	}
	extra := received(v.Local).Subtract(w.Executed)
	lasting := c.lasting(self, extra)
	former, isFormer := a.State.Former[self]
	joined := c.joined(v)
	switch {
	case isFormer && lasting:
		c.discard(v, former, c.suspects[self], p)
	case joined:
		c.keepFollowing(v, w, p)
	case extra.IsEmpty():
		c.rejoin(v, w, p)
	case !isFormer && v.Local.Replica != nil && c.regionOf(v.Local.Replica.Source) == a.Writer.Region:
		// They may be on their way. If not, the writer finds that they are errant.
		c.join(v, p)
	}
}

// joined tells that the local member replicates from the writer.
func (c *Core) joined(v View) bool {
	if c.config.Mode == Group {
		g := v.Local.Group
		return g != nil && (g.State == "ONLINE" || g.State == "RECOVERING")
	}
	r := v.Local.Replica
	return r != nil && c.regionOf(r.Source) == v.Agreed.Writer.Region && v.Done.Followed == v.Guard.BootID
}

// discard saves a former writer's own tail, waits until that is recorded, and clones.
func (c *Core) discard(v View, former Former, tail mysql.GTIDSet, p *Plan) {
	switch {
	case v.Agreed.State.recorded(c.config.Self, former.Epoch):
		c.clone(v, "", p)
	case v.Done.Tail == nil || v.Done.Tail.Epoch != former.Epoch:
		c.order(v, p, Order{Kind: SaveTail, GTIDs: tail, Epoch: former.Epoch, Lost: former.Acknowledged})
	}
}

// rejoin makes the local member follow, or clones what it can't get that way.
func (c *Core) rejoin(v View, w Report, p *Plan) {
	if c.lacks(v, w) {
		c.clone(v, "", p)
		return
	}
	c.join(v, p)
}

// lacks tells that the writer has thrown away transactions that this member needs, or that this member is new.
func (c *Core) lacks(v View, w Report) bool {
	have := received(v.Local)
	return !have.Contains(w.Purged) || c.config.Mode != Group && have.IsEmpty() && !w.Executed.IsEmpty()
}

func (c *Core) join(v View, p *Plan) {
	if c.config.Mode == Group {
		if c.near >= steadyAfter {
			c.joinGroup(v, p)
		}
		return
	}
	c.order(v, p, Order{Kind: Follow, Region: v.Agreed.Writer.Region, SemiSync: c.config.Mode == SemiSync, BootID: v.Guard.BootID})
}

// keepFollowing starts replication again where it stopped, and clones where it can't go on.
func (c *Core) keepFollowing(v View, w Report, p *Plan) {
	if c.config.Mode == Group {
		return
	}
	r := v.Local.Replica
	resting := c.held("replication rests", !r.Receiving || !r.Applying)
	switch {
	case resting >= 0 && !received(v.Local).Contains(w.Purged):
		c.clone(v, "", p)
	case resting >= restartAfter:
		c.held("replication rests", false)
		c.join(v, p)
	}
}

// clone replaces the local data by the writer's, once no promise rests on it.
func (c *Core) clone(v View, request string, p *Plan) {
	if v.Agreed.State.isSynced(c.config.Self) {
		p.WantsClone = true
		return
	}
	c.order(v, p, Order{Kind: Clone, Region: v.Agreed.Writer.Region, Request: request})
}

// reportedReplica fills in what a report says of following.
func (c *Core) reportedReplica(r *Report, local *mysql.Status) {
	if local.Replica == nil {
		return
	}
	r.Following = c.regionOf(local.Replica.Source)
	r.Receiving, r.Applying = local.Replica.Receiving, local.Replica.Applying
	r.LagSeconds, r.Problem = local.Replica.LagSeconds, local.Replica.Error
}

// Report is what to tell the others.
func (c *Core) Report(v View, p Plan) Report {
	r := Report{Region: c.config.Self, LagSeconds: -1, WantsClone: p.WantsClone, Tail: v.Done.Tail, Rebuilt: v.Done.Rebuilt, Busy: string(v.Done.Busy)}
	if v.Guard != nil {
		r.Open, r.Epoch = v.Guard.Open, v.Guard.Epoch
	}
	if v.Local == nil {
		return r
	}
	r.Running = v.Guard != nil && v.Guard.Running
	r.ServerUUID = v.Local.ServerUUID
	r.Executed, r.Received, r.Purged = v.Local.Executed, received(v.Local), v.Local.Purged
	r.Group = v.Local.Group
	c.reportedReplica(&r, v.Local)
	return r
}

func countOf(n uint64) string {
	if n == 1 {
		return "1 transaction"
	}
	return fmt.Sprintf("%d transactions", n)
}
