package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/report"
	"twinstack.dev/chaos/internal/verdict"
)

func figures(clients ...float64) []report.Run {
	var runs []report.Run
	for i, c := range clients {
		f := verdict.Figures{Acknowledged: 10, Lost: i % 2}
		if c >= 0 {
			f.Clients = &c
		}
		runs = append(runs, report.Run{Scenario: "one", Number: i + 1, Mode: "semi-sync", Figures: f})
	}
	return runs
}

func TestSummary(t *testing.T) {
	runs := figures(20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
	runs[4].Problems = []string{"too late"}
	runs = append(runs, report.Run{Scenario: "two"}, figures(-1)[0])
	all := report.Summarize(runs)
	if len(all) != 2 || all[0].Scenario != "one" || all[1].Scenario != "two" {
		t.Fatalf("got %+v", all)
	}
	s := all[0]
	// One of the 21 runs did not recover: it counts as a run, and has no time.
	if s.Runs != 21 || s.Passed != 20 || s.Acknowledged != 210 || s.Lost != 10 || s.Clients != (report.Spread{Runs: 20, P50: 10, P95: 19, Max: 20}) {
		t.Errorf("got %+v", s)
	}
	if s.Clients.String() != "10.0 / 19.0 / 20.0" || s.Writer.String() != "-" {
		t.Errorf("spreads are %s and %s", s.Clients, s.Writer)
	}
	if one := report.Summarize(figures(7))[0].Clients; one != (report.Spread{Runs: 1, P50: 7, P95: 7, Max: 7}) {
		t.Errorf("got %+v", one)
	}
}

func TestTables(t *testing.T) {
	runs := figures(4.25)
	runs[0].Problems = []string{"lost", "late"}
	var text strings.Builder
	if err := report.Table(&text, runs); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[2], "| one | 1 | 4.2 | - | - |") || !strings.Contains(lines[2], "FAIL: lost; late") {
		t.Errorf("got %s", text.String())
	}
	for _, line := range lines {
		if strings.Count(line, "|") != strings.Count(lines[0], "|") {
			t.Errorf("%q has other columns than %q", line, lines[0])
		}
	}
	text.Reset()
	if err := report.SummaryTable(&text, report.Summarize(runs)); err != nil || !strings.Contains(text.String(), "| one | semi-sync | 1 | 0 | 4.2 / 4.2 / 4.2 |") {
		t.Errorf("got %s, %v", text.String(), err)
	}
}

func TestPlotShowsTheRun(t *testing.T) {
	at := func(begin, end int) history.Span {
		return history.Span{Begin: time.Duration(begin) * time.Second, End: time.Duration(end) * time.Second}
	}
	h := history.History{
		Requests: []history.Request{{Span: at(1, 2), Good: true}, {Span: at(6, 8)}, {Span: at(19, 20), Good: true}},
		Samples: []history.Sample{
			{Span: at(1, 2), Region: "a", Outcome: history.Accepted}, {Span: at(6, 7), Region: "a", Outcome: history.Refused},
			{Span: at(9, 19), Region: "b", Outcome: history.Accepted},
		},
		Lookups: []history.Lookup{{Span: at(1, 2), Server: "recursor", Addresses: []string{"10.0.0.1", "10.0.0.2"}}},
		Health:  []history.Health{{Span: at(1, 2), Region: "b", InService: true, Writer: "a"}},
		Marks:   []history.Mark{{Name: history.Fault, At: 5 * time.Second}, {Name: history.Heal, At: 15 * time.Second}, {Name: history.Healthy, At: 18 * time.Second}},
	}
	var text strings.Builder
	if err := report.Plot(&text, "cut & <run>", h); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, text.String())
	for _, want := range []string{
		"cut &amp; &lt;run&gt;", "<title>1 good</title>", "<title>1 bad</title>", "writes accepted in a", "<title>b, 9.0 s to 19.0 s</title>",
		"<title>10.0.0.1 10.0.0.2, 1.0 s to 2.0 s</title>", "<title>writer a, 1.0 s to 2.0 s</title>", "<title>fault</title>", "healthy",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the plot lacks %q", want)
		}
	}
	if strings.Contains(text.String(), "<title>a, 6.0 s") {
		t.Error("a refused write is drawn as an accepted one")
	}
	if err := report.Plot(io.Discard, "nothing was seen", history.History{}); err != nil {
		t.Error(err)
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the plot is no XML: %v", err)
		}
	}
}
