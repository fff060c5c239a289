// Package readiness holds whether this process wants traffic.
package readiness

import "sync/atomic"

// Readiness is ready from the start, can be switched off and on by an operator, and ends for good with a drain.
// The zero value is ready to use.
type Readiness struct {
	disabled atomic.Bool
	draining atomic.Bool
}

// SetEnabled is the operator's switch.
func (r *Readiness) SetEnabled(enabled bool) { r.disabled.Store(!enabled) }

// Drain marks the process as stopping. Nothing undoes it.
func (r *Readiness) Drain() { r.draining.Store(true) }

// Draining tells whether the process is stopping.
func (r *Readiness) Draining() bool { return r.draining.Load() }

// Status is "ready", "disabled" or "draining".
func (r *Readiness) Status() string {
	switch {
	case r.draining.Load():
		return "draining"
	case r.disabled.Load():
		return "disabled"
	default:
		return "ready"
	}
}
