package dependency_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/metrics"
)

// Cool-downs: one that a test waits for, and one that does not end while it runs.
const (
	soon  = 300 * time.Millisecond
	never = time.Hour
)

var errDown = errors.New("down")

func newGuard(threshold int, coolDown time.Duration) (*dependency.Guard, *metrics.Metrics) {
	m := metrics.New(identity.Identity{})
	return dependency.New(dependency.Settings{
		Name: "redis", Budget: 20 * time.Millisecond, Threshold: threshold, CoolDown: coolDown,
	}, m, slog.New(slog.DiscardHandler)), m
}

func fail(context.Context) error    { return errDown }
func succeed(context.Context) error { return nil }

func expectStatus(t *testing.T, g *dependency.Guard, state, breaker string) {
	t.Helper()
	if got, want := g.Status(), (dependency.Status{State: state, Breaker: breaker}); got != want {
		t.Errorf("status %+v, want %+v", got, want)
	}
}

func expectMetric(t *testing.T, m *metrics.Metrics, line string) {
	t.Helper()
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(answer.Body.String(), line+"\n") {
		t.Errorf("metrics lack %q", line)
	}
}

func TestBreakerOpensAtThreshold(t *testing.T) {
	for _, threshold := range []int{1, 3} {
		g, m := newGuard(threshold, never)
		expectStatus(t, g, "unknown", "closed")
		for range threshold {
			expectStatus(t, g, g.Status().State, "closed")
			if err := g.Do(t.Context(), fail); !errors.Is(err, errDown) {
				t.Fatalf("got %v", err)
			}
		}
		expectStatus(t, g, "down", "open")
		called := false
		if err := g.Do(t.Context(), func(context.Context) error { called = true; return nil }); err == nil || called {
			t.Errorf("an open breaker let a call pass (error %v)", err)
		}
		expectMetric(t, m, `breaker_state{dependency="redis",state="open"} 1`)
		expectMetric(t, m, `breaker_state{dependency="redis",state="closed"} 0`)
		expectMetric(t, m, `dependency_calls_total{dependency="redis",outcome="rejected"} 1`)
		expectMetric(t, m, `dependency_up{dependency="redis"} 0`)
	}
}

func TestSuccessResetsTheCount(t *testing.T) {
	g, _ := newGuard(2, never)
	for range 3 {
		_ = g.Do(t.Context(), fail)
		_ = g.Do(t.Context(), succeed)
	}
	expectStatus(t, g, "up", "closed")
}

func TestHalfOpenLetsOneCallTry(t *testing.T) {
	g, m := newGuard(1, soon)
	_ = g.Do(t.Context(), fail)
	waitForBreaker(t, g, "half-open")
	err := g.Do(t.Context(), func(ctx context.Context) error {
		if second := g.Do(ctx, succeed); second == nil {
			t.Error("a second call passed while the first one tries")
		}
		return errDown
	})
	if !errors.Is(err, errDown) {
		t.Fatalf("the trial got %v", err)
	}
	expectStatus(t, g, "down", "open")
	waitForBreaker(t, g, "half-open")
	if err := g.Do(t.Context(), succeed); err != nil {
		t.Fatal(err)
	}
	expectStatus(t, g, "up", "closed")
	expectMetric(t, m, `breaker_state{dependency="redis",state="closed"} 1`)
	expectMetric(t, m, `dependency_up{dependency="redis"} 1`)
}

func TestBudgetEndsACall(t *testing.T) {
	g, _ := newGuard(1, never)
	start := time.Now()
	err := g.Do(t.Context(), func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
		t.Errorf("got %v after %s", err, time.Since(start))
	}
	expectStatus(t, g, "down", "open")
}

func TestCallerWhoLeavesDoesNotCount(t *testing.T) {
	g, m := newGuard(1, never)
	ctx, cancel := context.WithCancel(t.Context())
	err := g.Do(ctx, func(context.Context) error {
		cancel()
		return errDown
	})
	if !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
	expectStatus(t, g, "unknown", "closed")
	expectMetric(t, m, `dependency_calls_total{dependency="redis",outcome="abandoned"} 1`)
}

func waitForBreaker(t *testing.T, g *dependency.Guard, state string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); g.Status().Breaker != state; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("breaker is %s, want %s", g.Status().Breaker, state)
		}
	}
}
