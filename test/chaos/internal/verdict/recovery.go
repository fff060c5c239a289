// Package verdict judges a history. It is pure: it knows neither the stack nor any clock.
package verdict

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"twinstack.dev/chaos/internal/history"
)

const (
	// window is the sliding window in which clients' requests are counted, and enough the share of good ones in it.
	window = 2 * time.Second
	enough = 0.99
	// noticeable is a pause between two acknowledged writes in which a client's patience ends.
	noticeable = history.Patience
	// steady is for how long writes must have gone on to be back: twice a pause, and one more.
	steady = 5 * time.Second
)

// Recovered returns the first moment from which on the clients are well: in each window between it and until, 99 % of the
// requests that were sent are good. It is from itself if they have been well all the time, and false if they are not
// well at the end.
func Recovered(requests []history.Request, from, until time.Duration) (time.Duration, bool) {
	sent := between(requests, from, until)
	if len(sent) == 0 {
		return 0, false
	}
	bad := 0
	first := len(sent)
	// From the end to the beginning: the first window that is bad is the last one in time.
	for begin, end := len(sent)-1, len(sent); begin >= 0; begin-- {
		bad += count(sent[begin])
		for sent[end-1].Begin >= sent[begin].Begin+window {
			end--
			bad -= count(sent[end])
		}
		if float64(end-begin-bad) < enough*float64(end-begin) {
			break
		}
		first = begin
	}
	switch {
	case first == 0:
		return from, true
	case first == len(sent) || until-sent[first].Begin < window:
		return 0, false
	}
	return sent[first].Begin, true
}

func count(r history.Request) int {
	if r.Good {
		return 0
	}
	return 1
}

// between are the requests sent in a time, in the order of their sending.
func between(requests []history.Request, from, until time.Duration) []history.Request {
	var sent []history.Request
	for _, r := range requests {
		if r.Begin >= from && r.Begin < until {
			sent = append(sent, r)
		}
	}
	slices.SortStableFunc(sent, func(x, y history.Request) int { return cmp.Compare(x.Begin, y.Begin) })
	return sent
}

// Pause is the longest time without an acknowledged write.
type Pause struct{ Begin, End time.Duration }

// Length of the pause.
func (p Pause) Length() time.Duration { return p.End - p.Begin }

// LongestPause looks at the acknowledgements between from and until; the one before from begins the first pause. It is
// false if writes were not acknowledged any more at the end.
func LongestPause(requests []history.Request, from, until time.Duration) (Pause, bool) {
	longest, last := Pause{from, from}, from
	all := pauses(requests, from, until)
	for _, p := range all {
		if p.Length() > longest.Length() {
			longest = p
		}
		last = p.End
	}
	return longest, len(all) > 0 && until-last < max(noticeable, longest.Length())
}

// pauses are the times between the acknowledgements up to until, from the last one before from on.
func pauses(requests []history.Request, from, until time.Duration) []Pause {
	var acknowledged []time.Duration
	for _, r := range requests {
		if r.Kind == history.Write && r.Good && r.End < until {
			acknowledged = append(acknowledged, r.End)
		}
	}
	slices.Sort(acknowledged)
	var all []Pause
	last := from
	for _, at := range acknowledged {
		if at > from {
			all = append(all, Pause{last, at})
		}
		last = at
	}
	return all
}

// WriterBack is how long writes were away because of the fault: until the first acknowledged one that was sent after it,
// and until the end of pauses that followed before writes had gone on for steady. A pause that begins later is an outage
// of its own and counts by its length. It is false if writes were not acknowledged any more at the end.
func WriterBack(requests []history.Request, fault, until time.Duration) (time.Duration, bool) {
	if _, back := LongestPause(requests, fault, until); !back {
		return 0, false
	}
	next := until
	for _, r := range requests {
		if r.Kind == history.Write && r.Good && r.Begin >= fault {
			next = min(next, r.End)
		}
	}
	if next == until {
		return 0, false
	}
	longest := next - fault
	begin, end := fault, next
	for _, p := range pauses(requests, fault, until) {
		if p.Length() < noticeable {
			continue
		}
		if p.Begin-end >= steady {
			begin = p.Begin
		}
		end = max(end, p.End)
		longest = max(longest, end-begin)
	}
	return longest, true
}

// AnswerChanged returns when one of the servers first gave another answer than before the fault; false if none did. What
// is no answer is not another one.
func AnswerChanged(lookups []history.Lookup, servers func(string) bool, fault, until time.Duration) (time.Duration, bool) {
	before := map[string]string{}
	first, changed := until, false
	for _, l := range lookups {
		answer := strings.Join(l.Addresses, " ")
		switch {
		case !servers(l.Server) || l.Problem != "":
		case l.End < fault:
			before[l.Server] = answer
		case l.End < first && before[l.Server] != "" && answer != before[l.Server]:
			first, changed = l.End, true
		}
	}
	return first, changed
}
