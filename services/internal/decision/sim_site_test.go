package decision_test

import (
	"encoding/json"
	"slices"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/quorum"
)

// site is a region: a database, and a steward that does what its core decides.
type site struct {
	world *world
	name  string
	db    *db
	// dark tells that the whole region is dead.
	dark bool
	// life counts the steward's processes: what an ended one had under way is dropped. frozen is until when it hangs.
	life   int
	alive  bool
	frozen time.Duration

	core       *decision.Core
	lease      quorum.LeaseID
	validUntil time.Duration
	unsettled  bool
	stepping   bool
	done       decision.Done
	status     *mysql.Status
	statusAt   time.Duration
	statusSeq  int64
	notBefore  time.Duration
	guard      *decision.GuardView
	guardSeen  time.Duration
	guardClock time.Duration
	told       time.Duration
	started    time.Duration
	authority  *decision.GuardOrder
	report     []byte
	reported   quorum.LeaseID
}

func newSite(w *world, name string, i int) *site {
	rate := 1 + (w.random.Float64()*2-1)*lease.Drift/2
	s := &site{world: w, name: name, db: &db{world: w, name: name, rate: rate, running: true, has: map[gtid]int{}}}
	s.boot()
	w.after(time.Duration(i)*time.Millisecond, s.live)
	return s
}

// live is the part that does not need a steward: clients and replication.
func (s *site) live() {
	w := s.world
	s.db.write()
	s.db.replicate()
	if s.db.threads && s.db.running && w.random.IntN(3) > 0 {
		s.db.apply()
	}
	peer := w.sites[other(s.name)].db
	connected := peer.follows == s.name && peer.threads && peer.running && w.linked("a", "b")
	if connected {
		s.db.clients = 1
	} else if w.random.IntN(20) == 0 {
		// A source notices late that nobody is there.
		s.db.clients = 0
	}
	w.after(w.between(20*time.Millisecond, 120*time.Millisecond), s.live)
}

// boot starts a steward that has seen nothing.
func (s *site) boot() {
	s.life++
	s.alive = true
	s.core = decision.New(decision.Config{
		Self: s.name, Sites: []decision.Site{{Name: "a"}, {Name: "b"}}, Mode: s.world.mode, Preferred: "a",
		HoldDown: 20 * time.Second, DegradeAfter: 5 * time.Second, UnreachableAfter: 6 * time.Second, MaxLagSeconds: 10,
		Sources: map[string]mysql.Source{"a": {Host: "a"}, "b": {Host: "b"}},
	})
	s.lease, s.validUntil, s.unsettled, s.stepping = 0, 0, false, false
	s.done, s.status, s.guard, s.authority, s.report = decision.Done{}, nil, nil, nil, nil
	s.started, s.guardSeen, s.guardClock, s.told = s.clock(), 0, 0, 0
	s.every(time.Second, s.keep)
	s.every(250*time.Millisecond, s.askGuard)
	s.every(500*time.Millisecond, s.askDatabase)
	s.every(100*time.Millisecond, s.step)
	s.every(time.Second, s.publish)
}

func (s *site) clock() time.Duration { return s.db.clock() }

// mine wraps what a steward's process does later: only if it still lives, and not before it thaws.
func (s *site) mine(do func()) func() {
	life := s.life
	var wrapped func()
	wrapped = func() {
		switch {
		case s.life != life || !s.alive:
		case s.world.now < s.frozen:
			s.world.after(s.frozen-s.world.now, wrapped)
		default:
			do()
		}
	}
	return wrapped
}

func (s *site) every(pause time.Duration, do func()) {
	var again func()
	again = s.mine(func() {
		do()
		s.world.after(pause, again)
	})
	s.world.after(s.world.between(0, pause), again)
}

// ask sends a request to the store and the answer back. Without an answer failed is called after a time-out.
func (s *site) ask(request func() func(), failed func()) {
	w := s.world
	answered := false
	if w.linked(s.name, "q") {
		w.after(w.delay(), func() {
			answer := s.mine(func() {})
			if reply := request(); reply != nil {
				answer = s.mine(func() {
					if !answered {
						answered = true
						reply()
					}
				})
			}
			if w.linked(s.name, "q") {
				w.after(w.delay(), answer)
			}
		})
	}
	w.after(time.Second, s.mine(func() {
		if !answered {
			answered = true
			failed()
		}
	}))
}

