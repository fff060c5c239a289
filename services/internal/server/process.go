package server

import (
	"context"
	"errors"
	"net/http"

	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/problem"
	"twinstack.dev/services/internal/process"
)

type processAnswer struct {
	Digest     string `json:"digest"`
	Iterations int    `json:"iterations"`
	// Count of requests processed by all replicas; the last one known while degraded, null if none is.
	Count *int64 `json:"count"`
	// Degraded says that a dependency did not do its part of this answer.
	Degraded bool `json:"degraded"`
	identity.Identity
	Pod string `json:"pod"`
}

func (s *Service) handleProcess(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	request, ok := decodeBody(ctx, s, w, r, process.Decode)
	if !ok {
		return
	}
	digest, err := s.Pool.Digest(ctx, request)
	if err != nil {
		s.giveUp(w, err)
		return
	}
	answer := processAnswer{Digest: digest, Iterations: request.Iterations, Identity: s.Identity, Pod: s.Pod}
	if s.Counter != nil {
		answer.Count, answer.Degraded = s.Counter.Next(ctx)
	}
	writeJSON(w, http.StatusOK, answer)
}

// giveUp answers a request whose work was cut short.
func (s *Service) giveUp(w http.ResponseWriter, err error) {
	if errors.Is(err, context.Canceled) {
		w.WriteHeader(statusClientClosed)
		return
	}
	w.Header().Set("Retry-After", retryAfter)
	problem.Write(w, s.Identity, problem.Problem{
		Type: problem.TypeDeadline, Status: http.StatusServiceUnavailable,
		Detail: "not done within the deadline; ask for fewer iterations or wait longer",
	})
}
