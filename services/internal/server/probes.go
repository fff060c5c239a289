package server

import (
	"encoding/json"
	"net/http"

	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
)

type healthAnswer struct {
	Status string `json:"status"`
	identity.Identity
}

type readyAnswer struct {
	// Status is "ready", "degraded" (ready, with a dependency down), "disabled" or "draining".
	Status       string                       `json:"status"`
	Dependencies map[string]dependency.Status `json:"dependencies"`
	identity.Identity
}

// handleHealth says that the process is alive. It looks at nothing else: restarting this process would not heal a
// dependency.
func (s *Service) handleHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, healthAnswer{Status: "ok", Identity: s.Identity})
}

// handleReady says whether this process wants traffic. A dependency that is down is told but keeps the process
// ready: it is down for all replicas alike, and degraded answers beat none.
func (s *Service) handleReady(w http.ResponseWriter, _ *http.Request) {
	answer := readyAnswer{Status: s.Readiness.Status(), Dependencies: s.dependencies(), Identity: s.Identity}
	code := http.StatusOK
	if answer.Status != "ready" {
		code = http.StatusServiceUnavailable
	}
	for _, status := range answer.Dependencies {
		if status.State == "down" && code == http.StatusOK {
			answer.Status = "degraded"
		}
	}
	writeJSON(w, code, answer)
}

// dependencies tells how each of them fared last.
func (s *Service) dependencies() map[string]dependency.Status {
	all := map[string]dependency.Status{}
	if s.Counter != nil {
		all["redis"] = s.Counter.Status()
	}
	if s.Ledger != nil {
		for side, status := range s.Ledger.Status() {
			all["database-"+string(side)] = status
		}
	}
	return all
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	// The status is sent: an error here means that the caller has gone.
	_ = json.NewEncoder(w).Encode(body)
}
