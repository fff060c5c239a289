// Package problem answers errors as RFC 9457 problem details.
package problem

import (
	"encoding/json"
	"net/http"

	"twinstack.dev/services/internal/identity"
)

// ContentType is the media type of a problem body.
const ContentType = "application/problem+json"

// Problem types that a caller may want to tell apart where the status alone does not. RFC 9457 allows URIs that
// name a problem without leading anywhere; tag URIs do that.
const (
	TypeInvalid    = "tag:twinstack.dev,2026:invalid-request"
	TypeOverloaded = "tag:twinstack.dev,2026:overloaded"
	TypeDeadline   = "tag:twinstack.dev,2026:deadline-exceeded"

	// TypeUnavailable: the database could not be asked. A write was certainly not done.
	TypeUnavailable = "tag:twinstack.dev,2026:database-unavailable"
	// TypeOutcomeUnknown: a write may or may not be done; the same one may be sent again.
	TypeOutcomeUnknown = "tag:twinstack.dev,2026:outcome-unknown"
	// TypeWriteLost: the write that the caller wants to read is not there, not even on the writer.
	TypeWriteLost = "tag:twinstack.dev,2026:write-lost"
	// TypeConflict: the name or id stands for something else already.
	TypeConflict = "tag:twinstack.dev,2026:conflict"
	// TypeOverdraft: the account has too little.
	TypeOverdraft = "tag:twinstack.dev,2026:overdraft"
	// TypeUnknownAccount: there is no such account.
	TypeUnknownAccount = "tag:twinstack.dev,2026:unknown-account"
)

// FieldError is one reason why a request was refused.
type FieldError struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Problem is the body of an error answer. Type may be empty: the status then says it all.
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Errors    []FieldError `json:"errors,omitempty"`
	RequestID string       `json:"request_id,omitempty"`
	identity.Identity
}

// Write sends p. Title, an empty Type, the identity and the request id (from the answer's own X-Request-Id) are
// filled in.
func Write(w http.ResponseWriter, id identity.Identity, p Problem) {
	if p.Type == "" {
		p.Type = "about:blank"
	}
	p.Title = http.StatusText(p.Status)
	p.Identity = id
	p.RequestID = w.Header().Get("X-Request-Id")
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	// The status is sent: an error here means that the caller has gone.
	_ = json.NewEncoder(w).Encode(p)
}
