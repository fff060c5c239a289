package gate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"twinstack.dev/services/internal/lease"
)

const (
	// answersFor is how long after the end of a term answers to what was said in it still pass: those to commits.
	answersFor = lease.CloseWithin
	// acceptAgainAfter is the pause after a failure to accept, as of a process with too many open files.
	acceptAgainAfter = 50 * time.Millisecond
)

func answeredUntil(until time.Duration) time.Duration {
	if until > forever-answersFor {
		return forever
	}
	return until + answersFor
}

// Limits bound what a door costs.
type Limits struct {
	// Connections is how many there may be at once; the next one is hung up on.
	Connections int
	// Dial is how long connecting to the database may take.
	Dial time.Duration
	// Idle is how long a connection may say nothing in either direction.
	Idle time.Duration
	// Write is how long one side may leave what it is sent unread.
	Write time.Duration
}

// DefaultLimits suit the pools of a few dozen pods.
func DefaultLimits() Limits {
	return Limits{Connections: 2000, Dial: 3 * time.Second, Idle: 15 * time.Minute, Write: 30 * time.Second}
}

// Door leads connections to a database while it is open, and hangs up on them when it is not. Whatever became of who
// opened it, it closes by itself at the moment it was told.
type Door struct {
	name   string
	target string
	limits Limits
	clock  func() time.Duration
	log    *slog.Logger
	count  counters

	mu       sync.Mutex
	term     *term
	passages map[*passage]struct{}
	// cut is when the last answer of terms that are over passes.
	cut time.Duration
}

// NewDoor returns a closed door to target, a host:port that is resolved for each connection.
func NewDoor(name, target string, limits Limits, clock func() time.Duration, log *slog.Logger) *Door {
	return &Door{
		name: name, target: target, limits: limits, clock: clock, log: log.With("door", name),
		count: newCounters(name), passages: map[*passage]struct{}{},
	}
}

// Open opens until a moment on the clock, or moves that moment.
func (d *Door) Open(until time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock()
	if d.term != nil && !d.term.hears(now) {
		// It is over, though nobody has said so yet.
		d.end(now, "not renewed in time")
	}
	if d.term == nil {
		d.log.Info("open", "for", (until - now).String())
		d.term = newTerm(until)
		return
	}
	d.term.move(until)
}

// Close lets nothing more in, and nothing that clients say through. Answers to what they have said still come, for a short
// while; then every connection is cut.
func (d *Door) Close(reason string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end(d.clock(), reason)
}

// end ends the term. The caller holds mu.
func (d *Door) end(now time.Duration, reason string) {
	if d.term == nil {
		return
	}
	over := d.term
	over.end(now, answeredUntil(now))
	d.cut, d.term = max(d.cut, time.Duration(over.cut.Load())), nil
	left := time.Duration(over.cut.Load()) - now
	ended := 0
	for p := range d.passages {
		if p.term == over {
			ended++
			p.silence()
			p.cutAfter(left)
		}
	}
	d.log.Info("closed", "reason", reason, "connections", ended)
}

// State tells whether clients may be getting answers, and until when they are heard.
func (d *Door) State() (open bool, until time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.term != nil {
		until = time.Duration(d.term.until.Load())
		return true, until
	}
	return len(d.passages) > 0 && d.clock() < d.cut, 0
}

// Serve lets connections through until the context ends, which cuts them all. It closes the listener.
func (d *Door) Serve(ctx context.Context, listener net.Listener) {
	var running sync.WaitGroup
	defer running.Wait()
	stop := context.AfterFunc(ctx, func() {
		_ = listener.Close() // Accept tells of it.
		d.mu.Lock()
		defer d.mu.Unlock()
		d.end(d.clock(), "stopping")
		for p := range d.passages {
			p.cutAfter(0)
		}
	})
	defer stop()
	running.Add(1)
	go func() {
		defer running.Done()
		d.watch(ctx)
	}()
	for {
		client, err := listener.Accept()
		switch {
		case ctx.Err() != nil, errors.Is(err, net.ErrClosed):
			hangUp(client)
			return
		case err != nil:
			d.log.Warn("no connection was accepted", "error", err.Error())
			time.Sleep(acceptAgainAfter)
			continue
		}
		p, outcome := d.enter(client)
		d.count.connections.WithLabelValues(outcome).Inc()
		if p == nil {
			hangUp(client)
			continue
		}
		running.Add(1)
		go func() {
			defer running.Done()
			p.run(ctx)
			d.leave(p)
		}()
	}
}

// watch ends the term when its moment has come, whoever else is dead or hung.
func (d *Door) watch(ctx context.Context) {
	ticker := time.NewTicker(lease.GuardTick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		d.mu.Lock()
		if now := d.clock(); d.term != nil && !d.term.hears(now) {
			d.end(now, "not renewed in time")
		}
		d.mu.Unlock()
	}
}

// Outcomes of a connection that was accepted.
const (
	admitted    = "admitted"
	foundClosed = "closed"
	foundFull   = "full"
)

// enter admits a connection, or says why not.
func (d *Door) enter(client net.Conn) (*passage, string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.term == nil || !d.term.hears(d.clock()):
		return nil, foundClosed
	case len(d.passages) >= d.limits.Connections:
		return nil, foundFull
	}
	p := &passage{door: d, term: d.term, client: client}
	d.passages[p] = struct{}{}
	return p, admitted
}

func (d *Door) leave(p *passage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.passages, p)
}

// present is how many connections there are.
func (d *Door) present() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.passages)
}

// hangUp ends a connection at once: the other side is told, and what was not sent yet is never sent.
func hangUp(c net.Conn) {
	if c == nil {
		return
	}
	if t, is := c.(*net.TCPConn); is {
		_ = t.SetLinger(0)
	}
	_ = c.Close() // There is nobody to tell.
}
