package server

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"twinstack.dev/services/internal/problem"
)

var validRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observe surrounds every request: identity and request id, metrics, log line, panics, and Connection: close while
// draining.
func (s *Service) observe(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		answered := s.Metrics.RequestStarted()
		id := r.Header.Get("X-Request-Id")
		if !validRequestID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		s.Identity.SetHeaders(w.Header())
		// Per answer rather than by SetKeepAlivesEnabled(false), which also closes idle connections at once: a router
		// may just be sending a request on one, and may not repeat a POST.
		if s.Readiness.Draining() {
			w.Header().Set("Connection", "close")
		}
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			abort := s.handlePanic(recorder, id, recover())
			route, took := routeOf(r), time.Since(start)
			answered(route, recorder.status, took)
			s.logRequest(r, route, id, recorder.status, took)
			if abort {
				panic(http.ErrAbortHandler)
			}
		}()
		mux.ServeHTTP(recorder, r)
	})
}

// handlePanic answers for a handler that panicked. Where half an answer was sent already, only a broken connection
// can tell the caller, and it says so.
func (s *Service) handlePanic(w *statusRecorder, id string, failure any) (abort bool) {
	if failure == nil {
		return false
	}
	s.Log.Error("panic", "request_id", id, "panic", failure, "stack", string(debug.Stack()))
	if w.started {
		w.status = http.StatusInternalServerError
		return true
	}
	problem.Write(w, s.Identity, problem.Problem{
		Status: http.StatusInternalServerError, Detail: "the service failed; its log tells why under this request_id",
	})
	return false
}

// routeOf is the pattern that matched, so that what callers make up can't grow the metrics.
func routeOf(r *http.Request) string {
	if r.Pattern == "" || r.Pattern == "/" {
		return "unmatched"
	}
	return r.Pattern
}

func (s *Service) logRequest(r *http.Request, route, id string, status int, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case status >= http.StatusInternalServerError && route != "/ready":
		level = slog.LevelWarn
	case route == "/health" || route == "/ready" || route == "/metrics":
		level = slog.LevelDebug
	}
	s.Log.LogAttrs(r.Context(), level, "request",
		slog.String("request_id", id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", status), slog.Float64("milliseconds", float64(took.Microseconds())/1000),
		slog.String("remote", r.RemoteAddr))
}

// only answers 405 to other methods.
func (s *Service) only(next http.Handler, methods ...string) http.Handler {
	allowed := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(methods, r.Method) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Allow", allowed)
		problem.Write(w, s.Identity, problem.Problem{
			Status: http.StatusMethodNotAllowed,
			Detail: "method is " + r.Method + "; must be one of " + allowed,
		})
	})
}

// statusRecorder notes what was answered.
type statusRecorder struct {
	http.ResponseWriter
	status  int
	started bool
}

// WriteHeader notes the status.
func (r *statusRecorder) WriteHeader(status int) {
	if !r.started {
		r.status, r.started = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer has begun.
func (r *statusRecorder) Write(b []byte) (int, error) {
	r.started = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *statusRecorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
