package verdict_test

import (
	"strings"
	"testing"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/verdict"
)

// ms are milliseconds since the start.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func span(begin, end int) history.Span { return history.Span{Begin: ms(begin), End: ms(end)} }

// sampled are accepted writes to a region, one each 100 ms.
func sampled(region string, from, until int) []history.Sample {
	var all []history.Sample
	for at := from; at < until; at += 100 {
		all = append(all, history.Sample{Span: span(at, at+5), Region: region, Outcome: history.Accepted})
	}
	return all
}

func promoted(region string, epoch int64, begin, end int) []history.Event {
	return []history.Event{
		{Span: span(begin, begin), Kind: "taken", Region: region, Epoch: epoch},
		{Span: span(begin, end), Kind: "promoted", Region: region, Epoch: epoch},
	}
}

func joined[T any](parts ...[]T) []T {
	var all []T
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func TestOneWriterAtATime(t *testing.T) {
	for name, h := range map[string]history.History{
		"nothing happens": {Samples: sampled("a", 0, 5000)},
		"failover": {
			Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000)), Events: promoted("b", 8, 8500, 9200),
		},
		"failover and back": {
			Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000), sampled("a", 13000, 15000)),
			Events:  joined(promoted("b", 8, 8500, 9200), promoted("a", 9, 12500, 13000)),
		},
		"an answer of the old writer that comes late": {
			Samples: joined(sampled("a", 0, 5000), []history.Sample{{Span: span(5000, 9400), Region: "a", Outcome: history.Accepted}}, sampled("b", 9000, 12000)),
			Events:  promoted("b", 8, 8500, 9200),
		},
		"the old writer refuses": {
			Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000),
				[]history.Sample{{Span: span(10000, 10010), Region: "a", Outcome: history.Refused}, {Span: span(11000, 12000), Region: "a", Outcome: history.NoAnswer}}),
			Events: promoted("b", 8, 8500, 9200),
		},
		"a promotion that only the regions' own word tells of": {
			Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000)),
			Health: []history.Health{
				{Span: span(8000, 8001), Region: "b", Writer: "a", Epoch: 7}, {Span: span(9500, 9501), Region: "b", Writer: "b", Epoch: 8},
			},
		},
		"events of before the run": {Samples: sampled("a", 0, 5000), Events: promoted("b", 6, 0, 10)},
	} {
		h.Writer, h.Epoch = "a", 7
		if problems := verdict.WriterProblems(h); len(problems) > 0 {
			t.Errorf("%s: %q", name, problems)
		}
	}
}

func TestTwoWritersAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		history history.History
		// byCount tells that counting finds it too; porcupine must find all.
		byCount bool
	}{
		"the old writer goes on": {history.History{
			Samples: joined(sampled("a", 0, 12000), sampled("b", 9000, 12000)), Events: promoted("b", 8, 8500, 9200),
		}, true},
		"one accepted write is enough": {history.History{
			Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000), sampled("a", 10050, 10060)), Events: promoted("b", 8, 8500, 9200),
		}, true},
		"nobody was promoted":       {history.History{Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000))}, true},
		"before its promotion":      {history.History{Samples: joined(sampled("a", 0, 5000), sampled("b", 7000, 8000)), Events: promoted("b", 8, 8500, 9200)}, false},
		"after another's promotion": {history.History{Samples: sampled("a", 0, 12000), Events: promoted("b", 8, 8500, 9200)}, false},
		"the same epoch twice": {history.History{
			Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 12000), sampled("a", 13000, 15000)),
			Events:  joined(promoted("b", 8, 8500, 9200), promoted("a", 8, 12500, 13000)),
		}, true},
	} {
		h := test.history
		h.Writer, h.Epoch = "a", 7
		problems := strings.Join(verdict.WriterProblems(h), "\n")
		if !strings.Contains(problems, "porcupine") {
			t.Errorf("%s: porcupine finds nothing: %q", name, problems)
		}
		if found := strings.Contains(problems, "changes of a single writer"); found != test.byCount {
			t.Errorf("%s: counting finds it: %t, want %t: %q", name, found, test.byCount, problems)
		}
	}
}

func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		samples []history.Sample
		want    int
	}{
		"none":        {nil, 0},
		"one region":  {sampled("a", 0, 1000), 0},
		"other first": {sampled("b", 0, 1000), 1},
		"there":       {joined(sampled("a", 0, 1000), sampled("b", 1000, 2000)), 1},
		"there, back": {joined(sampled("a", 0, 1000), sampled("b", 1000, 2000), sampled("a", 2000, 3000)), 2},
		// Ten writes of b lie between eleven of a.
		"both at once": {joined(sampled("a", 0, 1100), sampled("b", 50, 1050)), 20},
		// A long one may have been accepted at any moment of it.
		"long": {joined(sampled("a", 0, 1000), []history.Sample{{Span: span(900, 3000), Region: "a", Outcome: history.Accepted}}, sampled("b", 1000, 2000)), 1},
	} {
		if got := verdict.Changes(test.samples, "a"); got != test.want {
			t.Errorf("%s: %d changes, want %d", name, got, test.want)
		}
	}
}

func TestNobodyMayWrite(t *testing.T) {
	samples := joined(sampled("a", 0, 5000), []history.Sample{{Span: span(7000, 7005), Region: "a", Outcome: history.Refused}}, sampled("a", 9000, 9200))
	if got := verdict.AcceptedBetween(samples, ms(5000), ms(9000)); got != 0 {
		t.Errorf("%d accepted, want none", got)
	}
	if got := verdict.AcceptedBetween(samples, ms(5000), ms(10000)); got != 2 {
		t.Errorf("%d accepted, want 2", got)
	}
}
