package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"twinstack.dev/chaos/internal/history"
)

// Promotion is a region that became the writer, at some moment of its span.
type Promotion struct {
	history.Span
	Region string
	Epoch  int64
}

// Promotions are the changes of the writer: those in the stewards' history, and those that only showed in a region's own
// word, as its steward died before it wrote them down. The writer of the beginning is not among them.
func Promotions(h history.History) []Promotion {
	taken := map[int64]time.Duration{}
	known := map[int64]bool{h.Epoch: true}
	var all []Promotion
	for _, e := range h.Events {
		switch e.Kind {
		case "taken":
			taken[e.Epoch] = e.Begin
		case "promoted":
			if known[e.Epoch] || e.Epoch < h.Epoch {
				continue
			}
			known[e.Epoch] = true
			p := Promotion{Span: e.Span, Region: e.Region, Epoch: e.Epoch}
			if at, found := taken[e.Epoch]; found {
				p.Begin = min(p.Begin, at)
			}
			all = append(all, p)
		}
	}
	all = append(all, untold(h, known)...)
	slices.SortStableFunc(all, func(x, y Promotion) int { return cmp.Compare(x.Epoch, y.Epoch) })
	return all
}

// untold are promotions between two looks at a region's health, of epochs that no event tells of.
func untold(h history.History, known map[int64]bool) []Promotion {
	var found []Promotion
	var before time.Duration
	for _, seen := range h.Health {
		if seen.Problem == "" && seen.Writer != "" && seen.Epoch > h.Epoch && !known[seen.Epoch] {
			known[seen.Epoch] = true
			found = append(found, Promotion{Span: history.Span{Begin: before, End: seen.End}, Region: seen.Writer, Epoch: seen.Epoch})
		}
		if seen.Problem == "" && seen.Epoch == h.Epoch {
			before = seen.Begin
		}
	}
	return found
}

// Changes is the least number of changes of one single writer that explains which regions accepted writes, whatever the
// stewards say; accepted writes of two writers at once need one change for nearly each of them.
func Changes(samples []history.Sample, initial string) int {
	waiting := accepted(samples)
	writer, changes := initial, 0
	for {
		// The writer stays for as long as no other region's write must have been accepted.
		next := -1
		for i, s := range waiting {
			if s.Region != writer && (next < 0 || s.End < waiting[next].End) {
				next = i
			}
		}
		if next < 0 {
			return changes
		}
		at, from := waiting[next].End, writer
		writer = waiting[next].Region
		changes++
		waiting = slices.DeleteFunc(waiting, func(s history.Sample) bool {
			return s.Begin <= at && (s.Region == from || s.Region == writer)
		})
	}
}

func accepted(samples []history.Sample) []history.Sample {
	var all []history.Sample
	for _, s := range samples {
		if s.Outcome == history.Accepted {
			all = append(all, s)
		}
	}
	return all
}

// WriterProblems says in which ways the accepted writes contradict that there was one writer at a time, the one that the
// stewards had agreed on; nothing if they do not.
func WriterProblems(h history.History) []string {
	promotions := Promotions(h)
	var problems []string
	if changes := Changes(h.Samples, h.Writer); changes > len(promotions) {
		problems = append(problems, fmt.Sprintf(
			"two writers: accepted writes need at least %d changes of a single writer; there were %d promotions", changes, len(promotions)))
	}
	if reason := checkRegister(h, promotions); reason != "" {
		problems = append(problems, reason)
	}
	return problems
}

// AcceptedBetween counts the writes that any database accepted in a time in which nobody may write.
func AcceptedBetween(samples []history.Sample, from, until time.Duration) int {
	n := 0
	for _, s := range accepted(samples) {
		if s.Begin >= from && s.End < until {
			n++
		}
	}
	return n
}