// keep is package steward's keeper.
func (s *site) keep() {
	base, guardBase, id := s.clock(), s.guardClock, s.lease
	known := s.guardSeen > 0
	s.ask(func() func() {
		if id == 0 || !s.world.store.renew(id) {
			fresh := s.world.store.grant()
			return func() { s.lease, s.validUntil = fresh, s.world.terms.ValidUntil(base) }
		}
		snapshot := s.world.store.snapshot()
		return func() {
			s.validUntil = s.world.terms.ValidUntil(base)
			if a := decode(snapshot, id); known && a.Mine {
				if s.world.broken.arithmetic {
					guardBase = s.clock() + lease.FenceBudget
				}
				s.passRenewal(a.Writer.Epoch, s.world.terms.OpenUntil(guardBase))
			}
		}
	}, func() {})
}

// passRenewal is package steward's warden.
func (s *site) passRenewal(epoch int64, until time.Duration) {
	if s.authority == nil || s.authority.Epoch != epoch {
		return
	}
	s.told = max(s.told, until)
	boot := s.authority.BootID
	s.world.after(s.world.delay(), func() { s.db.guardOpen(boot, epoch, until) })
}

func (s *site) askGuard() {
	if s.dark {
		return
	}
	d := s.db
	view := &decision.GuardView{BootID: d.bootID(), Running: d.running, Open: d.open, Epoch: d.highest}
	clock := d.clock()
	s.world.after(s.world.between(0, 20*time.Millisecond), s.mine(func() {
		if s.guard != nil && s.guard.BootID != view.BootID {
			s.status, s.notBefore = nil, s.world.now
		}
		s.guard, s.guardClock, s.guardSeen = view, clock, s.clock()
		if view.Open {
			s.told = max(s.told, d.until)
		}
	}))
}

func (s *site) askDatabase() {
	if s.dark || !s.db.running {
		return
	}
	asked, status := s.world.now, s.db.status()
	s.world.after(s.world.delay(), s.mine(func() {
		if asked >= s.notBefore {
			s.status, s.statusAt = status, asked
			s.statusSeq++
		}
	}))
}

func decode(snapshot quorum.Snapshot, id quorum.LeaseID) decision.Agreed {
	a, err := decision.Decode(snapshot, id)
	if err != nil {
		panic(err)
	}
	return a
}

func (s *site) step() {
	if s.stepping {
		return
	}
	s.stepping = true
	id := s.lease
	s.ask(func() func() {
		snapshot := s.world.store.snapshot()
		return func() { s.decide(decode(snapshot, id)) }
	}, func() { s.stepping = false })
}

func (s *site) view(a decision.Agreed) decision.View {
	w := s.world
	v := decision.View{
		Now: s.clock(), Agreed: a, Leased: s.lease != 0 && s.clock() < s.validUntil, Settled: !s.unsettled, Done: s.done, LocalSeq: s.statusSeq,
		Serving: true, WriterReachable: a.Writer != nil && (a.Writer.Region == s.name || w.linked("a", "b")),
		WriterSilent: a.Writer != nil && a.Writer.Region != s.name && !w.linked("a", "b"),
	}
	if s.guardSeen > 0 && s.clock()-s.guardSeen < 1500*time.Millisecond {
		v.Guard = s.guard
	}
	v.GuardClosed = s.clock() >= lease.SurelyClosed(s.started, 0, w.terms.Duration)
	if s.guardSeen > 0 {
		v.GuardClosed = s.clock() >= lease.SurelyClosed(s.guardSeen, s.guardClock, s.told)
	}
	if s.status != nil && w.now-s.statusAt < 2500*time.Millisecond {
		v.Local = s.status
	}
	return v
}

func (s *site) decide(a decision.Agreed) {
	w := s.world
	if w.broken.synced && a.State != nil {
		a.State.Synced = []string{s.name}
	}
	if w.broken.order && a.State != nil && a.Mine && !w.linked("a", "b") {
		a.State.Synced = nil
	}
	v := s.view(a)
	p := s.core.Decide(v, time.Unix(0, 0).Add(w.now))
	s.report, _ = json.Marshal(s.core.Report(v, p))
	s.reported = s.lease
	switch p.Guard.Action {
	case decision.GuardOpen:
		if s.authority == nil || *s.authority != p.Guard {
			s.authority = &p.Guard
			s.keep()
		}
	case decision.GuardClose:
		s.closeGuard(a)
	}
	if p.Database != nil && s.done.Busy == "" {
		s.order(*p.Database)
	}
	if p.Change == nil {
		s.stepping = false
		return
	}
	s.commit(a, *p.Change)
}

