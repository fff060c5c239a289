package decision_test

import (
	"container/heap"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/quorum"
)

// world is a deterministic simulation of two regions, their databases and guards, and a store that they reach over
// links with random delays. Everything that happens is an event in a queue; nothing runs by itself.
type world struct {
	random *rand.Rand
	mode   decision.Mode
	terms  lease.Terms
	broken broken

	now   time.Duration
	queue events
	count int

	store *store
	sites map[string]*site
	// cut holds the links that carry nothing: "a-b", "a-q", "b-q".
	cut map[string]bool
	// acknowledged are the writes that clients were told of; dirty asks for a look at who has them.
	acknowledged []txn
	dirty        bool
	writes       int
	violations   []string
	promotions   int
	degradations int
	journal      []string
}

// broken switches off one rule each, to show that the simulation would notice.
type broken struct{ fencing, synced, order, arithmetic bool }

type event struct {
	at    time.Duration
	order int
	do    func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newWorld(seed uint64, mode decision.Mode, b broken) *world {
	w := &world{
		random: rand.New(rand.NewPCG(seed, 4)), mode: mode, terms: lease.Terms{Duration: 5 * time.Second}, broken: b,
		sites: map[string]*site{}, cut: map[string]bool{},
	}
	w.store = &store{world: w, items: map[string]quorum.Item{}, leases: map[quorum.LeaseID]time.Duration{}}
	for i, name := range []string{"a", "b"} {
		w.sites[name] = newSite(w, name, i)
	}
	return w
}

// after does something later.
func (w *world) after(d time.Duration, do func()) {
	w.count++
	heap.Push(&w.queue, event{w.now + d, w.count, do})
}

// run handles events until a moment.
func (w *world) run(until time.Duration) {
	for len(w.queue) > 0 && w.queue[0].at <= until && len(w.violations) == 0 {
		next := heap.Pop(&w.queue).(event)
		w.now = next.at
		w.store.expire()
		next.do()
		w.check()
	}
	w.now = until
}

func (w *world) note(format string, arguments ...any) {
	w.journal = append(w.journal, fmt.Sprintf("%8.3f ", w.now.Seconds())+fmt.Sprintf(format, arguments...))
}

func (w *world) violated(format string, arguments ...any) {
	w.note("VIOLATED: "+format, arguments...)
	w.violations = append(w.violations, fmt.Sprintf(format, arguments...))
}

// delay is mostly short, sometimes long.
func (w *world) delay() time.Duration {
	scale := []float64{0.002, 0.002, 0.01, 0.1}[w.random.IntN(4)]
	return time.Duration(min(w.random.ExpFloat64()*scale, 1.5) * float64(time.Second))
}

func (w *world) between(low, high time.Duration) time.Duration {
	return low + time.Duration(w.random.Int64N(int64(high-low)+1))
}

func (w *world) linked(one, other string) bool {
	if one > other {
		one, other = other, one
	}
	for _, name := range []string{one, other} {
		if s := w.sites[name]; s != nil && s.dark {
			return false
		}
	}
	return !w.cut[one+"-"+other]
}

// check looks at what must never be, after every event.
func (w *world) check() {
	var open []string
	for _, name := range []string{"a", "b"} {
		if w.sites[name].db.writable() {
			open = append(open, name)
		}
	}
	if len(open) > 1 {
		w.violated("two writers: %v", open)
	}
	if w.mode != decision.SemiSync || !w.dirty {
		return
	}
	w.dirty = false
	for _, name := range w.store.synced {
		if lost := w.missing(w.sites[name].db); len(lost) > 0 {
			w.violated("region %s is in synced without acknowledged writes %v", name, lost)
		}
	}
}

func (w *world) acknowledge(t txn) {
	w.acknowledged = append(w.acknowledged, t)
	for _, name := range w.store.synced {
		if w.mode == decision.SemiSync && w.sites[name].db.has[t.gtid] != t.write {
			w.violated("%v was acknowledged without region %s, which is in synced", t, name)
		}
	}
}

// missing are the acknowledged writes that a database has not even received.
func (w *world) missing(d *db) []txn {
	var lost []txn
	for _, t := range w.acknowledged {
		if d.has[t.gtid] != t.write {
			lost = append(lost, t)
		}
	}
	return lost
}

// store is the quorum: one linear history, and leases that end as early as they may.
type store struct {
	world    *world
	items    map[string]quorum.Item
	revision int64
	leases   map[quorum.LeaseID]time.Duration
	next     quorum.LeaseID
	// synced is State.Synced.
	synced []string
}

func (s *store) expire() {
	for id, at := range s.leases {
		if s.world.now >= at {
			delete(s.leases, id)
			for key, item := range s.items {
				if item.Lease == id {
					s.revision++
					delete(s.items, key)
				}
			}
		}
	}
}

func (s *store) grant() quorum.LeaseID {
	s.next++
	s.leases[s.next] = s.world.now + s.world.terms.Duration
	return s.next
}

func (s *store) renew(id quorum.LeaseID) bool {
	if _, alive := s.leases[id]; !alive {
		return false
	}
	s.leases[id] = s.world.now + s.world.terms.Duration
	return true
}

func (s *store) snapshot() quorum.Snapshot {
	return quorum.Snapshot{Revision: s.revision, Items: maps.Clone(s.items)}
}

func (s *store) commit(txn quorum.Txn) bool {
	for _, c := range txn.If {
		if s.items[c.Key].Revision != c.Revision {
			return false
		}
	}
	for _, p := range txn.Put {
		if _, alive := s.leases[p.Lease]; p.Lease != 0 && !alive {
			return false
		}
	}
	s.revision++
	for _, p := range txn.Put {
		s.items[p.Key] = quorum.Item{Value: p.Value, Revision: s.revision, Lease: p.Lease}
		if p.Key == decision.KeyState {
			s.synced, s.world.dirty = s.state().Synced, true
		}
	}
	for _, key := range txn.Delete {
		delete(s.items, key)
	}
	return true
}

func (s *store) state() *decision.State {
	a, err := decision.Decode(quorum.Snapshot{Items: s.items}, 0)
	if err != nil {
		panic(err)
	}
	return a.State
}
