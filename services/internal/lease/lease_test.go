package lease_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"twinstack.dev/services/internal/lease"
)

func TestTerms(t *testing.T) {
	terms := lease.Terms{Duration: 5 * time.Second}
	for name, pair := range map[string][2]time.Duration{
		"RenewEvery":     {terms.RenewEvery(), time.Second},
		"RequestTimeout": {terms.RequestTimeout(), time.Second},
		"ValidUntil":     {terms.ValidUntil(100 * time.Second), 104_995 * time.Millisecond},
		"OpenUntil":      {terms.OpenUntil(100 * time.Second), 103_995 * time.Millisecond},
		"SurelyClosed":   {lease.SurelyClosed(time.Minute, 10*time.Second, 13*time.Second), 64_003 * time.Millisecond},
		"long past":      {lease.SurelyClosed(time.Minute, 10*time.Second, 3*time.Second), 61 * time.Second},
		"Expired":        {terms.Expired(), 5_505 * time.Millisecond},
		"FenceBudget":    {lease.FenceBudget, time.Second},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %s, want %s", name, pair[0], pair[1])
		}
	}
}

func TestHoldsFromMinToMaxSeconds(t *testing.T) {
	for seconds := -1; seconds <= 70; seconds++ {
		want := seconds >= lease.MinSeconds && seconds <= lease.MaxSeconds
		if got := lease.Holds(seconds); got != want {
			t.Errorf("Holds(%d) is %t", seconds, got)
		}
	}
	const want = "an integer from 3 to 60, so that 3 renewals fit into what the fence (1s) leaves of it and a lost region is noticed soon"
	if got := lease.Allowed(); got != want {
		t.Errorf("Allowed() is %q", got)
	}
}

// history is one renewal told in real time, with the rates of the clocks of the machine of the guard and of the store.
type history struct {
	duration                              time.Duration
	read, received, told, guardRate, etcd float64
	closing                               float64
}

// closedAndExpired computes, in seconds of real time, when the guard has closed and when the store may expire the lease.
// openUntil is the rule under test.
func (h history) closedAndExpired(openUntil func(time.Duration) time.Duration) (closed, expires float64) {
	until := openUntil(time.Duration(h.read*h.guardRate*float64(time.Second))).Seconds() / h.guardRate
	// A guard that is told too late refuses, and stays as closed as it was.
	if h.told > until {
		return 0, h.received + h.duration.Seconds()/h.etcd
	}
	return until + h.closing, h.received + h.duration.Seconds()/h.etcd
}

func someHistory(r *rand.Rand) history {
	delay := func() float64 { return r.ExpFloat64() * []float64{0.001, 0.1, 3}[r.IntN(3)] }
	rate := func() float64 { return 1 + (r.Float64()*2-1)*lease.Drift/2 }
	h := history{duration: time.Duration(lease.MinSeconds+r.IntN(lease.MaxSeconds-lease.MinSeconds+1)) * time.Second, guardRate: rate(), etcd: rate()}
	h.read = r.Float64() * 1e5
	h.received = h.read + delay()
	h.told = h.received + delay()
	h.closing = r.Float64() * lease.FenceBudget.Seconds()
	return h
}

func TestClosedBeforeItCanExpire(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	const rounding = 1e-6
	for range 200_000 {
		h := someHistory(r)
		closed, expires := h.closedAndExpired(lease.Terms{Duration: h.duration}.OpenUntil)
		if closed > expires+rounding {
			t.Fatalf("closed at %.6f, may expire at %.6f: %+v", closed, expires, h)
		}
	}
}

// The property must be able to fail: each of these rules leaves out one part of the arithmetic.
func TestBrokenRulesAreCaught(t *testing.T) {
	for name, rule := range map[string]func(history) func(time.Duration) time.Duration{
		"without the fence budget": func(h history) func(time.Duration) time.Duration {
			return lease.Terms{Duration: h.duration}.ValidUntil
		},
		"without the drift": func(h history) func(time.Duration) time.Duration {
			return func(base time.Duration) time.Duration { return base + h.duration - lease.FenceBudget }
		},
		"from the reply on": func(h history) func(time.Duration) time.Duration {
			return func(base time.Duration) time.Duration {
				late := time.Duration((h.told - h.read) * float64(time.Second))
				return lease.Terms{Duration: h.duration}.OpenUntil(base + late)
			}
		},
	} {
		r := rand.New(rand.NewPCG(4, 1))
		caught := false
		for range 200_000 {
			h := someHistory(r)
			// The worst that may happen must be among the histories: closing as slowly as allowed.
			h.closing = lease.FenceBudget.Seconds()
			closed, expires := h.closedAndExpired(rule(h))
			caught = caught || closed > expires
		}
		if !caught {
			t.Errorf("%s: no history shows an open guard beyond the lease", name)
		}
	}
}

func TestClockRises(t *testing.T) {
	first := lease.Clock()
	if second := lease.Clock(); first <= 0 || second < first {
		t.Errorf("the clock showed %s, then %s", first, second)
	}
}