func (s *site) commit(a decision.Agreed, change decision.Change) {
	txn := change.Txn(a, time.Unix(0, 0).Add(s.world.now))
	s.ask(func() func() {
		done := s.world.store.commit(txn)
		if done && change.Event != nil {
			s.world.note("%s: %s %s, epoch %d: %s", s.name, change.Event.Kind, change.Event.Region, change.Event.Epoch, change.Event.Reason)
			if change.Event.Kind == decision.EventDegraded {
				s.world.degradations++
			}
		}
		return func() {
			s.stepping = false
			if done && change.State != nil {
				s.unsettled = false
			}
		}
	}, func() { s.stepping, s.unsettled = false, true })
}

func (s *site) closeGuard(a decision.Agreed) {
	s.authority = nil
	epoch := int64(0)
	if a.Writer != nil {
		epoch = a.Writer.Epoch
	}
	s.world.after(s.world.between(0, 300*time.Millisecond), func() {
		d := s.db
		d.closedFor = d.highest
		if d.open {
			d.close()
		}
		s.confirmClosed(epoch)
	})
}

// confirmClosed answers when nothing waits any more and the server is up.
func (s *site) confirmClosed(epoch int64) {
	d := s.db
	if d.open || !d.running || len(d.log) > d.executed {
		s.world.after(50*time.Millisecond, func() { s.confirmClosed(epoch) })
		return
	}
	s.mine(func() { s.done.Closed = &decision.Closed{Epoch: epoch, Executed: gtids(d.log)} })()
}

func (s *site) publish() {
	if s.report == nil || s.reported == 0 {
		return
	}
	put := quorum.Put{Key: decision.KeysMember + s.name, Value: slices.Clone(s.report), Lease: s.reported}
	service := quorum.Put{Key: decision.KeysRegion + s.name, Value: []byte("{}"), Lease: s.reported}
	s.ask(func() func() { s.world.store.commit(quorum.Txn{Put: []quorum.Put{put, service}}); return nil }, func() {})
}

// order is package steward's worker.
func (s *site) order(o decision.Order) {
	s.done.Busy = o.Kind
	s.world.note("%s: order %s %s", s.name, o.Kind, o.Region)
	took := s.world.between(time.Millisecond, []time.Duration{5, 50, 400}[s.world.random.IntN(3)]*time.Millisecond)
	if o.Kind == decision.Clone {
		took = s.world.between(time.Second, 4*time.Second)
	}
	s.world.after(took, s.mine(func() {
		if s.db.running {
			s.do(o)
		}
		s.status, s.notBefore, s.done.Busy = nil, s.world.now, ""
	}))
}

func (s *site) do(o decision.Order) {
	d := s.db
	source := s.world.sites[other(s.name)].db
	switch o.Kind {
	case decision.Promote:
		d.threads = false
		if o.Planned && !gtids(d.log, d.relay).Contains(o.GTIDs) {
			d.threads = true
			s.done.PrepareFailed = o.Epoch
			return
		}
		d.apply()
		d.follows, d.semi = "", o.SemiSync
		s.done.Prepared = decision.Prepared{Epoch: o.Epoch, BootID: d.bootID(), SemiSync: o.SemiSync}
	case decision.SwitchSemiSync:
		d.semi = o.SemiSync
		if !o.SemiSync {
			d.commitAll()
		}
	case decision.Follow:
		d.follows, d.threads, d.semi = o.Region, true, false
		s.done.Followed = o.BootID
	case decision.Detach:
		d.threads = false
	case decision.Clone:
		if source.running && s.world.linked("a", "b") {
			d.boot++
			d.follows, d.threads = "", false
			d.replace(slices.Clone(source.log[:source.executed]))
			s.done.Rebuilt = o.Request
		}
	case decision.SaveTail:
		s.done.Tail = &decision.Tail{Region: s.name, Epoch: o.Epoch, GTIDs: o.GTIDs, Count: o.GTIDs.Count(), Lost: o.Lost}
	case decision.MakeSchema:
		s.done.Bootstrapped = true
	}
}
