package decision

import (
	"time"

	"twinstack.dev/services/internal/mysql"
)

// Times that no configuration changes. They are differences of a monotonic clock.
const (
	// handoverWithin is how long a planned change may take before it is taken back.
	handoverWithin = 3 * time.Second
	// unhealthyAfter is how long the open writer may fail before it is closed and released.
	unhealthyAfter = 3 * time.Second
	// errantAfter is how long a difference must last, so that a transaction on its way is not one.
	errantAfter = 3 * time.Second
	// steadyAfter is how long a replica must be well before commits wait for it again.
	steadyAfter = 2 * time.Second
	// restartAfter is how long replication may rest before it is started again.
	restartAfter = 5 * time.Second
	// firstLookAfter is how long a steward that never saw the last writer alive waits for it, in async mode: what only
	// the last writer has would be lost.
	firstLookAfter = 15 * time.Second
	// groupLostAfter is how long a member may be without a majority, or a primary without its steward.
	groupLostAfter = 4 * time.Second
	// closedByElectionAfter is how long a group's open writer may say that it is read-only: twice the time between two
	// questions, since the first answer may be from before the guard opened it. MySQL names a primary before it has ended
	// the election, which closes it again. Being wrong costs a term that begins anew, no write.
	closedByElectionAfter = time.Second
	// groupBacklog is how long a group's new primary may hold writes back.
	groupBacklog = 10 * time.Second
	// cutOffAfter is how long the writer may be silent towards here while it goes on telling the quorum that it is open:
	// then the link is cut, and nobody is about to take over.
	cutOffAfter = 500 * time.Millisecond
	// stepAsideAfter is that time where it costs a member of the group: the writer's own steward has noticed by then
	// whether its database hangs, and MySQL's members have not yet begun to take each other for dead.
	stepAsideAfter = 1500 * time.Millisecond
	// forgottenAfter is how long a condition may go without a look and still count as unbroken.
	forgottenAfter = 3 * time.Second
	// writableLag bounds how far behind a planned successor may be.
	writableLag = 2.0
)

// Site is a place with a member of the database.
type Site struct {
	Name string
	// Witness tells that it serves nobody and only votes.
	Witness bool
}

// Config is what does not change while the steward runs.
type Config struct {
	Self  string
	Sites []Site
	Mode  Mode
	// Preferred is the region that should write whenever it can; empty for none.
	Preferred string
	// HoldDown is how long the preferred region must be well before it writes again; 0 for never by itself.
	HoldDown time.Duration
	// DegradeAfter is how long commits wait for a lost region before the promise is given up.
	DegradeAfter time.Duration
	// UnreachableAfter is how long the writer may be out of reach before this region is withdrawn. It exceeds a lease: a
	// writer that died is replaced by then, and only one that is cut off from here still holds its key.
	UnreachableAfter time.Duration
	// MaxLagSeconds is how far behind local reads may be.
	MaxLagSeconds float64
	// Sources are where each region's database is reached by the others.
	Sources map[string]mysql.Source
}

// Core decides. It remembers since when things have been as they are, and nothing else.
type Core struct {
	config Config
	now    time.Duration
	spans  map[string]span

	// seenWriter tells that a writer was alive since this process started.
	seenWriter bool
	// reached is the writer that was in reach last.
	reached string
	// away is for how long the writer has been out of reach from here, or -1, silent for how long without any answer, and
	// near for how long in reach.
	away, silent, near time.Duration
	// told is the writer's last report, and tells that one has come since it is silent. cut concludes from them that only
	// the link to it is gone.
	told       int64
	tells, cut bool
	// relinquished and opened are the last epochs that this process gave up and saw open.
	relinquished, opened int64
	// stopped is the last epoch whose database this process had closed, and why: the guard opens it in no such epoch.
	stopped    int64
	stoppedWhy string
	// closing is the switchover under way, until the key is handed over.
	closing *Request
	// mark is what a replica must have received to count as caught up.
	mark *mysql.GTIDSet
	// fresh tells that the local database's answer is not the one of the decision before, and moved that it executed
	// something (progress) between the last two.
	fresh    bool
	localSeq int64
	progress mysql.GTIDSet
	moved    bool
	// suspects are what members have had too much for some time.
	suspects map[string]mysql.GTIDSet
	takenAt  time.Time
}

// New returns a Core that has seen nothing.
func New(config Config) *Core {
	return &Core{config: config, spans: map[string]span{}, suspects: map[string]mysql.GTIDSet{}}
}

// span is how long something has been true: since the first decision that saw it, up to the last.
type span struct{ first, last time.Duration }

// held returns for how long a condition has been true without a break, or -1 if it is not. Where nobody has looked for
// forgottenAfter it counts from now.
func (c *Core) held(name string, condition bool) time.Duration {
	seen, known := c.spans[name]
	switch {
	case !condition:
		delete(c.spans, name)
		return -1
	case !known || c.now-seen.last > forgottenAfter:
		seen.first = c.now
	}
	seen.last = c.now
	c.spans[name] = seen
	return c.now - seen.first
}

