package quorum

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"twinstack.dev/services/internal/lease"
)

// seedsVariable says how many histories to try instead of the usual ones.
const seedsVariable = "TWINSTACK_SIMULATION_SEEDS"

var errLost = errors.New("no answer")

const (
	simulatedLease = 5 * time.Second
	history        = 90 * time.Second
)

// flaws are rules of the safety argument that a simulation breaks on purpose.
type flaws struct {
	// fastClock makes one clock a tenth too fast, which no quartz is.
	fastClock bool
	// unconditional writes whatever the revision is.
	unconditional bool
	// lateBase lets a holder count from the answer instead of from before the request.
	lateBase bool
}

// world is one table and those who use it. Time and chance come from a seed, and nothing runs at the same time: while a
// request is on its way, others act.
type world struct {
	flaws  flaws
	random *rand.Rand
	now    time.Duration
	doc    document
	late   []lateWrite
	actors []*actor
	depth  int
	// relied is the moment until which a lease's holder relies on it.
	relied map[LeaseID]time.Duration
	broken string
	// ended and taken count what a history is about.
	ended, taken int
}

// lateWrite is a request that its sender has given up.
type lateWrite struct {
	due time.Duration
	doc document
}

// actor is a process with a clock and a store of its own.
type actor struct {
	w      *world
	offset time.Duration
	rate   float64
	store  *Dynamodb
	lease  LeaseID
	busy   bool
	// away is until when it does nothing.
	away time.Duration
}

func (a *actor) clock() time.Duration { return a.offset + time.Duration(float64(a.w.now)*a.rate) }

func newWorld(seed uint64, broken flaws) *world {
	w := &world{flaws: broken, random: rand.New(rand.NewPCG(seed, 1)), relied: map[LeaseID]time.Duration{}}
	for i := range 4 {
		rate := 1 + lease.Drift*(w.random.Float64()-0.5)
		if i == 0 && broken.fastClock {
			rate = 1.1
		}
		a := &actor{w: w, rate: rate, offset: time.Duration(w.random.Int64N(int64(time.Hour)))}
		a.begin()
		w.actors = append(w.actors, a)
	}
	return w
}

// begin starts the process anew: it remembers nothing.
func (a *actor) begin() {
	a.lease = 0
	a.store = newDynamodb(TableConfig{Request: time.Minute, Clock: a.clock}, simulated{a.w})
	a.store.sleep = func(_ context.Context, d time.Duration) error {
		a.w.pass(d)
		return nil
	}
	a.store.random = func(d time.Duration) time.Duration { return time.Duration(a.w.random.Int64N(int64(d))) }
}

// simulated is the table as seen over a network that delays, loses and repeats nothing but what it was given.
type simulated struct{ w *world }

func (s simulated) get(context.Context) (document, error) {
	s.w.travel()
	d := s.w.doc.copied()
	s.w.travel()
	if s.w.chance(0.03) {
		return document{}, errLost
	}
	return d, nil
}

func (s simulated) replace(_ context.Context, d document) error {
	s.w.travel()
	switch {
	case s.w.chance(0.03):
		return errLost
	case s.w.chance(0.03):
		s.w.late = append(s.w.late, lateWrite{s.w.now + time.Duration(s.w.random.Int64N(int64(simulatedLease))), d.copied()})
		return errLost
	}
	done := s.w.write(d)
	s.w.travel()
	if s.w.chance(0.03) {
		return errLost
	}
	if !done {
		return errNotWritten
	}
	return nil
}

// write is the moment at which the table changes or refuses.
func (w *world) write(d document) bool {
	if d.Revision != w.doc.Revision+1 && !w.flaws.unconditional {
		return false
	}
	for id := range w.doc.Leases {
		if _, still := d.Leases[id]; still {
			continue
		}
		w.ended++
		if w.now < w.relied[id] {
			w.broken = fmt.Sprintf("at %s lease %d was ended, on which its holder relies until %s", w.now, id, w.relied[id])
		}
	}
	before, after := w.doc.Keys["writer"].Lease, d.Keys["writer"].Lease
	if before != after && w.now < w.relied[before] {
		w.broken = fmt.Sprintf("at %s the key of lease %d went to lease %d", w.now, before, after)
	}
	if after != 0 && before != after {
		w.taken++
	}
	w.doc = d.copied()
	return true
}

func (w *world) chance(p float64) bool { return w.random.Float64() < p }

// travel is one way of a request.
func (w *world) travel() {
	longest := 60 * time.Millisecond
	if w.chance(0.03) {
		longest = 2 * time.Second
	}
	w.pass(time.Duration(w.random.Int64N(int64(longest))))
}

