package readiness_test

import (
	"testing"

	"twinstack.dev/services/internal/readiness"
)

func TestReadiness(t *testing.T) {
	var r readiness.Readiness
	expect := func(step, want string) {
		t.Helper()
		if got := r.Status(); got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
	expect("at start", "ready")
	r.SetEnabled(false)
	expect("disabled", "disabled")
	r.SetEnabled(true)
	expect("enabled", "ready")
	r.Drain()
	expect("draining", "draining")
	r.SetEnabled(true)
	expect("enabled while draining", "draining")
}
