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
	var acknowledged []time.Duration
	for _, r := range requests {
		if r.Kind == history.Write && r.Good && r.End < until {
			acknowledged = append(acknowledged, r.End)
		}
	}
	slices.Sort(acknowledged)
	longest, last := Pause{from, from}, from
	for _, at := range acknowledged {
		if at > from && at-last > longest.Length() {
			longest = Pause{last, at}
		}
		last = at
	}
	return longest, len(acknowledged) > 0 && until-last < max(noticeable, longest.Length())
}

// WriterBack is how long after the fault writes were acknowledged again: the first that was sent after it, or the one
// that ended a longer pause which came later.
func WriterBack(requests []history.Request, fault, until time.Duration) (time.Duration, bool) {
	pause, back := LongestPause(requests, fault, until)
	next := until
	for _, r := range requests {
		if r.Kind == history.Write && r.Good && r.Begin >= fault {
			next = min(next, r.End)
		}
	}
	if !back || next == until {
		return 0, false
	}
	if pause.Length() >= noticeable {
		next = max(next, pause.End)
	}
	return next - fault, true
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
