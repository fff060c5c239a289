package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/mysqltest"
	"twinstack.dev/services/internal/nettest"
)

// pair is a writer, its successor, and a name that leads to the writer.
type pair struct {
	old, new *mysqltest.Server
	name     *nettest.Forwarder
}

func newPair(t *testing.T) pair {
	t.Helper()
	old := newServer(t)
	successor := newReplica(t, old)
	return pair{old, successor, nettest.Forward(t, "127.0.0.1", old.Address)}
}

// fail makes the old writer read-only, promotes the new one and moves the name, in this order.
func (p pair) fail(t *testing.T) {
	t.Helper()
	p.old.Exec("SET GLOBAL super_read_only = ON")
	catchUp(t, p.new, p.old)
	p.new.Exec("STOP REPLICA", "RESET REPLICA ALL", "SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF")
	p.name.Lead(p.new.Address)
}

func rowsOf(t *testing.T, server *mysqltest.Server) int {
	t.Helper()
	var rows int
	if err := server.Root().QueryRow("SELECT COUNT(*) FROM app.notes").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// Many connections lead to the old writer, and the first write after the failover leaves them all.
func TestAReadOnlyServerMeansThatTheWriterMoved(t *testing.T) {
	p := newPair(t)
	pool := newPool(t, database.Writer, settings(t, p.old, p.name.Address))
	db := database.New(pool, nil, 0)
	const connections = 8
	var all []func()
	var open sync.WaitGroup
	open.Add(connections)
	for id := range connections {
		all = append(all, func() {
			mustWrite(t, db, func(ctx context.Context, c *sql.Conn) (bool, error) {
				open.Done()
				open.Wait()
				return insert(id)(ctx, c)
			})
		})
	}
	together(all...)
	if idle := pool.SQL().Stats().Idle; idle != connections {
		t.Fatalf("%d idle connections, want %d", idle, connections)
	}
	p.fail(t)
	mustWrite(t, db, insert(100))
	if now := pool.SQL().Stats(); now.OpenConnections != 1 {
		t.Errorf("%d connections are left, want the new writer's alone", now.OpenConnections)
	}
	if rows := rowsOf(t, p.new); rows != connections+1 {
		t.Errorf("the new writer has %d rows, want %d", rows, connections+1)
	}
}

// The old writer is fenced between the last statement and COMMIT, which it then refuses: nothing was committed, and
// the transaction is run again where the name leads now.
func TestACommitThatIsRefusedIsRunAgainOnTheNewWriter(t *testing.T) {
	p := newPair(t)
	db := newWriter(t, p.old, p.name.Address)
	attempts := 0
	mustWrite(t, db, func(ctx context.Context, c *sql.Conn) (bool, error) {
		attempts++
		if _, err := c.ExecContext(ctx, "INSERT INTO notes (id) VALUES (1)"); err != nil {
			return false, err
		}
		if attempts == 1 {
			p.fail(t)
		}
		return true, nil
	})
	if old, now := rowsOf(t, p.old), rowsOf(t, p.new); attempts != 2 || old != 0 || now != 1 {
		t.Errorf("%d attempts, %d rows on the old writer, %d on the new one; want 2, 0 and 1", attempts, old, now)
	}
}

// A client is cut off in the middle of a transaction: the server hears nothing more of it, not even that it has gone.
func TestLocksOfAClientThatVanishedAreFreed(t *testing.T) {
	server := newServer(t)
	s := settings(t, server, server.Address)
	s.Budget = time.Second
	vanished, err := newPool(t, database.Writer, s).SQL().Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer vanished.Close()
	for _, statement := range []string{"BEGIN", "INSERT INTO notes (id) VALUES (1)"} {
		if _, err := vanished.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	db := database.New(newPool(t, database.Writer, s), nil, 0)
	for deadline := time.Now().Add(30 * time.Second); ; {
		_, err := db.Write(context.Background(), insert(1))
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still locked: %v", err)
		}
	}
}

// The answer to COMMIT is lost. Nothing is run again, and the caller learns that it may have been done.
func TestACommitOfUnknownOutcomeIsNotRunAgain(t *testing.T) {
	server := newServer(t)
	name := nettest.Forward(t, "127.0.0.1", server.Address)
	s := settings(t, server, name.Address)
	s.Budget = time.Second
	db := database.New(newPool(t, database.Writer, s), nil, 0)
	mustWrite(t, db, insert(1))
	attempts := 0
	_, err := db.Write(t.Context(), func(ctx context.Context, c *sql.Conn) (bool, error) {
		attempts++
		_, err := c.ExecContext(ctx, "INSERT INTO notes (id) VALUES (2)")
		name.Silence(true)
		return true, err
	})
	if !errors.Is(err, database.ErrOutcomeUnknown) || attempts != 1 {
		t.Errorf("%d attempts, %v; want 1 and an unknown outcome", attempts, err)
	}
	eventually(t, "committed row", func() bool { return rowsOf(t, server) == 2 })

	name.Silence(false)
	_, err = db.Write(t.Context(), func(ctx context.Context, c *sql.Conn) (bool, error) {
		attempts++
		_, err := c.ExecContext(ctx, "INSERT INTO notes (id) VALUES (3)")
		server.Kill()
		return true, err
	})
	if !errors.Is(err, database.ErrOutcomeUnknown) || attempts != 2 {
		t.Errorf("%d attempts, %v; want one more and an unknown outcome", attempts, err)
	}
}

// A connection that ends before COMMIT was sent took its transaction with it.
func TestABrokenConnectionBeforeCommitIsRunAgain(t *testing.T) {
	server := newServer(t)
	db := newWriter(t, server, server.Address)
	attempts := 0
	mustWrite(t, db, func(ctx context.Context, c *sql.Conn) (bool, error) {
		attempts++
		if attempts == 1 {
			var id int
			if err := c.QueryRowContext(ctx, "SELECT CONNECTION_ID()").Scan(&id); err != nil {
				return false, err
			}
			server.Exec(fmt.Sprintf("KILL %d", id))
		}
		_, err := c.ExecContext(ctx, "INSERT INTO notes (id) VALUES (1)")
		return true, err
	})
	if rows := rowsOf(t, server); attempts != 2 || rows != 1 {
		t.Errorf("%d attempts, %d rows; want 2 and 1", attempts, rows)
	}
}

func TestADeadlockIsRunAgain(t *testing.T) {
	server := newServer(t)
	db := newWriter(t, server, server.Address)
	mustWrite(t, db, insert(1))
	mustWrite(t, db, insert(2))
	meet := make(chan struct{})
	// Each locks one row, meets the other, and wants the other's row.
	cross := func(first, second int) func() {
		attempts := 0
		return func() {
			mustWrite(t, db, func(ctx context.Context, c *sql.Conn) (bool, error) {
				attempts++
				const update = "UPDATE notes SET text = text + 1 WHERE id = ?"
				if _, err := c.ExecContext(ctx, update, first); err != nil {
					return false, err
				}
				if attempts == 1 {
					select {
					case meet <- struct{}{}:
					case <-meet:
					}
				}
				_, err := c.ExecContext(ctx, update, second)
				return true, err
			})
		}
	}
	together(cross(1, 2), cross(2, 1))
	var sum int
	if err := server.Root().QueryRow("SELECT SUM(text) FROM app.notes").Scan(&sum); err != nil || sum != 4 {
		t.Errorf("the sum is %d (%v), want 4: both transactions, once each", sum, err)
	}
}

func TestARefusedTransactionLeavesNothing(t *testing.T) {
	server := newServer(t)
	db := newWriter(t, server, server.Address)
	mustWrite(t, db, func(ctx context.Context, c *sql.Conn) (bool, error) {
		_, err := c.ExecContext(ctx, "INSERT INTO notes (id) VALUES (1)")
		return false, err
	})
	if rows := rowsOf(t, server); rows != 0 {
		t.Errorf("%d rows", rows)
	}
}

func TestNoWriter(t *testing.T) {
	server := newServer(t)
	name := nettest.Forward(t, "127.0.0.1", server.Address)
	db := newWriter(t, server, name.Address)
	name.Lead(nettest.FreeAddress(t))
	for range threshold {
		if _, err := db.Write(t.Context(), insert(1)); err == nil || errors.Is(err, database.ErrOutcomeUnknown) {
			t.Errorf("got %v, want a failure that rules out a commit", err)
		}
	}
	if got, want := db.Status()[database.Writer], (dependency.Status{State: "down", Breaker: "open"}); got != want {
		t.Errorf("after %d failed writes: %+v, want %+v", threshold, got, want)
	}
	name.Lead(server.Address)
	eventually(t, "writing again", func() bool {
		_, err := db.Write(t.Context(), insert(1))
		return err == nil
	})
}

// A probe finds out by itself, and what was pooled before is gone when the first request comes.
func TestProbesNoticeThatTheWriterMoved(t *testing.T) {
	p := newPair(t)
	pool := newPool(t, database.Writer, settings(t, p.old, p.name.Address))
	mustWrite(t, database.New(pool, nil, 0), insert(1))
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		pool.Probe(ctx, 10*time.Millisecond)
	}()
	eventually(t, "up", func() bool { return pool.Status().State == "up" })
	p.old.Exec("SET GLOBAL super_read_only = ON")
	eventually(t, "down", func() bool { return pool.Status().State == "down" })
	p.fail(t)
	eventually(t, "up again", func() bool { return pool.Status() == dependency.Status{State: "up", Breaker: "closed"} })
	cancel()
	<-stopped
}
