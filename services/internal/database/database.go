package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"twinstack.dev/services/internal/dependency"
)

// Side is where something was read or written.
type Side string

// The two sides.
const (
	Writer Side = "writer"
	Reader Side = "reader"
)

// Query reads on a connection. It may be run again from its beginning, on another one.
type Query func(ctx context.Context, c *sql.Conn) error

// Body is what a transaction does. It returns whether to commit, and may be run again from its beginning.
type Body func(ctx context.Context, c *sql.Conn) (commit bool, err error)

// Commit says what became of a transaction.
type Commit struct {
	// Token lets its author read a state that includes it.
	Token Token
	// Server is the host name of the server that answered.
	Server string
}

// Database is a writer and, perhaps, a reader.
type Database struct {
	writer *Pool
	reader *Pool
	wait   time.Duration
	// waits bounds how many connections wait for replication at once, so that some are left to those who don't.
	waits chan struct{}
}

// New returns a database. A nil reader means that the writer is asked everything. A read waits at most for wait until
// the reader has what its token names.
func New(writer, reader *Pool, wait time.Duration) *Database {
	d := &Database{writer: writer, reader: reader, wait: wait}
	if reader != nil {
		d.waits = make(chan struct{}, max(1, reader.connections/2))
	}
	return d
}

// Status of each side as last seen.
func (d *Database) Status() map[Side]dependency.Status {
	status := map[Side]dependency.Status{Writer: d.writer.Status()}
	if d.reader != nil {
		status[Reader] = d.reader.Status()
	}
	return status
}

// Read asks the reader once it has what token names, and the writer if the reader can't say in time. It fails with
// ErrWriteLost if the writer does not have it either.
func (d *Database) Read(ctx context.Context, token Token, query Query) (Side, error) {
	if d.reader != nil && token != AskWriter {
		reached, err := d.readNear(ctx, token, query)
		if reached || ctx.Err() != nil {
			return Reader, err
		}
	}
	lost := false
	err := d.writer.do(ctx, func(ctx context.Context, c *sql.Conn) (err error) {
		if lost, err = lacks(ctx, c, token); lost || err != nil {
			return err
		}
		return query(ctx, c)
	})
	if lost {
		return Writer, ErrWriteLost
	}
	return Writer, err
}

// readNear tells whether the reader had what token names and answered.
func (d *Database) readNear(ctx context.Context, token Token, query Query) (reached bool, err error) {
	if token != "" {
		select {
		case d.waits <- struct{}{}:
			defer func() { <-d.waits }()
		default:
			return false, nil
		}
	}
	err = d.reader.do(ctx, func(ctx context.Context, c *sql.Conn) (err error) {
		if reached, err = d.await(ctx, c, token); !reached || err != nil {
			return err
		}
		return query(ctx, c)
	})
	return reached && err == nil, err
}

// await waits on the server until it has what token names.
func (d *Database) await(ctx context.Context, c *sql.Conn, token Token) (reached bool, err error) {
	if token == "" {
		return true, nil
	}
	var late bool
	err = c.QueryRowContext(ctx, "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)", string(token), d.wait.Seconds()).Scan(&late)
	return !late, err
}

// lacks tells whether the server does not have what token names.
func lacks(ctx context.Context, c *sql.Conn, token Token) (bool, error) {
	if token == "" || token == AskWriter {
		return false, nil
	}
	var has bool
	err := c.QueryRowContext(ctx, "SELECT GTID_SUBSET(?, @@global.gtid_executed)", string(token)).Scan(&has)
	return err == nil && !has, err
}

// Write runs body in a transaction. After ErrOutcomeUnknown it may or may not be committed; after any other error it is
// not. A transaction that was certainly not committed is tried again: once if the writer has moved, some times if
// others were in its way.
func (d *Database) Write(ctx context.Context, body Body) (Commit, error) {
	var done Commit
	err := d.writer.do(ctx, func(ctx context.Context, c *sql.Conn) (err error) {
		done, err = transact(ctx, c, body)
		return err
	})
	return done, err
}

// transact costs four round trips on top of body's: begin, the set of what was executed before, commit, and the set
// of what was executed since. The last is how the transaction's own GTID is found: the driver does not tell what a
// server reports of a session, and the whole set would make a reader wait for everybody's writes. sql.Tx is not used
// because its Commit takes no context.
func transact(ctx context.Context, c *sql.Conn, body Body) (Commit, error) {
	if _, err := c.ExecContext(ctx, "START TRANSACTION"); err != nil {
		return Commit{}, err
	}
	done, before := Commit{Token: AskWriter}, ""
	err := c.QueryRowContext(ctx, "SELECT @@hostname, @@global.gtid_executed").Scan(&done.Server, &before)
	if err != nil {
		return Commit{}, err
	}
	commit, err := body(ctx, c)
	if err != nil {
		return Commit{}, err
	}
	if !commit {
		_, err := c.ExecContext(ctx, "ROLLBACK")
		return done, err
	}
	if _, err := c.ExecContext(ctx, "COMMIT"); certainlyNotCommitted(err) {
		return Commit{}, err
	} else if err != nil {
		return Commit{}, fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	var since string
	// The transaction is committed, whatever comes of this question.
	if err := c.QueryRowContext(ctx, "SELECT GTID_SUBTRACT(@@global.gtid_executed, ?)", before).Scan(&since); err == nil {
		done.Token = tokenOf(since)
	}
	return done, nil
}
