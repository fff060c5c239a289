package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Modes of replication.
const (
	Async    = "async"
	SemiSync = "semi-sync"
	Group    = "group"
)

// stewardPatience bounds one question to a steward, whose region may be gone.
const stewardPatience = 10 * time.Second

// Status is what of the steward's status is looked at.
type Status struct {
	Mode    string `json:"mode"`
	Writer  string `json:"writer"`
	Open    bool   `json:"open"`
	Epoch   int64  `json:"epoch"`
	Paused  bool   `json:"paused"`
	Promise struct {
		RPO    string   `json:"rpo"`
		Synced []string `json:"synced"`
	} `json:"promise"`
	Regions []struct {
		Name      string `json:"name"`
		Witness   bool   `json:"witness"`
		InService bool   `json:"inService"`
		Steward   bool   `json:"steward"`
		Database  string `json:"database"`
		Errant    string `json:"errant"`
		Problem   string `json:"problem"`
	} `json:"regions"`
	Discarded []Tail `json:"discarded"`
	Voters    []struct {
		Name    string `json:"name"`
		Healthy bool   `json:"healthy"`
		Problem string `json:"problem"`
	} `json:"voters"`
	Request string `json:"request"`
}

// Tail is what a former writer had and its successor had not.
type Tail struct {
	Region string `json:"region"`
	Epoch  int64  `json:"epoch"`
	Count  int    `json:"count"`
	// Lost tells that some of it may have been acknowledged.
	Lost bool `json:"lost"`
}

// Event is one line of the stewards' history, by the wall clock.
type Event struct {
	Kind   string    `json:"kind"`
	Region string    `json:"region"`
	Epoch  int64     `json:"epoch"`
	Reason string    `json:"reason"`
	Begin  time.Time `json:"begin"`
	End    time.Time `json:"end"`
}

// Steward runs the steward's command line in a region.
func (s Stack) Steward(ctx context.Context, region string, arguments ...string) (string, error) {
	return s.Kubectl(ctx, region, append([]string{"exec", "deployment/steward", "--", "/service"}, arguments...)...)
}

// Status asks the stewards one after the other until one answers.
func (s Stack) Status(ctx context.Context) (Status, error) {
	var status Status
	return status, s.askAny(ctx, &status, "status", "--json")
}

// Events is the history that the stewards keep.
func (s Stack) Events(ctx context.Context) ([]Event, error) {
	var events []Event
	return events, s.askAny(ctx, &events, "events", "--json")
}

func (s Stack) askAny(ctx context.Context, into any, arguments ...string) error {
	var failures []error
	for _, region := range s.Regions {
		bounded, cancel := context.WithTimeout(ctx, stewardPatience)
		text, err := s.Steward(bounded, region.Name, arguments...)
		cancel()
		if err == nil {
			return json.Unmarshal([]byte(text), into)
		}
		failures = append(failures, fmt.Errorf("steward of region %s: %w", region.Name, err))
	}
	return errors.Join(failures...)
}

// Unhealthy says what keeps the stack from being as good as new; nothing if it is.
func (s Status) Unhealthy() string {
	var wrong []string
	add := func(format string, arguments ...any) { wrong = append(wrong, fmt.Sprintf(format, arguments...)) }
	if s.Writer == "" || !s.Open {
		add("there is no writer")
	}
	if s.Request != "" {
		add("%s is under way", s.Request)
	}
	if s.Mode != Async && s.Promise.RPO != "0" {
		add("the promise is not held")
	}
	for _, r := range s.Regions {
		switch {
		case !r.Steward:
			add("region %s has no steward with a lease", r.Name)
		case !r.Witness && !r.InService:
			add("region %s is not in service", r.Name)
		case r.Problem != "" || r.Errant != "":
			add("region %s: %s%s", r.Name, r.Problem, r.Errant)
		case s.Writer != "" && r.Name != s.Writer && !following(r.Database):
			add("the database of region %s is %s", r.Name, r.Database)
		}
	}
	for _, v := range s.Voters {
		if !v.Healthy {
			add("voter %s: %s", v.Name, v.Problem)
		}
	}
	return strings.Join(wrong, "; ")
}

// following tells a database that gets everything from the writer.
func following(database string) bool {
	return strings.HasPrefix(database, "replica of ") || database == "secondary"
}

// Lost counts the transactions that were discarded, may have been acknowledged, and are not among those before.
func Lost(before, after []Tail) int {
	known := map[Tail]int{}
	for _, t := range before {
		known[t]++
	}
	lost := 0
	for _, t := range after {
		if known[t]--; known[t] < 0 && t.Lost {
			lost += t.Count
		}
	}
	return lost
}
