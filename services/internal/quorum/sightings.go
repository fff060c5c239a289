package quorum

import (
	"sync"
	"time"

	"twinstack.dev/services/internal/lease"
)

// sightings is how long each lease has gone without a renewal, as one process saw it.
//
// A table has no clock that a lease could run out by, and the clocks of two machines never show the same. So nobody
// compares moments of two clocks here; a lease is ended by who has *watched* it for long enough:
//
//		real time   g          r        s                                              e
//		            |          |        |                                              |
//		holder      reads its clock     |                                              |
//		            sends --+-> renewal number n written                               |
//		observer                        first answer with n -- T x (1 + Drift) --> still n: ends the lease
//
//	  - The holder reads its clock (g) before it asks for renewal n, so the table has it at r >= g.
//	  - An observer reads its own clock (s) after an answer that shows n. Reads are strongly consistent, but that is not
//	    needed here: an answer can't show n before n was written, so s >= r.
//	  - It ends the lease at e, when its own clock is T x (1 + Drift) past s, and only by a write on the condition that the
//	    revision is that of an answer that still showed n. So at least T has gone by since s in real time, and no renewal
//	    after n has been written before e: one would have changed the revision.
//	  - The holder trusts renewal n for T x (1 - Drift) of its own clock from g: less than T in real time.
//
// Hence the holder's trust ends before g + T <= r + T <= s + T <= e: whatever is delayed, lost or done twice, the lease is
// ended after its holder has stopped to rely on it. A renewal that arrives after e meets another revision and is refused;
// one that arrives before e but is answered late extends the lease for the observers and, since g does not move, not for
// the holder. A clock that stands while its machine sleeps would end a lease late, never early; the one that is used
// (lease.Clock) goes on. An observer that starts anew has seen nothing and waits all of T: nobody watching means that
// nothing ends. The first observer sees a renewal one look late, so that a lost region is noticed T plus a look later.
type sightings struct {
	clock func() time.Duration

	mu   sync.Mutex
	seen map[LeaseID]sighting
}

// sighting is a lease's count of renewals, and when it was first seen.
type sighting struct {
	renewals int64
	since    time.Duration
}

// over notes what an answer shows, which has arrived, and returns the leases that may be ended.
func (s *sightings) over(d document) []LeaseID {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	var over []LeaseID
	seen := make(map[LeaseID]sighting, len(d.Leases))
	for id, t := range d.Leases {
		one, known := s.seen[id]
		if !known || one.renewals != t.Renewals {
			one = sighting{t.Renewals, now}
		}
		seen[id] = one
		if now-one.since >= t.Duration+time.Duration(float64(t.Duration)*lease.Drift) {
			over = append(over, id)
		}
	}
	s.seen = seen
	return over
}
