package wan

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxWaiting is how many packets can be under way on one line: 12 MB of full ones. More are lost, as in a router.
const maxWaiting = 8192

// line is one direction between two regions. Only one goroutine at a time sends on it.
type line struct {
	quality atomic.Pointer[Quality]
	// deliver hands a packet to the other end, and reports whether that took it.
	deliver func(packet []byte) bool
	// random and last, when the packet sent last is due, are the sender's.
	random *rand.Rand
	last   time.Time

	start   sync.Once
	queue   chan delivery
	waiting atomic.Int64

	delivered, dropped atomic.Uint64
}

// delivery is a packet under way.
type delivery struct {
	due    time.Time
	packet []byte
}

// newLine returns a perfect line. Its random choices follow from the seed.
func newLine(seed uint64, deliver func(packet []byte) bool) *line {
	l := &line{deliver: deliver, random: rand.New(rand.NewPCG(seed, 0))}
	l.quality.Store(&Quality{})
	return l
}

// send takes a packet, whose bytes stay the caller's.
func (l *line) send(packet []byte) {
	quality := *l.quality.Load()
	if quality.lost(l.random) {
		l.dropped.Add(1)
		return
	}
	// A packet never overtakes another one, also when the delay has just been taken away.
	if quality.Delay == 0 && l.waiting.Load() == 0 {
		l.finish(packet)
		return
	}
	l.start.Do(func() {
		l.queue = make(chan delivery, maxWaiting)
		go l.run()
	})
	l.last = quality.due(time.Now(), l.last, l.random)
	l.waiting.Add(1)
	select {
	case l.queue <- delivery{l.last, slices.Clone(packet)}:
	default:
		l.waiting.Add(-1)
		l.dropped.Add(1)
	}
}

// run delivers what was queued, in order. It lasts as long as the daemon.
func (l *line) run() {
	for next := range l.queue {
		time.Sleep(time.Until(next.due))
		if l.quality.Load().Cut {
			l.dropped.Add(1)
		} else {
			l.finish(next.packet)
		}
		l.waiting.Add(-1)
	}
}

func (l *line) finish(packet []byte) {
	if l.deliver(packet) {
		l.delivered.Add(1)
	} else {
		l.dropped.Add(1)
	}
}
