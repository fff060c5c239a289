package counter_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"

	"twinstack.dev/services/internal/counter"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/nettest"
	"twinstack.dev/services/internal/redistest"
)

const (
	threshold = 3
	coolDown  = 500 * time.Millisecond
	budget    = 250 * time.Millisecond
	patience  = 10 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newCounter(t *testing.T, address string) *counter.Counter {
	t.Helper()
	c := counter.New(address, dependency.New(dependency.Settings{
		Name: "redis", Budget: budget, Threshold: threshold, CoolDown: coolDown,
	}, metrics.New(identity.Identity{}), slog.New(slog.DiscardHandler)))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func expectCount(t *testing.T, c *counter.Counter, want int64, wantDegraded bool) {
	t.Helper()
	count, degraded := c.Next(t.Context())
	if count == nil || *count != want || degraded != wantDegraded {
		t.Errorf("got %s, degraded %t; want %d, %t", show(count), degraded, want, wantDegraded)
	}
}

func show(count *int64) any {
	if count == nil {
		return "null"
	}
	return *count
}

func TestReplicasShareOneCount(t *testing.T) {
	server := redistest.Start(t)
	first, second := newCounter(t, server.Address), newCounter(t, server.Address)
	expectCount(t, first, 1, false)
	expectCount(t, second, 2, false)
	var calls sync.WaitGroup
	for range 100 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			if _, degraded := first.Next(t.Context()); degraded {
				t.Error("degraded with redis up")
			}
		}()
	}
	calls.Wait()
	expectCount(t, second, 103, false)
}

func TestKilledRedis(t *testing.T) {
	server := redistest.Start(t)
	c := newCounter(t, server.Address)
	expectCount(t, c, 1, false)
	server.Kill()
	for range threshold {
		expectCount(t, c, 1, true)
	}
	if got, want := c.Status(), (dependency.Status{State: "down", Breaker: "open"}); got != want {
		t.Errorf("after %d failed calls: %+v, want %+v", threshold, got, want)
	}
	server.Restart()
	eventually(t, "counting again", func() bool {
		_, degraded := c.Next(t.Context())
		return !degraded
	})
	if got, want := c.Status(), (dependency.Status{State: "up", Breaker: "closed"}); got != want {
		t.Errorf("after the restart: %+v, want %+v", got, want)
	}
}

// Ten connections break with a restart of redis, which must not cost ten failed calls.
func TestRestartCostsOneCall(t *testing.T) {
	server := redistest.Start(t)
	c := newCounter(t, server.Address)
	var calls sync.WaitGroup
	for range 50 {
		calls.Add(1)
		go func() {
			defer calls.Done()
			c.Next(t.Context())
		}()
	}
	calls.Wait()
	server.Kill()
	server.Restart()
	failed := 0
	for range 20 {
		if _, degraded := c.Next(t.Context()); degraded {
			failed++
		}
	}
	if failed > 1 {
		t.Errorf("%d of 20 calls failed after a restart, want at most 1", failed)
	}
}

func TestNeverReachedRedis(t *testing.T) {
	c := newCounter(t, nettest.FreeAddress(t))
	if count, degraded := c.Next(t.Context()); count != nil || !degraded {
		t.Errorf("got %s, degraded %t; want null, true", show(count), degraded)
	}
}

func TestSilentRedisStaysWithinBudget(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// The kernel accepts connections, and nobody ever reads from them.
	defer listener.Close()
	c := newCounter(t, listener.Addr().String())
	for i := range threshold + 1 {
		start := time.Now()
		if _, degraded := c.Next(t.Context()); !degraded {
			t.Fatal("not degraded")
		}
		if took := time.Since(start); took > 2*budget {
			t.Errorf("call %d took %s with a budget of %s", i, took, budget)
		}
	}
	if got := c.Status().Breaker; got != "open" {
		t.Errorf("breaker is %s", got)
	}
}

func TestErrorRepliesCountAsFailures(t *testing.T) {
	server := redistest.Start(t)
	connection, err := redis.Dial("tcp", server.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := connection.Do("SET", "twinstack:web:processed", "text"); err != nil {
		t.Fatal(err)
	}
	c := newCounter(t, server.Address)
	if count, degraded := c.Next(t.Context()); count != nil || !degraded {
		t.Errorf("got %s, degraded %t; want null, true", show(count), degraded)
	}
	if got := c.Status().State; got != "down" {
		t.Errorf("state is %s", got)
	}
}

func TestProbeKeepsStatusAndCount(t *testing.T) {
	server := redistest.Start(t)
	expectCount(t, newCounter(t, server.Address), 1, false)
	c := newCounter(t, server.Address)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Probe(ctx, 5*time.Millisecond)
	}()
	eventually(t, "up", func() bool { return c.Status().State == "up" })
	server.Kill()
	eventually(t, "open breaker", func() bool { return c.Status().Breaker == "open" })
	expectCount(t, c, 1, true)
	server.Restart()
	eventually(t, "closed breaker", func() bool { return c.Status() == dependency.Status{State: "up", Breaker: "closed"} })
	cancel()
	<-done
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s", what, patience)
		}
	}
}
