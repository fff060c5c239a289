package guard

import (
	"errors"
	"net/http"
	"time"

	"twinstack.dev/services/internal/mysql"
)

// State is what the guard says of itself and its mysqld.
type State struct {
	// BootID names one start of mysqld; it is empty while none answers.
	BootID string `json:"bootId"`
	// Clock is the time since the guard started, the sleep of its machine included.
	Clock   time.Duration `json:"clockNanoseconds"`
	Running bool          `json:"running"`
	// Open tells whether clients may be able to write; Until is the moment on Clock when that ends.
	Open  bool          `json:"open"`
	Until time.Duration `json:"untilNanoseconds"`
	// Epoch is the highest one seen.
	Epoch int64 `json:"epoch"`
	// Restarts counts the starts of mysqld after the first.
	Restarts int `json:"restarts"`
}

// term is what Open and Renew say.
type term struct {
	BootID string        `json:"bootId"`
	Epoch  int64         `json:"epoch"`
	Until  time.Duration `json:"untilNanoseconds"`
}

type closing struct {
	Reason string `json:"reason"`
}

type restarting struct {
	BootID string `json:"bootId"`
	Reason string `json:"reason"`
}

type closed struct {
	Executed mysql.GTIDSet `json:"executed"`
}

type tailRequest struct {
	GTIDs mysql.GTIDSet `json:"gtids"`
}

type tailAnswer struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

const (
	statePath   = "/v1/state"
	openPath    = "/v1/open"
	renewPath   = "/v1/renew"
	closePath   = "/v1/close"
	restartPath = "/v1/restart"
	tailPath    = "/v1/tail"
	readyPath   = "/ready"
	healthPath  = "/health"
)

// refusals are the errors that travel: by problem type from the guard, and back to the same error in its client.
var refusals = []struct {
	err    error
	typ    string
	status int
}{
	{ErrStaleBoot, "tag:twinstack.dev,2026:guard-stale-boot", http.StatusConflict},
	{ErrStaleEpoch, "tag:twinstack.dev,2026:guard-stale-epoch", http.StatusConflict},
	{ErrPast, "tag:twinstack.dev,2026:guard-past", http.StatusConflict},
	{ErrNotOpen, "tag:twinstack.dev,2026:guard-not-open", http.StatusConflict},
	{ErrOpen, "tag:twinstack.dev,2026:guard-open", http.StatusConflict},
	{ErrNotRunning, "tag:twinstack.dev,2026:guard-not-running", http.StatusServiceUnavailable},
}

// problemOf returns the problem type and status that stand for an error.
func problemOf(err error) (typ string, status int) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.typ, r.status
		}
	}
	return "", http.StatusInternalServerError
}

// errorOf returns the error that a problem type stands for, or nil.
func errorOf(typ string) error {
	for _, r := range refusals {
		if r.typ == typ {
			return r.err
		}
	}
	return nil
}