// pass lets time go by, in which others act and late requests arrive.
func (w *world) pass(d time.Duration) {
	for until := w.now + d; ; {
		w.now = min(until, w.now+time.Duration(w.random.Int64N(int64(100*time.Millisecond)))+1)
		for i := 0; i < len(w.late); i++ {
			if one := w.late[i]; one.due <= w.now {
				w.late = append(w.late[:i], w.late[i+1:]...)
				w.write(one.doc)
				i--
			}
		}
		// Only so deep: everybody's call returns before that of who was interrupted.
		if w.depth < 3 && w.chance(0.5) {
			w.actors[w.random.IntN(len(w.actors))].act()
		}
		if w.now >= until {
			return
		}
	}
}

func (a *actor) act() {
	if a.busy || a.w.now < a.away {
		return
	}
	a.busy = true
	a.w.depth++
	defer func() { a.busy = false; a.w.depth-- }()
	switch p := a.w.random.Float64(); {
	case p < 0.01:
		a.away = a.w.now + time.Duration(a.w.random.Int64N(int64(3*simulatedLease)))
	case p < 0.02:
		a.begin()
	case p < 0.3:
		a.take()
	case p < 0.5:
		_, _ = a.store.Read(context.Background()) // It looks, and ends what is over.
	default:
		a.keep()
	}
}

// keep grants or renews as the steward's keeper does.
func (a *actor) keep() {
	base, id := a.w.now, a.lease
	var err error
	if id == 0 {
		id, err = a.store.Grant(context.Background(), simulatedLease)
	} else {
		_, err = a.store.Renew(context.Background(), id)
	}
	if errors.Is(err, ErrLeaseLost) {
		a.lease = 0
		return
	}
	if err != nil {
		return
	}
	if a.w.flaws.lateBase {
		base = a.w.now
	}
	a.lease = id
	trust := lease.Terms{Duration: simulatedLease}.ValidUntil(0)
	a.w.relied[id] = max(a.w.relied[id], base+time.Duration(float64(trust)/a.rate))
}

func (a *actor) take() {
	if a.lease == 0 {
		return
	}
	_, _ = a.store.Commit(context.Background(), Txn{
		If: []Condition{{Key: "writer"}}, Put: []Put{{Key: "writer", Value: []byte("mine"), Lease: a.lease}},
	})
}

func (w *world) run() {
	for w.now < history && w.broken == "" {
		w.pass(time.Second)
	}
}

// alone lets one process look on after all others have died, for long enough.
func (w *world) alone() {
	w.late, w.depth = nil, 3
	last := w.actors[0]
	last.begin()
	for end := w.now + 3*simulatedLease; w.now < end; {
		_, _ = last.store.Read(context.Background())
		w.pass(250 * time.Millisecond)
	}
}

func seeds(usual int) uint64 {
	if n, err := strconv.Atoi(os.Getenv(seedsVariable)); err == nil {
		return uint64(n)
	}
	return uint64(usual)
}

// No lease is ended while its holder relies on it, whatever is delayed or lost; and every lease that nobody renews ends.
func TestSimulationEndsNoLeaseEarly(t *testing.T) {
	ended, taken := 0, 0
	for seed := range seeds(60) {
		w := newWorld(seed, flaws{})
		w.run()
		if w.broken != "" {
			t.Fatalf("seed %d: %s", seed, w.broken)
		}
		w.alone()
		if w.broken != "" || len(w.doc.Leases) > 0 || w.doc.Keys["writer"].Lease != 0 {
			t.Fatalf("seed %d: with nobody left there still are %+v, %+v; %s", seed, w.doc.Leases, w.doc.Keys, w.broken)
		}
		ended, taken = ended+w.ended, taken+w.taken
	}
	if ended < 60 || taken < 60 {
		t.Errorf("the histories are about nothing: %d leases ended, the key was taken %d times", ended, taken)
	}
	t.Logf("%d leases ended, the key was taken %d times", ended, taken)
}

// The simulation notices when a rule of the argument is broken.
func TestSimulationCatchesBrokenRules(t *testing.T) {
	for name, broken := range map[string]flaws{
		"a clock that is a tenth too fast":     {fastClock: true},
		"writes without a condition":           {unconditional: true},
		"a holder that counts from the answer": {lateBase: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(500) {
				w := newWorld(seed, broken)
				if w.run(); w.broken != "" {
					t.Logf("seed %d: %s", seed, w.broken)
					return
				}
			}
			t.Error("not noticed in 500 histories")
		})
	}
}
