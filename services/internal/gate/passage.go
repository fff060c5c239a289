package gate

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// chunk is small: a connection has two.
const chunk = 16 << 10

var buffers = sync.Pool{New: func() any { return new([chunk]byte) }}

// errOver means that the term is over.
var errOver = errors.New("the door is closed")

// passage is one client's connection and the database's end of it.
type passage struct {
	door   *Door
	term   *term
	client net.Conn
	// active is when either side last said something.
	active atomic.Int64

	mu     sync.Mutex
	server net.Conn
	isCut  bool
}

// run connects to the database and carries both ways until both are done, or one of them fails.
func (p *passage) run(ctx context.Context) {
	dialer := net.Dialer{Timeout: p.door.limits.Dial}
	server, err := dialer.DialContext(ctx, "tcp", p.door.target)
	if err != nil {
		p.door.count.unreachable.Inc()
		p.door.log.Debug("the database is out of reach", "error", err.Error())
		p.cutAfter(0)
		return
	}
	if !p.join(server) {
		return
	}
	p.active.Store(int64(p.door.clock()))
	var carrying sync.WaitGroup
	carrying.Add(1)
	go func() {
		defer carrying.Done()
		p.carry(p.client, server, p.term.hears, p.door.count.said)
	}()
	p.carry(server, p.client, p.term.answers, p.door.count.answered)
	carrying.Wait()
	// What both sides have said is sent; an end that was cut is closed already.
	_, _ = p.client.Close(), server.Close()
}

// join keeps the database's end, unless the passage was cut meanwhile.
func (p *passage) join(server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCut {
		hangUp(server)
		return false
	}
	p.server = server
	return true
}

// carry copies while it may. The end of what one side says is passed on, so that the other can finish; any failure, and
// the end of the term, cuts both. Each chunk is judged right before it is written: a process that was stopped for a while
// wakes up with chunks in its hands.
func (p *passage) carry(from, to net.Conn, may func(time.Duration) bool, bytes counter) {
	buffer := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buffer)
	for {
		n, err := p.read(from, buffer[:])
		if n > 0 {
			if !may(p.door.clock()) {
				err = errOver
			} else if writeErr := p.write(to, buffer[:n]); writeErr != nil {
				err = writeErr
			} else {
				bytes.Add(float64(n))
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			if half, can := to.(interface{ CloseWrite() error }); can {
				_ = half.CloseWrite() // A side that has gone is noticed by the next read.
			}
			return
		case errors.Is(err, errOver) && p.term.answers(p.door.clock()):
			// Only the client's part is over: answers still come, until the door cuts them.
			return
		default:
			p.cutAfter(0)
			return
		}
	}
}

// read waits for a side as long as the other one is active.
func (p *passage) read(from net.Conn, into []byte) (int, error) {
	for {
		if from == p.client && !p.term.hears(p.door.clock()) {
			return 0, errOver
		}
		idle := p.door.limits.Idle - (p.door.clock() - time.Duration(p.active.Load()))
		if idle <= 0 {
			p.door.count.idle.Inc()
			return 0, os.ErrDeadlineExceeded
		}
		if err := p.patience(from, idle); err != nil {
			return 0, err
		}
		n, err := from.Read(into)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			p.active.Store(int64(p.door.clock()))
			return n, err
		}
	}
}

// patience sets how long a read waits. Once the client is silenced it stays so.
func (p *passage) patience(from net.Conn, idle time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from == p.client && !p.term.hears(p.door.clock()) {
		return errOver
	}
	return from.SetReadDeadline(time.Now().Add(idle))
}

func (p *passage) write(to net.Conn, what []byte) error {
	if err := to.SetWriteDeadline(time.Now().Add(p.door.limits.Write)); err != nil {
		return err
	}
	_, err := to.Write(what)
	return err
}

// silence ends listening to the client, whose term is over.
func (p *passage) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.client.SetReadDeadline(time.Now()) // It fails where there is nobody to listen to.
}

// cutAfter hangs up on both sides: now, or a little later.
func (p *passage) cutAfter(d time.Duration) {
	if d > 0 {
		time.AfterFunc(d, func() { p.cutAfter(0) })
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.isCut = true
	hangUp(p.client)
	hangUp(p.server)
}