// Decide returns what to do. wall is used in records only.
func (c *Core) Decide(v View, wall time.Time) Plan {
	c.now = v.Now
	c.fresh, c.localSeq = v.Local != nil && v.LocalSeq != c.localSeq, v.LocalSeq
	if c.fresh {
		c.moved = !v.Local.Executed.Equal(c.progress)
		c.progress = v.Local.Executed
	}
	var p Plan
	a := v.Agreed
	vacant := c.held("vacant", v.Leased && a.Writer == nil)
	if !v.Leased {
		p.Reason = "this region holds no lease in the quorum"
		return p
	}
	c.seenWriter = c.seenWriter || a.Writer != nil
	c.watchWriter(v)
	switch {
	case a.Writer == nil:
		c.vacancy(v, vacant, wall, &p)
	case a.Mine:
		c.writer(v, wall, &p)
	case a.Writer.Region == c.config.Self:
		c.adopt(v, &p)
	default:
		c.follower(v, &p)
	}
	if a.Mine && p.Guard.Action == GuardClose && c.stopped != a.Writer.Epoch {
		c.stopped, c.stoppedWhy = a.Writer.Epoch, p.Guard.Reason
	}
	c.service(v, &p)
	c.routes(v, &p)
	return p
}

// adopt takes over the key of this region's former steward, which this process has replaced: same region, same guard,
// same epoch, so nothing changes for anybody.
func (c *Core) adopt(v View, p *Plan) {
	same := *v.Agreed.Writer
	p.Change = &Change{Writer: &same}
}

// watchWriter notes whether the writer is in reach.
func (c *Core) watchWriter(v View) {
	w := v.Agreed.Writer
	c.near = c.held("writer in reach", w != nil && v.WriterReachable)
	c.away = c.held("writer out of reach", w != nil && !v.WriterReachable)
	c.silent = c.held("writer silent", w != nil && v.WriterSilent)
	if c.near >= 0 {
		c.reached = w.Region
	}
	c.cut = c.cutOff(v.Agreed)
}

// service decides whether this region may be sent clients.
func (c *Core) service(v View, p *Plan) {
	switch {
	case c.isWitness(c.config.Self):
		p.Reason = "the witness serves nobody"
	case !v.Serving:
		p.Reason = "the web service of this region does not answer"
	case c.cut, c.away >= c.config.UnreachableAfter, c.away >= 0 && c.reached == "":
		p.Reason = "the writer's database in region " + v.Agreed.Writer.Region + " can't be reached from here"
	default:
		p.InService, p.Reason = true, "in service"
	}
}

// cutOff tells that the writer is well and only the link to it is not: it has told so since it fell silent. That was
// noticed a timeout after the last question, so that no report of before then is still on its way.
func (c *Core) cutOff(a Agreed) bool {
	if c.silent < 0 {
		c.told, c.tells = 0, false
		return false
	}
	told := a.Told[a.Writer.Region]
	c.tells = c.tells || c.told != 0 && told != c.told
	c.told = told
	r := a.Reports[a.Writer.Region]
	well := r.Running && r.Open && r.Epoch == a.Writer.Epoch
	return well && c.tells && c.silent >= cutOffAfter
}

// routes decides where clients of the database find it. The writer is told only when it is open, and nobody is while
// there is none. Reads go to the local member unless it is too far behind or kept out.
func (c *Core) routes(v View, p *Plan) {
	routes := &Routes{}
	w := v.Agreed.Writer
	if w != nil && w.Open {
		routes.Write = w.Region
	}
	routes.Read = routes.Write
	if c.readable(v) {
		routes.Read = c.config.Self
	}
	p.Routes = routes
}

func (c *Core) readable(v View) bool {
	a := v.Agreed
	if v.Local == nil || a.State == nil || !a.State.Errant[c.config.Self].IsEmpty() || v.Done.Busy == Clone {
		return false
	}
	if a.State.Writer == c.config.Self && (a.Writer == nil || a.Writer.Region == c.config.Self) {
		return true
	}
	if g := v.Local.Group; c.config.Mode == Group {
		return g != nil && g.State == "ONLINE" && g.HasMajority
	}
	// A replica whose writer is gone has all that there is to read.
	r := v.Local.Replica
	if r == nil {
		return false
	}
	return a.Writer == nil || r.Receiving && r.Applying && r.LagSeconds >= 0 && r.LagSeconds <= c.config.MaxLagSeconds
}

// running tells that the local database can be given orders.
func running(v View) bool { return v.Guard != nil && v.Guard.Running && v.Local != nil }

// closed tells for sure that the local database accepts no writes.
func closed(v View) bool { return v.GuardClosed || v.Guard != nil && !v.Guard.Open }

// order gives the database something to do unless it is busy.
func (c *Core) order(v View, p *Plan, o Order) {
	if v.Done.Busy == nothingUnderWay && p.Database == nil {
		p.Database = &o
	}
}

func (c *Core) isWitness(region string) bool {
	for _, s := range c.config.Sites {
		if s.Name == region {
			return s.Witness
		}
	}
	return false
}

// peer is the other serving region.
func (c *Core) peer() string {
	for _, s := range c.config.Sites {
		if s.Name != c.config.Self && !s.Witness {
			return s.Name
		}
	}
	return ""
}

// regionOf is the region whose database is reached there, or nothing.
func (c *Core) regionOf(source mysql.Source) string {
	for region, one := range c.config.Sources {
		if one == source {
			return region
		}
	}
	return ""
}

// regionOfHost is the region of a group's member, or nothing.
func (c *Core) regionOfHost(host string) string {
	for region, one := range c.config.Sources {
		if one.Host == host {
			return region
		}
	}
	return ""
}
