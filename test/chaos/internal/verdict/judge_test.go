package verdict_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/verdict"
)

// goodRun is a failover from a to b at 5 s, healed at 15 s.
func goodRun() (history.History, verdict.Ledger, verdict.Expected) {
	h := history.History{
		Writer: "a", Epoch: 7, Requests: asked(25000, span(5000, 9000)), Events: promoted("b", 8, 8500, 8900),
		Samples: joined(sampled("a", 0, 5000), sampled("b", 9000, 25000)),
		Marks: []history.Mark{
			{Name: history.Fault, At: ms(5000)}, {Name: history.Struck, At: ms(5100)}, {Name: history.Heal, At: ms(15000)},
			{Name: history.Healed, At: ms(15100)}, {Name: history.Healthy, At: ms(20000)},
		},
	}
	ids := map[string]bool{}
	for _, id := range h.Acknowledged() {
		ids[id] = true
	}
	member := func(region string) verdict.Books {
		return verdict.Books{Region: region, IDs: ids, Total: 100, Equal: true, Checksums: map[string]string{"app.accounts": "1"}}
	}
	return h, verdict.Ledger{Total: 100, Members: []verdict.Books{member("a"), member("b")}},
		verdict.Expected{ClientsWithin: 15 * time.Second, WriterWithin: 10 * time.Second}
}

func TestGoodRunPasses(t *testing.T) {
	v := verdict.Judge(goodRun())
	if len(v.Problems)+len(v.Late) > 0 {
		t.Errorf("problems: %q, late: %q", v.Problems, v.Late)
	}
	f := v.Figures
	if *f.Clients != 4 || *f.Writer != 4.01 || *f.AfterHeal != 0 || *f.Healthy != 5 || f.Lost != 0 || f.Promotions != 1 || f.Changes != 1 || f.Bad != 80 {
		t.Errorf("figures: %+v", f)
	}
}

// Each case breaks one thing of the good run.
func TestBadRunsFail(t *testing.T) {
	for want, spoil := range map[string]func(*history.History, *verdict.Ledger, *verdict.Expected){
		"writes went on after their longest pause after 4.1 s; must be within 3s": func(_ *history.History, _ *verdict.Ledger, e *verdict.Expected) {
			e.PauseWithin = 3 * time.Second
		},
		"clients were well again: not while the fault lasted": func(h *history.History, _ *verdict.Ledger, _ *verdict.Expected) {
			h.Requests = asked(25000, span(5000, 16000))
		},
		"clients were not well at the end": func(h *history.History, _ *verdict.Ledger, _ *verdict.Expected) {
			h.Requests = asked(25000, span(16000, 25000))
		},
		"the stack was not healthy at the end": func(h *history.History, _ *verdict.Ledger, _ *verdict.Expected) {
			h.Marks = h.Marks[:4]
		},
		"1 acknowledged writes are lost: t-1s": func(_ *history.History, l *verdict.Ledger, _ *verdict.Expected) {
			without(l, "t-1s")
		},
		"2 acknowledged writes are lost; the stewards tell of 1": func(_ *history.History, l *verdict.Ledger, e *verdict.Expected) {
			without(l, "t-1s", "t-2s")
			l.ToldLost, e.LossAllowed = 1, true
		},
		"1 acknowledged writes were answered to be absent": func(h *history.History, _ *verdict.Ledger, _ *verdict.Expected) {
			h.Requests[3].Gone = true
		},
		"balances in region b are 99 in all; must be 100": func(_ *history.History, l *verdict.Ledger, _ *verdict.Expected) {
			l.Members[1].Total = 99
		},
		"region b does not have the transactions of the writer": func(_ *history.History, l *verdict.Ledger, _ *verdict.Expected) {
			l.Members[1].Equal = false
		},
		"table app.accounts differs between regions a and b": func(_ *history.History, l *verdict.Ledger, _ *verdict.Expected) {
			l.Members[1].Checksums = map[string]string{"app.accounts": "2"}
		},
		"1 members could be read; must be both": func(_ *history.History, l *verdict.Ledger, _ *verdict.Expected) {
			l.Members = l.Members[:1]
		},
		"two writers": func(h *history.History, _ *verdict.Ledger, _ *verdict.Expected) {
			h.Samples = joined(h.Samples, sampled("a", 10000, 11000))
		},
		"writes were accepted while nobody may write": func(_ *history.History, _ *verdict.Ledger, e *verdict.Expected) {
			e.NobodyAfter = time.Second
		},
		"two writers were not found although fencing is off": func(_ *history.History, _ *verdict.Ledger, e *verdict.Expected) {
			e.TwoWriters = true
		},
	} {
		h, ledger, expected := goodRun()
		spoil(&h, &ledger, &expected)
		problems := verdict.Judge(h, ledger, expected).Problems
		if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("want %q, got %q", want, problems)
		}
	}
}

// A time that was missed is told apart from what may never happen.
func TestLateRunsAreLate(t *testing.T) {
	h, ledger, expected := goodRun()
	expected.ClientsWithin, expected.WriterWithin = 3*time.Second, 2*time.Second
	v := verdict.Judge(h, ledger, expected)
	want := []string{"clients were well again after 4.0 s; must be within 3s", "writes were acknowledged again after 4.0 s; must be within 2s"}
	if len(v.Problems) > 0 || !slices.Equal(v.Late, want) {
		t.Errorf("problems %q, late %q; want none, %q", v.Problems, v.Late, want)
	}
}

// without takes transfers from the second member's books, and leaves those of the first alone.
func without(l *verdict.Ledger, ids ...string) {
	left := map[string]bool{}
	for id := range l.Members[1].IDs {
		left[id] = !slices.Contains(ids, id)
	}
	l.Members[1].IDs = left
}

func TestToldLossPasses(t *testing.T) {
	h, ledger, expected := goodRun()
	without(&ledger, "t-1s")
	ledger.ToldLost, expected.LossAllowed = 3, true
	if v := verdict.Judge(h, ledger, expected); len(v.Problems) > 0 || v.Figures.Lost != 1 {
		t.Errorf("problems %q, lost %d", v.Problems, v.Figures.Lost)
	}
}

func TestTwoWritersWithoutFencingPass(t *testing.T) {
	h, ledger, expected := goodRun()
	h.Samples = joined(h.Samples, sampled("a", 10000, 14000))
	expected.TwoWriters = true
	if v := verdict.Judge(h, ledger, expected); len(v.Problems) > 0 {
		t.Errorf("problems %q", v.Problems)
	}
}
