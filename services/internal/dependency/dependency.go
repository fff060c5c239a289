// Package dependency guards calls to something that may fail: with a time budget, a circuit breaker, metrics, and a
// status to report.
package dependency

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"twinstack.dev/services/internal/metrics"
)

// Settings of a Guard.
type Settings struct {
	// Name in logs, metrics and status.
	Name string
	// Budget is the longest a call may take.
	Budget time.Duration
	// Threshold is how many failed calls in a row open the breaker.
	Threshold int
	// CoolDown is how long the breaker stays open before one call may try again.
	CoolDown time.Duration
}

// Status of a dependency.
type Status struct {
	// State is "up" or "down" after the last call, "unknown" before the first.
	State string `json:"state"`
	// Breaker is "closed", "open" or "half-open".
	Breaker string `json:"breaker"`
}

const (
	unknown int32 = iota
	up
	down
)

// errAbandoned marks a call cut short by the caller, which says nothing about the dependency.
var errAbandoned = errors.New("abandoned by the caller")

// Guard stands in front of one dependency.
type Guard struct {
	settings Settings
	breaker  *gobreaker.CircuitBreaker[struct{}]
	metrics  *metrics.Metrics
	state    atomic.Int32
}

// New returns a Guard with a closed breaker.
func New(s Settings, m *metrics.Metrics, log *slog.Logger) *Guard {
	record := func(state gobreaker.State) {
		m.BreakerState(s.Name, state.String(),
			gobreaker.StateClosed.String(), gobreaker.StateHalfOpen.String(), gobreaker.StateOpen.String())
	}
	record(gobreaker.StateClosed)
	m.DependencyUp(s.Name, false)
	breaker := gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        s.Name,
		MaxRequests: 1,
		Timeout:     s.CoolDown,
		ReadyToTrip: func(c gobreaker.Counts) bool { return int(c.ConsecutiveFailures) >= s.Threshold },
		IsExcluded:  func(err error) bool { return errors.Is(err, errAbandoned) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			record(to)
			log.Warn("breaker changed", "dependency", name, "from", from.String(), "to", to.String())
		},
	})
	return &Guard{settings: s, breaker: breaker, metrics: m}
}

// Do makes a call within the budget unless the breaker is open.
func (g *Guard) Do(ctx context.Context, call func(context.Context) error) error {
	_, err := g.breaker.Execute(func() (struct{}, error) {
		budgeted, cancel := context.WithTimeout(ctx, g.settings.Budget)
		defer cancel()
		err := call(budgeted)
		if err != nil && ctx.Err() != nil {
			return struct{}{}, fmt.Errorf("%w: %w", errAbandoned, err)
		}
		return struct{}{}, err
	})
	g.record(err)
	return err
}

func (g *Guard) record(err error) {
	switch {
	case err == nil:
		g.state.Store(up)
		g.metrics.DependencyUp(g.settings.Name, true)
		g.metrics.DependencyCalled(g.settings.Name, "ok")
	case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
		g.metrics.DependencyCalled(g.settings.Name, "rejected")
	case errors.Is(err, errAbandoned):
		g.metrics.DependencyCalled(g.settings.Name, "abandoned")
	default:
		g.state.Store(down)
		g.metrics.DependencyUp(g.settings.Name, false)
		g.metrics.DependencyCalled(g.settings.Name, "error")
	}
}

// Status tells how the dependency fared last.
func (g *Guard) Status() Status {
	state := "unknown"
	switch g.state.Load() {
	case up:
		state = "up"
	case down:
		state = "down"
	}
	return Status{State: state, Breaker: g.breaker.State().String()}
}
