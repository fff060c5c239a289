// Package server is the web service's HTTP interface.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"twinstack.dev/services/internal/config"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/problem"
	"twinstack.dev/services/internal/process"
	"twinstack.dev/services/internal/readiness"
)

const (
	readHeaderTimeout = 5 * time.Second
	// idleTimeout outlasts the 60 s after which nginx drops an idle connection to an upstream: when the server is
	// first to close, a request may be on its way.
	idleTimeout    = 120 * time.Second
	maxHeaderBytes = 16 << 10
	// slack is what reading a head and writing an answer may take on top of the work.
	slack = 10 * time.Second
)

// Counter counts processed requests, or says that it can't right now.
type Counter interface {
	Next(ctx context.Context) (count *int64, degraded bool)
	Status() dependency.Status
}

// Service answers requests.
type Service struct {
	Config   config.Config
	Identity identity.Identity
	// Pod names this replica.
	Pod       string
	Pool      *process.Pool
	Readiness *readiness.Readiness
	Metrics   *metrics.Metrics
	// Counter is nil where no redis is configured.
	Counter Counter
	// Ledger is nil where no database is configured.
	Ledger Ledger
	Log    *slog.Logger
}

// Public is the server for callers and probes.
func (s *Service) Public() *http.Server {
	// The read timeout covers a request from its first byte on, and would end the work of a slow one if it were
	// shorter than the deadline; a body has the tighter deadline that readBody sets.
	return s.newServer(s.Config.ListenAddress, s.routes(), s.Config.Request+slack)
}

func (s *Service) newServer(address string, handler http.Handler, timeout time.Duration) *http.Server {
	return &http.Server{
		Addr:              address,
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       timeout,
		WriteTimeout:      timeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
}

func (s *Service) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/health", s.only(http.HandlerFunc(s.handleHealth), http.MethodGet, http.MethodHead))
	mux.Handle("/ready", s.only(http.HandlerFunc(s.handleReady), http.MethodGet, http.MethodHead))
	mux.Handle("/metrics", s.only(s.Metrics.Handler(), http.MethodGet, http.MethodHead))
	mux.Handle("/v1/process", s.only(s.bounded(s.handleProcess), http.MethodPost))
	s.ledgerRoutes(mux)
	mux.HandleFunc("/", s.handleUnknown)
	return s.observe(mux)
}

func (s *Service) handleUnknown(w http.ResponseWriter, _ *http.Request) {
	problem.Write(w, s.Identity, problem.Problem{
		Status: http.StatusNotFound,
		Detail: "no such path; there are GET /health, GET /ready, GET /metrics, POST /v1/process, /v1/accounts and /v1/transfers",
	})
}
