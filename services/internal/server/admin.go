package server

import (
	"net/http"
	"net/http/pprof"
	"time"
)

// adminTimeout leaves room for a CPU profile or trace of a minute.
const adminTimeout = 2 * time.Minute

// Admin is the server for operators, reachable on this machine or pod only.
func (s *Service) Admin() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ready/disable", s.setReady(false))
	mux.HandleFunc("POST /ready/enable", s.setReady(true))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return s.newServer(s.Config.AdminAddress, mux, adminTimeout)
}

// setReady takes this process out of traffic or back, without stopping it. Done is 204, whatever /ready says next.
func (s *Service) setReady(enabled bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		s.Readiness.SetEnabled(enabled)
		s.Log.Info("readiness switched", "enabled", enabled)
		w.WriteHeader(http.StatusNoContent)
	}
}
