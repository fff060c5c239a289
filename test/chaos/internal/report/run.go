// Package report writes down what runs came to: for people a table and a plot, for programs JSON.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"twinstack.dev/chaos/internal/verdict"
)

// Run is one run of a scenario.
type Run struct {
	Scenario string `json:"scenario"`
	Number   int    `json:"number"`
	Mode     string `json:"mode"`
	Seed     uint64 `json:"seed"`
	// Seconds is how long it took in all.
	Seconds float64         `json:"seconds"`
	Figures verdict.Figures `json:"figures"`
	Ledger  verdict.Ledger  `json:"ledger"`
	// Problems are what makes it fail, and Late are the times that it missed.
	Problems []string `json:"problems"`
	Late     []string `json:"late"`
}

// Passed tells that nothing was wrong.
func (r Run) Passed() bool { return len(r.Problems)+len(r.Late) == 0 }

// OnlyLate tells that it missed a time, and that nothing else was wrong.
func (r Run) OnlyLate() bool { return len(r.Problems) == 0 && len(r.Late) > 0 }

// Verdict is one word for it.
func (r Run) Verdict() string {
	switch {
	case r.Passed():
		return "pass"
	case r.OnlyLate():
		return "LATE"
	}
	return "FAIL"
}

// Wrong is everything that was.
func (r Run) Wrong() []string { return append(slices.Clone(r.Problems), r.Late...) }

// column is one of a table of runs.
type column struct {
	title string
	cell  func(Run) string
}

var columns = []column{
	{"scenario", func(r Run) string { return r.Scenario }},
	{"run", func(r Run) string { return fmt.Sprint(r.Number) }},
	{"clients well (s)", func(r Run) string { return figure(r.Figures.Clients) }},
	{"authority's answer (s)", func(r Run) string { return figure(r.Figures.Authority) }},
	{"resolver's answer (s)", func(r Run) string { return figure(r.Figures.Recursor) }},
	{"writer back (s)", func(r Run) string { return figure(r.Figures.Writer) }},
	{"longest pause (s)", func(r Run) string { return figure(r.Figures.Pause) }},
	{"clients well after heal (s)", func(r Run) string { return figure(r.Figures.AfterHeal) }},
	{"healthy after heal (s)", func(r Run) string { return figure(r.Figures.Healthy) }},
	{"requests", func(r Run) string { return fmt.Sprint(r.Figures.Requests) }},
	{"bad", func(r Run) string { return fmt.Sprint(r.Figures.Bad) }},
	{"acknowledged", func(r Run) string { return fmt.Sprint(r.Figures.Acknowledged) }},
	{"lost", func(r Run) string { return fmt.Sprint(r.Figures.Lost) }},
	{"told lost", func(r Run) string { return fmt.Sprint(r.Ledger.ToldLost) }},
	{"verdict", func(r Run) string {
		if r.Passed() {
			return r.Verdict()
		}
		return r.Verdict() + ": " + strings.Join(r.Wrong(), "; ")
	}},
}

func figure(seconds *float64) string {
	if seconds == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f", *seconds)
}

// Table writes runs as a table in Markdown.
func Table(w io.Writer, runs []Run) error {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	rows := [][]string{titles}
	for _, r := range runs {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = c.cell(r)
		}
		rows = append(rows, cells)
	}
	return markdown(w, rows)
}

// markdown writes rows, the first of which are titles.
func markdown(w io.Writer, rows [][]string) error {
	for i, cells := range rows {
		if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")); err != nil {
			return err
		}
		if i == 0 {
			if _, err := fmt.Fprintf(w, "|%s\n", strings.Repeat(" --- |", len(cells))); err != nil {
				return err
			}
		}
	}
	return nil
}

// WriteJSON writes a value into a file.
func WriteJSON(directory, name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, name), append(text, '\n'), 0o644)
}

// WriteFile writes a file by a function.
func WriteFile(directory, name string, write func(io.Writer) error) error {
	var text strings.Builder
	if err := write(&text); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, name), []byte(text.String()), 0o644)
}

// Seconds words a figure for a line of text.
func Seconds(figure *float64) string {
	if figure == nil {
		return "never"
	}
	return fmt.Sprintf("%.1f s", *figure)
}
