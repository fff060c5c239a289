package verdict_test

import (
	"strings"
	"testing"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/verdict"
)

// asked are requests, one each 50 ms, every second one a write; those sent within a bad span fail.
func asked(until int, bad ...history.Span) []history.Request {
	var all []history.Request
	for at := 0; at < until; at += 50 {
		r := history.Request{Span: span(at, at+10), Kind: history.Write, ID: "t-" + ms(at).String(), Good: true}
		if at%100 != 0 {
			r.Kind = history.Read
		}
		for _, b := range bad {
			r.Good = r.Good && (r.Begin < b.Begin || r.Begin >= b.End)
		}
		all = append(all, r)
	}
	return all
}

func TestRecovered(t *testing.T) {
	for name, test := range map[string]struct {
		requests []history.Request
		want     time.Duration
		well     bool
	}{
		"never ill":            {asked(20000), ms(5000), true},
		"ill before":           {asked(20000, span(0, 4000)), ms(5000), true},
		"ill for a while":      {asked(20000, span(6000, 9000)), ms(9000), true},
		"ill twice":            {asked(20000, span(6000, 7000), span(11000, 11050)), ms(11050), true},
		"ill at the end":       {asked(20000, span(6000, 20000)), 0, false},
		"well for too short":   {asked(20000, span(6000, 19000)), 0, false},
		"nothing was sent":     {asked(4000), 0, false},
		"one of 40 is too bad": {asked(20000, span(8000, 8010)), ms(8050), true},
	} {
		got, well := verdict.Recovered(test.requests, ms(5000), ms(20000))
		if got != test.want || well != test.well {
			t.Errorf("%s: got %s %t, want %s %t", name, got, well, test.want, test.well)
		}
	}
}

func TestOneInHundredMayFail(t *testing.T) {
	var requests []history.Request
	for at := range 4000 {
		requests = append(requests, history.Request{Span: span(at*5, at*5+1), Good: at%200 != 0})
	}
	if got, well := verdict.Recovered(requests, 0, ms(20000)); got != 0 || !well {
		t.Errorf("got %s %t, want well from the beginning", got, well)
	}
}

func TestWritesComeBack(t *testing.T) {
	for name, test := range map[string]struct {
		requests []history.Request
		want     time.Duration
		back     bool
	}{
		"never away":                          {asked(20000), ms(10), true},
		"away":                                {asked(20000, span(5100, 9000)), ms(4010), true},
		"late":                                {asked(20000, span(6900, 9000)), ms(4010), true},
		"for a moment":                        {asked(20000, span(4900, 5700)), ms(710), true},
		"a later one":                         {asked(20000, span(6000, 6300)), ms(10), true},
		"not any more":                        {asked(20000, span(6000, 20000)), 0, false},
		"away again before it was steady":     {asked(20000, span(5100, 9000), span(12000, 15000)), ms(10010), true},
		"away again after it was steady":      {asked(20000, span(5100, 8000), span(14000, 16500)), ms(3010), true},
		"away for longer after it was steady": {asked(20000, span(5100, 6000), span(12000, 16000)), ms(4100), true},
	} {
		got, back := verdict.WriterBack(test.requests, ms(5000), ms(20000))
		if got != test.want || back != test.back {
			t.Errorf("%s: got %s %t, want %s %t", name, got, back, test.want, test.back)
		}
	}
	pause, _ := verdict.LongestPause(asked(20000, span(4900, 9000)), ms(5000), ms(20000))
	if pause.Begin != ms(4810) || pause.Length() != ms(4200) {
		t.Errorf("the pause is %+v; must begin with the last acknowledgement before the fault", pause)
	}
}

func TestAnswerChanged(t *testing.T) {
	lookup := func(at int, server, addresses, problem string) history.Lookup {
		l := history.Lookup{Span: span(at, at+1), Server: server, Problem: problem}
		if addresses != "" {
			l.Addresses = strings.Fields(addresses)
		}
		return l
	}
	lookups := []history.Lookup{
		lookup(100, "one", "10.0.0.1 10.0.0.2", ""), lookup(100, "two", "10.0.0.1 10.0.0.2", ""),
		lookup(2000, "one", "", "timeout"), lookup(2500, "two", "10.0.0.1 10.0.0.2", ""),
		lookup(3000, "two", "10.0.0.2", ""), lookup(9000, "one", "10.0.0.2", ""),
	}
	all := func(string) bool { return true }
	if at, changed := verdict.AnswerChanged(lookups, all, ms(1000), ms(10000)); !changed || at != ms(3001) {
		t.Errorf("got %s %t, want 3.001s", at, changed)
	}
	if _, changed := verdict.AnswerChanged(lookups, all, ms(1000), ms(2900)); changed {
		t.Error("no answer is not another answer")
	}
}
