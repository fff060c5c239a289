// Package lease is the arithmetic that keeps two regions from writing at once. It is pure: no clock is read here but by
// Clock, and no wall clock anywhere.
//
// A steward holds one lease of T seconds in the quorum store and renews it every T/5. The key of the writer hangs on that
// lease: while it exists nobody else may take it. The database itself is opened by its guard, a parent process of the
// database server, only until a moment on the guard's own monotonic clock, and the guard closes it at that moment whoever
// is dead, hung or cut off. What must hold is: closed before the key can expire.
//
//		real time   g          r                                                 c        e
//		            |          |                                                 |        |
//		guard       reads g ---+------------ open ------------------> until -- closed     |
//		steward        sends --+-> reply -> "open until"                                  |
//		store                  renewed --------------------- T -------------------------> expired
//
//	  - The steward reads the guard's clock (g) before it sends the renewal, so the store receives it at r >= g.
//	  - The store can't expire the lease before r + T of its own clock. A new leader of the store extends every lease by T
//	    from its election, and a renewal that an ousted leader may have answered does not count (see quorum.Store).
//	  - The steward tells the guard to stay open until g + T x (1 - Drift) - FenceBudget. However late that message, the
//	    reply or the renewal arrives, g does not move: delay shortens the open time and nothing else.
//	  - Drift covers the rates of the two clocks: each may run wrong by up to half of it (500 parts in a million, where
//	    Linux disciplines a clock by at most 500 and quartz errs by less than 100).
//	  - FenceBudget covers what closing takes: noticing the moment (GuardTick), ending writers (CloseWithin) and, if commits
//	    are stuck, killing the server (KillWithin).
//
// Hence c <= g + T - FenceBudget + FenceBudget <= r + T <= e, which TestClosedBeforeItCanExpire tries for any delay.
//
// What the others see: a region that is lost with all that is in it held a lease that was renewed at most T/5 ago, so its
// keys are gone T - T/5 to T later, plus RevokeEvery, the store's own scan. If the leader of the store is lost with it,
// an election comes first and extends the lease by T and the election time-out; the leader is therefore kept at the
// witness, whose loss moves no writer.
package lease

import (
	"fmt"
	"time"
)

const (
	// Drift is the greatest difference between the rates of two clocks, as a part of a second per second.
	Drift = 0.001
	// GuardTick is how often a guard compares its clock with the moment it is open until.
	GuardTick = 50 * time.Millisecond
	// CloseWithin is how long a guard tries to close the database before it kills the server.
	CloseWithin = 500 * time.Millisecond
	// KillWithin is how long a killed server may still take to be gone.
	KillWithin = 450 * time.Millisecond
	// FenceBudget is the time between the moment a guard is open until and the last write it can let through.
	FenceBudget = GuardTick + CloseWithin + KillWithin
	// RevokeEvery is how often etcd looks for expired leases.
	RevokeEvery = 500 * time.Millisecond

	// MinSeconds and MaxSeconds bound a lease; see Problem.
	MinSeconds = 3
	MaxSeconds = 60
	// DefaultSeconds gives a writer back within 10 s when a region is lost.
	DefaultSeconds = 5

	renewals = 5
	// spared is how many renewals in a row must fit into the open time, so that one lost packet closes no database.
	spared = 3
)

// Terms are the times that follow from a lease's duration.
type Terms struct{ Duration time.Duration }

// RenewEvery is the pause between renewals.
func (t Terms) RenewEvery() time.Duration { return t.Duration / renewals }

// RequestTimeout is how long one request to the store may take before another member of it is asked.
func (t Terms) RequestTimeout() time.Duration { return min(time.Second, t.RenewEvery()) }

// ValidUntil is the moment, on the clock that showed base before the renewal was sent, up to which the lease can't have
// expired.
func (t Terms) ValidUntil(base time.Duration) time.Duration { return base + shortened(t.Duration) }

// OpenUntil is the moment, on the guard's clock that showed base before the renewal was sent, at which the guard must
// begin to close.
func (t Terms) OpenUntil(base time.Duration) time.Duration { return t.ValidUntil(base) - FenceBudget }

// SurelyClosed is the moment, on this process's clock, by which a guard on the same machine that was told nothing more
// has closed. The guard's clock showed guardClock no later than this process's showed seen.
func SurelyClosed(seen, guardClock, until time.Duration) time.Duration {
	return seen + lengthened(max(until-guardClock, 0)) + FenceBudget
}

// Expired is the longest that the keys of a region survive it, while the store has a leader.
func (t Terms) Expired() time.Duration { return lengthened(t.Duration) + RevokeEvery }

func shortened(d time.Duration) time.Duration  { return d - time.Duration(float64(d)*Drift) }
func lengthened(d time.Duration) time.Duration { return d + time.Duration(float64(d)*Drift) }

// Holds tells whether a lease of so many seconds leaves room for the fence and for renewals that get lost.
func Holds(seconds int) bool {
	t := Terms{time.Duration(seconds) * time.Second}
	return t.OpenUntil(0) >= spared*t.RenewEvery() && seconds > 0 && seconds <= MaxSeconds
}

// Allowed says in words which leases hold.
func Allowed() string {
	return fmt.Sprintf("an integer from %d to %d, so that %d renewals fit into what the fence (%s) leaves of it and a lost region is noticed soon",
		MinSeconds, MaxSeconds, spared, FenceBudget)
}
