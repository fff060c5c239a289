package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"twinstack.dev/chaos/internal/history"
)

// Expected is what a run promises. A limit of 0 is none: what it is about is measured and told.
type Expected struct {
	// ClientsWithin is how long after the fault clients are well again, WriterWithin writes acknowledged.
	ClientsWithin, WriterWithin time.Duration
	// PauseWithin is the longest time without an acknowledged write.
	PauseWithin time.Duration
	// NobodyAfter is how long after the fault nobody may write any more, until it is healed.
	NobodyAfter time.Duration
	// LossAllowed tells that what was acknowledged may be lost, as long as the loss is told.
	LossAllowed bool
	// TwoWriters tells that there must be two, and that this is found: fencing is off.
	TwoWriters bool
}

// Books is what one member has at the end.
type Books struct {
	Region    string            `json:"region"`
	IDs       map[string]bool   `json:"-"`
	Total     int64             `json:"total"`
	Checksums map[string]string `json:"checksums"`
	// Equal tells that its transactions are those of the writer.
	Equal bool `json:"equal"`
}

// Ledger is what is known of the data at the end.
type Ledger struct {
	Members []Books `json:"members"`
	// Total is what the balances must be.
	Total int64 `json:"total"`
	// ToldLost counts the transactions that the stewards say may be lost.
	ToldLost int `json:"toldLost"`
}

// Figures are what a run measured, in seconds. What did not happen is nil.
type Figures struct {
	// Clients and Writer are after the fault; AfterHeal is how long after healing the clients were well for good.
	Clients   *float64 `json:"clientsSeconds"`
	Writer    *float64 `json:"writerSeconds"`
	Pause     *float64 `json:"pauseSeconds"`
	AfterHeal *float64 `json:"afterHealSeconds"`
	Healthy   *float64 `json:"healthySeconds"`
	// Authority and Recursor are when the answers of each changed.
	Authority *float64 `json:"authoritySeconds"`
	Recursor  *float64 `json:"recursorSeconds"`

	Requests     int `json:"requests"`
	Bad          int `json:"bad"`
	Acknowledged int `json:"acknowledged"`
	Lost         int `json:"lost"`
	Promotions   int `json:"promotions"`
	// Changes is the least number of changes of one writer that explains the samples.
	Changes int `json:"changes"`
}

// Verdict is one run's. Late are the times that it missed, which are promised for 19 of 20 runs; Problems may never be.
type Verdict struct {
	Figures  Figures  `json:"figures"`
	Problems []string `json:"problems"`
	Late     []string `json:"late"`
}

// recursor is the server that clients ask; all others have authority.
const recursor = "recursor"

// Judge looks at everything that a run saw.
func Judge(h history.History, ledger Ledger, expected Expected) Verdict {
	v := Verdict{Figures: measure(h, ledger)}
	writers := WriterProblems(h)
	switch {
	case expected.TwoWriters && len(writers) == 0:
		v.fail("two writers were not found although fencing is off")
	case !expected.TwoWriters:
		v.Problems = append(v.Problems, writers...)
		v.judgeLedger(h, ledger, expected)
	}
	v.judgeTimes(h, expected)
	return v
}

func (v *Verdict) fail(format string, arguments ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, arguments...))
}

func measure(h history.History, ledger Ledger) Figures {
	f := Figures{Requests: len(h.Requests), Acknowledged: len(h.Acknowledged()), Promotions: len(Promotions(h)), Changes: Changes(h.Samples, h.Writer)}
	for _, r := range h.Requests {
		f.Bad += count(r)
	}
	f.Lost = len(lost(h, ledger))
	end := h.End()
	fault, _ := h.Mark(history.Fault)
	heal, healed := h.Mark(history.Heal)
	if !healed {
		heal = end
	}
	f.Clients = after(fault)(Recovered(h.Requests, fault, heal))
	if at, found := WriterBack(h.Requests, fault, heal); found {
		f.Writer = seconds(at)
	}
	if pause, found := LongestPause(h.Requests, fault, end); found {
		f.Pause = seconds(pause.Length())
	}
	f.AfterHeal = after(heal)(Recovered(h.Requests, heal, end))
	if at, found := h.Mark(history.Healthy); found {
		f.Healthy = seconds(at - heal)
	}
	f.Authority = after(fault)(AnswerChanged(h.Lookups, func(server string) bool { return server != recursor }, fault, heal))
	f.Recursor = after(fault)(AnswerChanged(h.Lookups, func(server string) bool { return server == recursor }, fault, heal))
	return f
}

