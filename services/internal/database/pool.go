package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"twinstack.dev/services/internal/dependency"
)

// maxRepeats bounds how often a transaction makes way for others.
const maxRepeats = 3

// Pool is the connections to one side of the database, behind a circuit breaker.
type Pool struct {
	side        Side
	db          *sql.DB
	guard       *dependency.Guard
	connections int
	// handsOn tells that servers which are read-only take writes.
	handsOn bool
}

// NewPool returns a pool of connections to one side; see Settings.Connect.
func NewPool(side Side, s Settings, guard *dependency.Guard) (*Pool, error) {
	connect := s.Connect
	if side == Writer {
		connect = s.connectWriter
	}
	db, err := connect()
	return &Pool{side: side, db: db, guard: guard, connections: s.Connections, handsOn: s.handsOn()}, err
}

// SQL is the pool underneath, for its statistics.
func (p *Pool) SQL() *sql.DB { return p.db }

// Status tells how the side fared last.
func (p *Pool) Status() dependency.Status { return p.guard.Status() }

// Close closes every connection.
func (p *Pool) Close() error { return p.db.Close() }

// Probe asks the server now and then every so often until ctx ends whether it is there, and, as a writer, writable. It
// keeps the status true while no requests come, and lets the breaker close again at no caller's expense.
func (p *Pool) Probe(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		// The guard keeps the outcome.
		_ = p.do(ctx, p.probe)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (p *Pool) probe(ctx context.Context, c *sql.Conn) error {
	var readOnly bool
	if err := c.QueryRowContext(ctx, "SELECT @@global.read_only").Scan(&readOnly); err != nil {
		return err
	}
	if p.side == Writer && readOnly && !p.handsOn {
		return errReadOnly
	}
	return nil
}

// do runs work, which may be run again from its beginning as long as nothing can have come of it.
func (p *Pool) do(ctx context.Context, work func(context.Context, *sql.Conn) error) error {
	return p.guard.Do(ctx, func(ctx context.Context) error {
		for reconnects, repeats := 0, 0; ; {
			err := p.attempt(ctx, work)
			switch remedyFor(err) {
			case reconnect:
				reconnects++
			case repeat:
				repeats++
			default:
				return err
			}
			if reconnects > 1 || repeats > maxRepeats || ctx.Err() != nil {
				return err
			}
		}
	})
}

func (p *Pool) attempt(ctx context.Context, work func(context.Context, *sql.Conn) error) error {
	c, err := p.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer c.Close()
	err = work(ctx, c)
	if err != nil {
		// Whatever the connection was in the middle of ends with it.
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
	// Each of the others would cost one more failed call. A caller who left says nothing about them.
	if err != nil && isBroken(err) && !errors.Is(err, context.Canceled) {
		p.dropIdle()
	}
	return err
}

// dropIdle closes the connections that nobody uses.
func (p *Pool) dropIdle() {
	p.db.SetMaxIdleConns(0)
	p.db.SetMaxIdleConns(p.connections)
}
