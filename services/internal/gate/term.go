package gate

import (
	"sync/atomic"
	"time"
)

// forever is a moment that no clock shows.
const forever = time.Duration(1<<63 - 1)

// term is one time of a door being open. What it has let in ends with it: a later term revives nothing.
type term struct {
	// until is the moment at which nothing that a client says passes any more, cut the one for what it is answered.
	until, cut atomic.Int64
}

func newTerm(until time.Duration) *term {
	t := &term{}
	t.move(until)
	return t
}

// move renews the term.
func (t *term) move(until time.Duration) {
	t.until.Store(int64(until))
	t.cut.Store(int64(answeredUntil(until)))
}

// end shortens the term to now.
func (t *term) end(now, cut time.Duration) {
	t.until.Store(min(t.until.Load(), int64(now)))
	t.cut.Store(min(t.cut.Load(), int64(cut)))
}

// hears tells whether what a client says may pass at a moment.
func (t *term) hears(now time.Duration) bool { return now < time.Duration(t.until.Load()) }

// answers tells whether a client may be answered at a moment.
func (t *term) answers(now time.Duration) bool { return now < time.Duration(t.cut.Load()) }
