// Package history is what was seen in one run: the raw material of every verdict. Times are since the run's start, on the
// recorder's monotonic clock.
package history

import "time"

// Patience is how long a client waits for the answer to a Request.
const Patience = 2 * time.Second

// Kinds of a Request.
const (
	Write = "write"
	Read  = "read"
)

// Outcomes of a Sample.
const (
	Accepted = "accepted"
	Refused  = "refused"
	NoAnswer = "no answer"
)

// Names of a Mark.
const (
	Fault   = "fault"
	Struck  = "struck"
	Heal    = "heal"
	Healed  = "healed"
	Healthy = "healthy"
)

// Span is when something began and ended.
type Span struct {
	Begin time.Duration `json:"beginNanoseconds"`
	End   time.Duration `json:"endNanoseconds"`
}

// Request is one request of a client.
type Request struct {
	Span
	Client string `json:"client"`
	Kind   string `json:"kind"`
	// ID is the transfer that is made or asked for.
	ID string `json:"id"`
	// Answer is what the resolver said, and Address which of it was taken.
	Answer  []string `json:"answer"`
	Address string   `json:"address,omitempty"`
	// Region is who answered.
	Region string `json:"region,omitempty"`
	Status int    `json:"status,omitempty"`
	// Good tells that the client got what it asked for. A good write is an acknowledged one.
	Good    bool   `json:"good"`
	Problem string `json:"problem,omitempty"`
	// Gone tells that an acknowledged write was answered to be absent.
	Gone bool `json:"gone,omitempty"`
}

// Lookup is one question to a DNS server.
type Lookup struct {
	Span
	Server    string   `json:"server"`
	Addresses []string `json:"addresses"`
	Problem   string   `json:"problem,omitempty"`
}

// Sample is one real write to a region's own database.
type Sample struct {
	Span
	Region  string `json:"region"`
	Outcome string `json:"outcome"`
	Problem string `json:"problem,omitempty"`
}

// Health is one look at a region's own word about itself.
type Health struct {
	Span
	Region    string `json:"region"`
	InService bool   `json:"inService"`
	Writer    string `json:"writer"`
	Epoch     int64  `json:"epoch"`
	Reason    string `json:"reason,omitempty"`
	Problem   string `json:"problem,omitempty"`
}

// Event is a transition that the stewards recorded.
type Event struct {
	Span
	Kind   string `json:"kind"`
	Region string `json:"region"`
	Epoch  int64  `json:"epoch"`
	Reason string `json:"reason"`
}

// Mark is a moment of the run itself.
type Mark struct {
	Name string        `json:"name"`
	At   time.Duration `json:"atNanoseconds"`
}

// History is everything, each kind in the order in which it ended.
type History struct {
	// Writer and Epoch are those of the beginning.
	Writer   string
	Epoch    int64
	Requests []Request
	Lookups  []Lookup
	Samples  []Sample
	Health   []Health
	Events   []Event
	Marks    []Mark
}

// Mark returns when something was; false if it was not.
func (h *History) Mark(name string) (time.Duration, bool) {
	for _, m := range h.Marks {
		if m.Name == name {
			return m.At, true
		}
	}
	return 0, false
}

// End is when the last of anything ended.
func (h *History) End() time.Duration {
	var end time.Duration
	for _, r := range h.Requests {
		end = max(end, r.End)
	}
	for _, m := range h.Marks {
		end = max(end, m.At)
	}
	return end
}

// Acknowledged are the ids of the writes that clients were told to be done.
func (h *History) Acknowledged() []string {
	var ids []string
	for _, r := range h.Requests {
		if r.Kind == Write && r.Good {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
