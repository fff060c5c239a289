package report

import (
	"fmt"
	"io"
	"math"
	"slices"

	"twinstack.dev/chaos/internal/verdict"
)

// Spread is how a figure was distributed over runs, in seconds.
type Spread struct {
	Runs int     `json:"runs"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	Max  float64 `json:"max"`
}

// Summary is all runs of one scenario.
type Summary struct {
	Scenario string `json:"scenario"`
	Mode     string `json:"mode"`
	Runs     int    `json:"runs"`
	Passed   int    `json:"passed"`
	Clients  Spread `json:"clients"`
	// Authority and Recursor are over the runs in which the answer changed.
	Authority    Spread `json:"authority"`
	Recursor     Spread `json:"recursor"`
	Writer       Spread `json:"writer"`
	Pause        Spread `json:"pause"`
	Healthy      Spread `json:"healthy"`
	Acknowledged int    `json:"acknowledged"`
	Lost         int    `json:"lost"`
}

// Summarize groups runs by scenario, in the order in which they came.
func Summarize(runs []Run) []Summary {
	var all []Summary
	for _, r := range runs {
		i := slices.IndexFunc(all, func(s Summary) bool { return s.Scenario == r.Scenario })
		if i < 0 {
			i = len(all)
			all = append(all, Summary{Scenario: r.Scenario, Mode: r.Mode})
		}
		s := &all[i]
		s.Runs++
		s.Acknowledged += r.Figures.Acknowledged
		s.Lost += r.Figures.Lost
		if r.Passed() {
			s.Passed++
		}
	}
	for i := range all {
		s := &all[i]
		of := func(pick func(verdict.Figures) *float64) Spread { return spread(runs, s.Scenario, pick) }
		s.Clients = of(func(f verdict.Figures) *float64 { return f.Clients })
		s.Authority = of(func(f verdict.Figures) *float64 { return f.Authority })
		s.Recursor = of(func(f verdict.Figures) *float64 { return f.Recursor })
		s.Writer = of(func(f verdict.Figures) *float64 { return f.Writer })
		s.Pause = of(func(f verdict.Figures) *float64 { return f.Pause })
		s.Healthy = of(func(f verdict.Figures) *float64 { return f.Healthy })
	}
	return all
}

// spread leaves runs out in which it did not happen; how many are left is part of it.
func spread(runs []Run, scenario string, pick func(verdict.Figures) *float64) Spread {
	var values []float64
	for _, r := range runs {
		if value := pick(r.Figures); r.Scenario == scenario && value != nil {
			values = append(values, *value)
		}
	}
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	return Spread{len(values), percentile(values, 0.5), percentile(values, 0.95), values[len(values)-1]}
}

// percentile is the least value that so large a share of the sorted values does not exceed: it is one that was measured.
func percentile(sorted []float64, share float64) float64 {
	return sorted[max(int(math.Ceil(share*float64(len(sorted)))), 1)-1]
}

func (s Spread) String() string {
	if s.Runs == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f / %.1f / %.1f", s.P50, s.P95, s.Max)
}

// SummaryTable writes summaries as a table in Markdown.
func SummaryTable(w io.Writer, all []Summary) error {
	rows := [][]string{{
		"scenario", "mode", "runs", "passed", "clients well, p50 / p95 / max (s)", "authority's answer (s)", "resolver's answer (s)", "writer back (s)", "longest pause (s)",
		"healthy after heal (s)", "acknowledged", "lost",
	}}
	for _, s := range all {
		rows = append(rows, []string{
			s.Scenario, s.Mode, fmt.Sprint(s.Runs), fmt.Sprint(s.Passed), s.Clients.String(), s.Authority.String(),
			s.Recursor.String(), s.Writer.String(), s.Pause.String(), s.Healthy.String(), fmt.Sprint(s.Acknowledged), fmt.Sprint(s.Lost),
		})
	}
	return markdown(w, rows)
}
