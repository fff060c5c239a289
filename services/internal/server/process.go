package server

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/problem"
	"twinstack.dev/services/internal/process"
)

const (
	maxBodyBytes = 64 << 10
	// retryAfter is short: a queue drains in well under a second, or another replica has room.
	retryAfter = "1"
	// statusClientClosed is nginx's code for a caller who left; it is for logs and metrics, nobody receives it.
	statusClientClosed = 499
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

func (s *Service) handleProcess(w http.ResponseWriter, r *http.Request) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		problem.Write(w, s.Identity, problem.Problem{
			Status: http.StatusUnsupportedMediaType,
			Detail: "Content-Type must be application/json",
		})
		return
	}
	leave, admitted := s.Pool.Admit()
	if !admitted {
		w.Header().Set("Retry-After", retryAfter)
		problem.Write(w, s.Identity, problem.Problem{
			Type: problem.TypeOverloaded, Status: http.StatusServiceUnavailable,
			Detail: "too many requests are waiting; try again after the time in Retry-After",
		})
		return
	}
	defer leave()
	ctx, cancel := s.withDeadline(w, r)
	defer cancel()
	request, refusal := readRequest(ctx, w, r)
	if refusal != nil {
		problem.Write(w, s.Identity, *refusal)
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

// withDeadline gives a request the configured time, or less if its caller waits less. A part is kept back for
// writing the answer.
func (s *Service) withDeadline(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	limit := s.Config.Request
	if wait, ok := preferredWait(r.Header.Values("Prefer")); ok && wait <= limit {
		limit = wait
		w.Header().Set("Preference-Applied", waitPreference(wait))
	}
	return context.WithTimeout(r.Context(), limit-limit/20)
}

// readRequest reads and decodes the body before ctx's deadline.
func readRequest(ctx context.Context, w http.ResponseWriter, r *http.Request) (process.Request, *problem.Problem) {
	connection := http.NewResponseController(w)
	deadline, _ := ctx.Deadline()
	// Writers without a connection, as in unit tests, can't set one, and need none.
	_ = connection.SetReadDeadline(deadline)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return process.Request{}, &problem.Problem{
			Status: http.StatusRequestEntityTooLarge, Detail: "body is too large; must be at most 65536 bytes",
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return process.Request{}, &problem.Problem{
			Status: http.StatusRequestTimeout, Detail: "the body did not arrive in time",
		}
	case err != nil:
		w.Header().Set("Connection", "close")
		return process.Request{}, &problem.Problem{
			Status: http.StatusBadRequest, Detail: "the body ended early",
		}
	}
	// From here on a read deadline would only look like a caller who left.
	_ = connection.SetReadDeadline(time.Time{})
	request, wrong := process.Decode(body)
	if wrong != nil {
		return process.Request{}, &problem.Problem{
			Type: problem.TypeInvalid, Status: http.StatusBadRequest, Detail: wrong[0].Detail, Errors: wrong,
		}
	}
	return request, nil
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
