// Package counter counts processed requests of all replicas in redis (or valkey), and carries on without it.
package counter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"twinstack.dev/services/internal/dependency"
)

const (
	key = "twinstack:web:processed"
	// maxConnections is plenty: a call takes well under a millisecond, and those that find none free wait.
	maxConnections = 10
	idleTimeout    = time.Minute
	// writeTimeout only bounds handing a few bytes to the kernel; the guard's budget bounds the call.
	writeTimeout = 100 * time.Millisecond
)

var errStale = errors.New("connection is older than the last failure")

// Counter counts in redis. Create it with New.
type Counter struct {
	pool     *redis.Pool
	guard    *dependency.Guard
	failedAt atomic.Int64
	last     atomic.Pointer[int64]
}

// New returns a counter that connects to address when first needed, every call through guard.
func New(address string, guard *dependency.Guard) *Counter {
	c := &Counter{guard: guard}
	c.pool = &redis.Pool{
		MaxIdle:     maxConnections,
		MaxActive:   maxConnections,
		IdleTimeout: idleTimeout,
		Wait:        true,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			connection, err := redis.DialContext(ctx, "tcp", address, redis.DialWriteTimeout(writeTimeout))
			if err != nil {
				c.noteFailure()
			}
			return connection, err
		},
		// One broken connection means that its peers broke too (redis restarted, the network was cut): without this,
		// each of them would cost one more failed call, enough to open the breaker of a redis that is back.
		TestOnBorrow: func(_ redis.Conn, idleSince time.Time) error {
			if idleSince.UnixNano() <= c.failedAt.Load() {
				return errStale
			}
			return nil
		},
	}
	return c
}

// Next counts one more and returns the new count. When redis does not answer in time it is degraded: the last count
// known to this process, or nil if there never was one.
func (c *Counter) Next(ctx context.Context) (count *int64, degraded bool) {
	if err := c.call(ctx, "INCR"); err != nil {
		return c.last.Load(), true
	}
	return c.last.Load(), false
}

// Status of redis as last seen.
func (c *Counter) Status() dependency.Status { return c.guard.Status() }

// Probe reads the count now and then every so often until ctx ends. It keeps the status true while no requests come,
// and lets the breaker close again at no caller's expense.
func (c *Counter) Probe(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		// Guard keeps the outcome.
		_ = c.call(ctx, "GET")
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Close closes the idle connections.
func (c *Counter) Close() error { return c.pool.Close() }

func (c *Counter) noteFailure() { c.failedAt.Store(time.Now().UnixNano()) }

// call runs a command that replies with the count, and keeps that.
func (c *Counter) call(ctx context.Context, command string) error {
	return c.guard.Do(ctx, func(ctx context.Context) error {
		connection, err := c.pool.GetContext(ctx)
		if err != nil {
			return err
		}
		defer connection.Close()
		deadline, _ := ctx.Deadline()
		// To redigo 0 means forever.
		timeout := max(time.Until(deadline), time.Nanosecond)
		n, err := redis.Int64(redis.DoWithTimeout(connection, timeout, command, key))
		if connection.Err() != nil {
			c.noteFailure()
		}
		if err != nil && !errors.Is(err, redis.ErrNil) {
			return err
		}
		c.last.Store(&n)
		return nil
	})
}
