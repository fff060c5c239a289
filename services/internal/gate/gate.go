// Package gate stands between clients and a database that somebody else runs, which no process of the stack could close.
// It leads them to it by TCP, without a look at what they say, and only while it was told to: whoever is to be kept from
// writing is hung up on. Through it nobody is told of a commit after the moment that its lease allows, whatever became of
// the rest of the steward, of the network to AWS, or of the database.
//
// In the words of package lease it is a guard: open until a moment on its own clock, and closed within FenceBudget. From
// that moment on not one byte of a client passes. Answers still do for CloseWithin, since a commit that was sent in time
// may as well be told; then both ends are reset. The database may go on with a statement that it had received: its author
// never hears of it, as of one that a killed server was at.
//
// Three doors lead on. Through writer clients write while this region's database is the writer; through forward while
// another region's is, and this region's hands writes on to it; through reader they read, lease or not, as they do from a
// replica that is closed.
package gate

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

// Ports of the doors.
const (
	WriterPort  = 3306
	ForwardPort = 3307
	ReaderPort  = 3308
)

// furthest bounds until: longer than any lease, and short enough that no slip of a caller leaves the gate open.
const furthest = lease.MaxSeconds * time.Second

// errManaged means that there is no server here that could be told to.
var errManaged = errors.New("the database is run by AWS: a gate opens and closes, no more")

// Config says where the doors lead.
type Config struct {
	// Writer and Reader are the database's end points in this region, each a host:port.
	Writer, Reader string
	// ListenHost is where the doors are, all addresses if empty; Ports are those of writer, forward and reader.
	ListenHost string
	Ports      [3]int
	Limits     Limits
	Clock      func() time.Duration
	Log        *slog.Logger
}

// Gate is the doors of one region. It implements steward.Guard and steward.Forward, in this process.
type Gate struct {
	config                  Config
	writer, forward, reader *Door
	bootID                  string
	listeners               []net.Listener

	mu sync.Mutex
	// epoch is the highest seen; those up to over are ended. forwarded are the ended ones of the forward door.
	epoch, over, forwarded int64
}

// Listen binds the doors' ports, with the writing ones closed.
func Listen(config Config) (*Gate, error) {
	door := func(name, target string) *Door { return NewDoor(name, target, config.Limits, config.Clock, config.Log) }
	g := &Gate{
		config: config, bootID: rand.Text(),
		// Writes are handed on by the reader's end point: that of a secondary's writer leads nowhere.
		writer: door("writer", config.Writer), forward: door("forward", config.Reader), reader: door("reader", config.Reader),
	}
	g.reader.Open(forever)
	for _, port := range config.Ports {
		listener, err := net.Listen("tcp", net.JoinHostPort(config.ListenHost, fmt.Sprint(port)))
		if err != nil {
			g.unlisten()
			return nil, fmt.Errorf("the gate's port %d: %w", port, err)
		}
		g.listeners = append(g.listeners, listener)
	}
	return g, nil
}

func (g *Gate) unlisten() {
	for _, l := range g.listeners {
		_ = l.Close() // It goes with the process at the latest.
	}
}

// Doors are all of them, for metrics.
func (g *Gate) Doors() []*Door { return []*Door{g.writer, g.forward, g.reader} }

// Addresses are where they listen, in that order.
func (g *Gate) Addresses() []string {
	var all []string
	for _, l := range g.listeners {
		all = append(all, l.Addr().String())
	}
	return all
}

// Run lets clients through until the context ends.
func (g *Gate) Run(ctx context.Context) {
	var serving sync.WaitGroup
	for i, d := range g.Doors() {
		serving.Add(1)
		go func() {
			defer serving.Done()
			d.Serve(ctx, g.listeners[i])
		}()
	}
	serving.Wait()
}

// State implements steward.Guard.
func (g *Gate) State(context.Context) (guard.State, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	open, until := g.writer.State()
	return guard.State{BootID: g.bootID, Clock: g.config.Clock(), Running: true, Open: open, Until: until, Epoch: g.epoch}, nil
}

// Open implements steward.Guard.
func (g *Gate) Open(_ context.Context, bootID string, epoch int64, until time.Duration) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.check(bootID, epoch, until); err != nil {
		return err
	}
	g.epoch = epoch
	g.writer.Open(until)
	return nil
}

func (g *Gate) check(bootID string, epoch int64, until time.Duration) error {
	now := g.config.Clock()
	switch {
	case bootID != g.bootID:
		return guard.ErrStaleBoot
	case epoch < g.epoch || epoch <= g.over:
		return fmt.Errorf("%w: %d, after %d was seen and %d ended", guard.ErrStaleEpoch, epoch, g.epoch, g.over)
	case until <= now || until > now+furthest:
		return fmt.Errorf("%w: %s at %s", guard.ErrPast, until, now)
	}
	return nil
}

// Close implements steward.Guard: it ends the epoch, and returns when the last answer has passed. What was committed is
// not for a gate to know.
func (g *Gate) Close(ctx context.Context, reason string) (mysql.GTIDSet, error) {
	g.mu.Lock()
	g.over = g.epoch
	g.writer.Close(reason)
	g.mu.Unlock()
	for {
		if open, _ := g.writer.State(); !open {
			return mysql.GTIDSet{}, nil
		}
		select {
		case <-ctx.Done():
			return mysql.GTIDSet{}, ctx.Err()
		case <-time.After(lease.GuardTick):
		}
	}
}

// Restart implements steward.Guard.
func (g *Gate) Restart(context.Context, string, string) error { return errManaged }

// SaveTail implements steward.Guard.
func (g *Gate) SaveTail(context.Context, mysql.GTIDSet) (string, int64, error) {
	return "", 0, errManaged
}

// Forward implements steward.Forward: clients may write through another region's database until a moment.
func (g *Gate) Forward(epoch int64, until time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.config.Clock(); epoch > g.forwarded && until > now && until <= now+furthest {
		g.forward.Open(until)
	}
}

// Withdraw implements steward.Forward: they may not, and not in these epochs any more.
func (g *Gate) Withdraw(epoch int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forwarded = max(g.forwarded, epoch)
	g.forward.Close("no other region writes")
}
