package server

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"twinstack.dev/services/internal/problem"
)

const (
	maxBodyBytes = 64 << 10
	// retryAfter is short: a queue drains in well under a second, or another replica has room.
	retryAfter = "1"
	// statusClientClosed is nginx's code for a caller who left; it is for logs and metrics, nobody receives it.
	statusClientClosed = 499
)

// work handles a request before ctx's deadline.
type work func(ctx context.Context, w http.ResponseWriter, r *http.Request)

// bounded gives work a place among a bounded number, and a deadline.
func (s *Service) bounded(next work) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
		next(ctx, w, r)
	})
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

// decodeBody reads a JSON body before ctx's deadline and decodes it, or answers what is wrong with it.
func decodeBody[T any](
	ctx context.Context, s *Service, w http.ResponseWriter, r *http.Request, decode func([]byte) (T, []problem.FieldError),
) (value T, ok bool) {
	body, refusal := readBody(ctx, w, r)
	if refusal == nil {
		var wrong []problem.FieldError
		if value, wrong = decode(body); len(wrong) == 0 {
			return value, true
		}
		refusal = &problem.Problem{
			Type: problem.TypeInvalid, Status: http.StatusBadRequest, Detail: wrong[0].Detail, Errors: wrong,
		}
	}
	problem.Write(w, s.Identity, *refusal)
	return value, false
}

func readBody(ctx context.Context, w http.ResponseWriter, r *http.Request) ([]byte, *problem.Problem) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return nil, &problem.Problem{
			Status: http.StatusUnsupportedMediaType, Detail: "Content-Type must be application/json",
		}
	}
	connection := http.NewResponseController(w)
	deadline, _ := ctx.Deadline()
	// Writers without a connection, as in unit tests, can't set one, and need none.
	_ = connection.SetReadDeadline(deadline)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &problem.Problem{
			Status: http.StatusRequestEntityTooLarge, Detail: "body is too large; must be at most 65536 bytes",
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, &problem.Problem{Status: http.StatusRequestTimeout, Detail: "the body did not arrive in time"}
	case err != nil:
		w.Header().Set("Connection", "close")
		return nil, &problem.Problem{Status: http.StatusBadRequest, Detail: "the body ended early"}
	}
	// From here on a read deadline would only look like a caller who left.
	_ = connection.SetReadDeadline(time.Time{})
	return body, nil
}