func seconds(d time.Duration) *float64 {
	s := d.Seconds()
	return &s
}

// after turns a moment that may not have come into seconds since another one.
func after(begin time.Duration) func(time.Duration, bool) *float64 {
	return func(at time.Duration, found bool) *float64 {
		if !found {
			return nil
		}
		return seconds(at - begin)
	}
}

// lost are acknowledged writes that a member has not. Each is one loss, however many members lack it.
func lost(h history.History, ledger Ledger) []string {
	return slices.DeleteFunc(h.Acknowledged(), func(id string) bool {
		for _, member := range ledger.Members {
			if !member.IDs[id] {
				return false
			}
		}
		return true
	})
}

func (v *Verdict) judgeTimes(h history.History, expected Expected) {
	within := func(what string, limit time.Duration, measured *float64, over *[]string) {
		switch {
		case limit == 0:
		case measured == nil:
			v.fail("%s: not while the fault lasted; must be within %s", what, limit)
		case *measured > limit.Seconds():
			*over = append(*over, fmt.Sprintf("%s after %.1f s; must be within %s", what, *measured, limit))
		}
	}
	within("clients were well again", expected.ClientsWithin, v.Figures.Clients, &v.Late)
	within("writes were acknowledged again", expected.WriterWithin, v.Figures.Writer, &v.Late)
	within("writes went on after their longest pause", expected.PauseWithin, v.Figures.Pause, &v.Problems)
	// With two writers, one's clients go on being told that their writes were lost.
	if v.Figures.AfterHeal == nil && !expected.TwoWriters {
		v.fail("clients were not well at the end")
	}
	if v.Figures.Healthy == nil {
		v.fail("the stack was not healthy at the end")
	}
	fault, _ := h.Mark(history.Struck)
	heal, _ := h.Mark(history.Heal)
	if expected.NobodyAfter > 0 {
		if n := AcceptedBetween(h.Samples, fault+expected.NobodyAfter, heal); n > 0 {
			v.fail("%d writes were accepted while nobody may write", n)
		}
	}
}

func (v *Verdict) judgeLedger(h history.History, ledger Ledger, expected Expected) {
	ids := lost(h, ledger)
	switch {
	case len(ids) > 0 && !expected.LossAllowed:
		v.fail("%d acknowledged writes are lost: %s", len(ids), strings.Join(ids[:min(len(ids), 5)], " "))
	case len(ids) > ledger.ToldLost && expected.LossAllowed:
		v.fail("%d acknowledged writes are lost; the stewards tell of %d", len(ids), ledger.ToldLost)
	}
	gone := 0
	for _, r := range h.Requests {
		if r.Gone {
			gone++
		}
	}
	if gone > 0 && !expected.LossAllowed {
		v.fail("%d acknowledged writes were answered to be absent", gone)
	}
	for _, member := range ledger.Members {
		if member.Total != ledger.Total {
			v.fail("balances in region %s are %d in all; must be %d", member.Region, member.Total, ledger.Total)
		}
		if !member.Equal {
			v.fail("region %s does not have the transactions of the writer", member.Region)
		}
		for table, sum := range ledger.Members[0].Checksums {
			if member.Checksums[table] != sum {
				v.fail("table %s differs between regions %s and %s", table, ledger.Members[0].Region, member.Region)
			}
		}
	}
	if len(ledger.Members) < 2 {
		v.fail("%d members could be read; must be both", len(ledger.Members))
	}
}
