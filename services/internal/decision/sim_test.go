package decision_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
)

// disturb does one thing after the other to the world, and undoes each some time later.
func (w *world) disturb(until time.Duration) {
	if w.now >= until {
		return
	}
	name := []string{"a", "b"}[w.random.IntN(2)]
	s := w.sites[name]
	lasting := w.between(500*time.Millisecond, 15*time.Second)
	switch w.random.IntN(7) {
	case 0:
		s.db.crash(w.between(500*time.Millisecond, 6*time.Second))
	case 1:
		w.note("%s: steward ended", name)
		s.alive = false
		w.after(w.between(500*time.Millisecond, 8*time.Second), func() {
			if !s.alive && !s.dark {
				s.boot()
			}
		})
	case 2:
		w.note("%s: steward hangs", name)
		s.frozen = w.now + w.between(time.Second, 8*time.Second)
	case 3:
		w.loseRegion(s, lasting)
	default:
		link := []string{"a-b", "a-q", "b-q"}[w.random.IntN(3)]
		w.note("link %s cut for %s", link, lasting)
		w.cut[link] = true
		w.after(lasting, func() { delete(w.cut, link) })
	}
	w.after(w.between(time.Second, 20*time.Second), func() { w.disturb(until) })
}

func (w *world) loseRegion(s *site, lasting time.Duration) {
	if s.dark {
		return
	}
	w.note("%s: region lost for %s", s.name, lasting)
	s.db.crash(0)
	s.dark, s.alive = true, false
	w.after(lasting, func() {
		s.dark = false
		w.note("%s: region back", s.name)
		boot := s.db.boot
		w.after(w.between(500*time.Millisecond, 4*time.Second), func() {
			if s.db.boot == boot {
				s.db.running, s.db.executed = true, len(s.db.log)
			}
		})
		s.boot()
	})
}

const (
	disturbed = 150 * time.Second
	calm      = 90 * time.Second
)

// simulate disturbs a world, then leaves it in peace.
func simulate(seed uint64, mode decision.Mode, b broken) *world {
	w := newWorld(seed, mode, b)
	w.after(12*time.Second, func() { w.disturb(disturbed) })
	w.run(disturbed + calm)
	return w
}

// settled says what is still wrong long after the last disturbance.
func (w *world) settled() string {
	state := w.store.state()
	switch {
	case state == nil:
		return "nothing was ever decided"
	case !w.sites[state.Writer].db.writable():
		return fmt.Sprintf("the writer %s does not accept writes", state.Writer)
	case state.Writer != "a":
		return "the preferred region does not write again"
	case len(state.Synced) != 1 || state.DegradedSince != nil || len(state.Former) > 0 || len(state.Errant) > 0:
		return fmt.Sprintf("the other region is not in sync: %+v", *state)
	}
	return ""
}

// seedsVariable asks for more histories than the usual ones.
const seedsVariable = "TWINSTACK_SIMULATION_SEEDS"

func TestSimulation(t *testing.T) {
	seeds := uint64(40)
	if text := os.Getenv(seedsVariable); text != "" {
		var err error
		if seeds, err = strconv.ParseUint(text, 10, 32); err != nil {
			t.Fatalf("%s is %q; must be a number of histories; set it to e.g. 1000", seedsVariable, text)
		}
	}
	for _, mode := range []decision.Mode{decision.SemiSync, decision.Async} {
		promotions, degradations := 0, 0
		for seed := range seeds {
			w := simulate(seed, mode, broken{})
			problem := strings.Join(w.violations, "; ")
			if problem == "" {
				problem = w.settled()
			}
			if problem != "" {
				t.Fatalf("mode %s, seed %d: %s\n%s", mode, seed, problem, strings.Join(w.journal, "\n"))
			}
			promotions += w.promotions
			degradations += w.degradations
		}
		// A simulation in which nothing happens would pass too.
		if promotions < int(seeds)*3 || mode == decision.SemiSync && degradations < int(seeds) {
			t.Errorf("mode %s: only %d promotions and %d degradations in %d seeds", mode, promotions, degradations, seeds)
		}
		t.Logf("mode %s: %d promotions and %d degradations in %d seeds", mode, promotions, degradations, seeds)
	}
}

// Each of these rules carries the promise; without it some history must break it.
func TestSimulationCatchesBrokenRules(t *testing.T) {
	for _, test := range []struct {
		name   string
		broken broken
		want   string
	}{
		{"no fencing", broken{fencing: true}, "two writers"},
		{"open from the reply on", broken{arithmetic: true}, "two writers"},
		{"promotion of a region that is not in sync", broken{synced: true}, "acknowledged"},
		{"commits go on before it is recorded that they do", broken{order: true}, "acknowledged without region"},
	} {
		caught := false
		for seed := uint64(0); seed < 400 && !caught; seed++ {
			for _, violation := range simulate(seed, decision.SemiSync, test.broken).violations {
				caught = caught || strings.Contains(violation, test.want)
			}
		}
		if !caught {
			t.Errorf("%s: no seed shows %q", test.name, test.want)
		}
	}
}
