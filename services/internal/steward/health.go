package steward

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"time"
)

const (
	readHeaderTimeout = 5 * time.Second
	answerTimeout     = 10 * time.Second
	idleTimeout       = 120 * time.Second
)

// RegionHealth is what DNS goes by: 200 while the region is in service, else 503.
type RegionHealth struct {
	Region    string `json:"region"`
	InService bool   `json:"inService"`
	Writer    string `json:"writer"`
	Epoch     int64  `json:"epoch"`
	Reason    string `json:"reason"`
}

// Health is computed when asked: whatever hangs or dies, it turns bad no later than the lease can end.
func (s *Steward) Health() RegionHealth {
	now := s.standing.Load()
	h := RegionHealth{Region: s.config.Region, InService: now.inService, Writer: now.writer, Epoch: now.epoch, Reason: now.reason}
	_, valid := s.keeper.current()
	if old := s.parts.Clock() - now.at; h.InService && (!valid || old > s.config.Lease.Duration) && s.config.Fencing {
		h.InService, h.Reason = false, noLease
	}
	return h
}

// Server answers /region-health, /metrics, /health and /ready.
func (s *Steward) Server() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /region-health", func(w http.ResponseWriter, _ *http.Request) {
		h := s.Health()
		answer(w, h.InService, h)
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		hung := s.Hung()
		answer(w, !hung, map[string]bool{"hung": hung})
	})
	// Ready means that questions are answered. It must not ask for a lease: a region without one could not be updated.
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { answer(w, true, map[string]bool{"ready": true}) })
	mux.Handle("GET /metrics", s.metrics.handler())
	return &http.Server{
		Addr: s.config.ListenAddress, Handler: mux, ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

func answer(w http.ResponseWriter, good bool, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !good {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	// The status is sent: an error here means that the caller has gone.
	_ = json.NewEncoder(w).Encode(body)
}
