package decision_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/quorum"
)

func set(t *testing.T, text string) mysql.GTIDSet {
	t.Helper()
	s, err := mysql.ParseGTIDSet(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	fromA = "aaaaaaaa-0000-0000-0000-000000000000:1-10"
	fromB = "bbbbbbbb-0000-0000-0000-000000000000:1"
)

var wall = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// bench is a region whose view a test changes before each decision.
type bench struct {
	t    *testing.T
	core *decision.Core
	view decision.View
}

// newBench is region self of a healthy semi-synchronous pair in which a writes, in epoch 7.
func newBench(t *testing.T, self string, mode decision.Mode) *bench {
	sites := []decision.Site{{Name: "a"}, {Name: "b"}}
	if mode == decision.Group {
		sites = append(sites, decision.Site{Name: "w", Witness: true})
	}
	b := &bench{t: t, core: decision.New(decision.Config{
		Self: self, Sites: sites, Mode: mode, Preferred: "a", HoldDown: 30 * time.Second, DegradeAfter: 5 * time.Second,
		UnreachableAfter: 6 * time.Second, MaxLagSeconds: 10, Sources: map[string]mysql.Source{"a": {Host: "a"}, "b": {Host: "b"}, "w": {Host: "w"}},
	})}
	all := set(t, fromA)
	b.view = decision.View{
		Now: time.Hour, Leased: true, Settled: true, Serving: true, WriterReachable: true, LocalSeq: 1,
		Guard: &decision.GuardView{BootID: "boot", Running: true, Open: self == "a", Epoch: 7},
		Local: &mysql.Status{Executed: all, SemiSync: mysql.SemiSync{SourceOn: self == "a", Clients: 1}},
		Agreed: decision.Agreed{
			Writer: &decision.Writer{Region: "a", Epoch: 7, Open: true}, Mine: self == "a",
			State:     &decision.State{Epoch: 7, Writer: "a", Synced: []string{"b"}, Baseline: all, Bootstrapped: true},
			InService: map[string]bool{"a": true, "b": true},
			Reports: map[string]decision.Report{
				"a": {Region: "a", Running: true, Open: true, Epoch: 7, Executed: all, Received: all},
				"b": {Region: "b", Running: true, Following: "a", Receiving: true, Applying: true, Executed: all, Received: all},
			},
		},
	}
	b.view.Done.Followed = "boot"
	if self == "b" {
		b.view.Local.Replica = &mysql.Replica{Source: mysql.Source{Host: "a"}, Receiving: true, Applying: true, Retrieved: all}
	}
	return b
}

func (b *bench) decide(after time.Duration) decision.Plan {
	b.view.Now += after
	b.view.LocalSeq++
	return b.core.Decide(b.view, wall)
}

// vacate lets the writer's region die.
func (b *bench) vacate() {
	b.view.Agreed.Writer, b.view.Agreed.Mine, b.view.WriterReachable = nil, false, false
	delete(b.view.Agreed.Reports, "a")
	delete(b.view.Agreed.InService, "a")
}

func TestNothingToDoInAHealthyPair(t *testing.T) {
	for _, self := range []string{"a", "b"} {
		p := newBench(t, self, decision.SemiSync).decide(0)
		if p.Change != nil || p.Database != nil || p.Guard.Action == decision.GuardClose || !p.InService || p.Routes.Write != "a" || p.Routes.Read != self {
			t.Errorf("region %s: %+v", self, p)
		}
	}
}

func TestWhoMayTakeOver(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*bench)
		waiting string
	}{
		{"in sync", func(*bench) {}, ""},
		{"not in sync", func(b *bench) { b.view.Agreed.State.Synced = nil }, "may lack acknowledged writes; failover --to b --accept-loss"},
		{"lost its volume", func(b *bench) {
			b.view.Local.Executed, b.view.Local.Replica = mysql.GTIDSet{}, nil
		}, "lacks transactions that every candidate must have"},
		{"kept out", func(b *bench) { b.view.Agreed.State.Errant = map[string]mysql.GTIDSet{"b": set(b.t, fromB)} }, "has errant transactions"},
		{"paused", func(b *bench) { b.view.Agreed.Paused = true }, "automatic changes are paused"},
		{"database down", func(b *bench) { b.view.Local = nil }, "the local database does not answer"},
		{"handed to another", func(b *bench) { b.view.Agreed.State.Handover = &decision.Handover{From: "b", To: "a"} }, "region a is taking over"},
		{"forced although not in sync", func(b *bench) {
			b.view.Agreed.State.Synced = nil
			b.view.Agreed.Request = &decision.Request{Kind: decision.Failover, To: "b", AcceptLoss: true, Epoch: 7}
		}, ""},
		{"forced in another epoch", func(b *bench) {
			b.view.Agreed.State.Synced = nil
			b.view.Agreed.Request = &decision.Request{Kind: decision.Failover, To: "b", AcceptLoss: true, Epoch: 6}
		}, "may lack acknowledged writes"},
		{"forced without accepting loss", func(b *bench) {
			b.view.Agreed.State.Synced = nil
			b.view.Agreed.Request = &decision.Request{Kind: decision.Failover, To: "b", Epoch: 7}
		}, "may lack acknowledged writes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, "b", decision.SemiSync)
			b.vacate()
			test.change(b)
			p := b.decide(0)
			if taken := p.Change != nil; taken != (test.waiting == "") || !strings.Contains(p.Waiting, test.waiting) {
				t.Fatalf("taken %t, waiting %q", taken, p.Waiting)
			}
			if p.Change == nil {
				return
			}
			w, s := p.Change.Writer, p.Change.State
			if *w != (decision.Writer{Region: "b", Epoch: 8}) || s.Writer != "b" || len(s.Synced) != 0 || s.DegradedSince == nil || s.Former["a"].Epoch != 7 {
				t.Errorf("%+v %+v", w, s)
			}
		})
	}
}

// In async mode a steward that never saw the last writer gives it time: only that one has everything.
func TestAsyncWaitsForTheLastWriterAfterAColdStart(t *testing.T) {
	b := newBench(t, "b", decision.Async)
	b.vacate()
	if p := b.decide(0); p.Change != nil || !strings.Contains(p.Waiting, "the last writer may still come") {
		t.Errorf("%+v", p)
	}
	b.decide(2 * time.Second)
	for range 6 {
		b.decide(2 * time.Second)
	}
	if p := b.decide(2 * time.Second); p.Change == nil {
		t.Errorf("still waiting: %s", p.Waiting)
	}
}

func TestFirstWriter(t *testing.T) {
	for _, test := range []struct {
		name    string
		change  func(*bench)
		waiting string
	}{
		{"equal", func(*bench) {}, ""},
		{"the other is missing", func(b *bench) { delete(b.view.Agreed.Reports, "b") }, "is chosen when the database of region b reports"},
		{"the other has more", func(b *bench) {
			r := b.view.Agreed.Reports["b"]
			r.Received = r.Received.Union(set(b.t, fromB))
			b.view.Agreed.Reports["b"] = r
		}, "region b is to be the first writer"},
		{"both have more", func(b *bench) {
			r := b.view.Agreed.Reports["b"]
			r.Received = set(b.t, fromB)
			b.view.Agreed.Reports["b"] = r
		}, "no database has all that the others have"},
	} {
		b := newBench(t, "a", decision.SemiSync)
		b.view.Agreed.Writer, b.view.Agreed.Mine, b.view.Agreed.State, b.view.Guard.Open = nil, false, nil, false
		test.change(b)
		p := b.decide(0)
		if (p.Change != nil) != (test.waiting == "") || !strings.Contains(p.Waiting, test.waiting) {
			t.Errorf("%s: %+v", test.name, p)
		}
	}
}

// The order carries the promise: first it is recorded, and only a later decision that sees it lets commits go on.
func TestDegradingRecordsFirst(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	b.view.Local.SemiSync.Clients = 0
	b.decide(0)
	for range 4 {
		if p := b.decide(time.Second); p.Change != nil || p.Database != nil {
			t.Fatalf("too early: %+v", p)
		}
	}
	p := b.decide(time.Second)
	if p.Change == nil || len(p.Change.State.Synced) != 0 || p.Change.State.DegradedSince == nil || p.Database != nil || p.Change.Event.Kind != decision.EventDegraded {
		t.Fatalf("%+v", p)
	}
	b.view.Agreed.State = p.Change.State
	b.view.Settled = false
	if p = b.decide(0); p.Database != nil || p.Change == nil || p.Change.State.Settled != 1 {
		t.Fatalf("an unknown outcome is not settled first: %+v", p)
	}
	b.view.Settled = true
	if p = b.decide(time.Second); p.Database == nil || p.Database.Kind != decision.SwitchSemiSync || p.Database.SemiSync {
		t.Fatalf("%+v", p)
	}
}

func TestReleaseNeedsAClosedDatabase(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	b.decide(0)
	b.view.Local = nil
	b.decide(0)
	b.decide(2 * time.Second)
	p := b.decide(2 * time.Second)
	if p.Guard.Action != decision.GuardClose || p.Change != nil {
		t.Fatalf("%+v", p)
	}
	b.view.Guard = nil
	if p = b.decide(time.Second); p.Change != nil {
		t.Fatalf("released while the guard may be open: %+v", p)
	}
	b.view.GuardClosed = true
	if p = b.decide(time.Second); p.Change == nil || p.Change.Writer != nil {
		t.Fatalf("not released: %+v", p)
	}
}

func TestDatabaseThatEndedIsReleasedAtOnce(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	b.decide(0)
	b.view.Guard = &decision.GuardView{Running: false}
	if p := b.decide(0); p.Change == nil || p.Change.Writer != nil || p.Change.Event.Reason != "the database of region a ended" {
		t.Errorf("%+v", p)
	}
	b = newBench(t, "a", decision.SemiSync)
	b.decide(0)
	b.view.Agreed.State.Synced = nil
	b.view.Guard = &decision.GuardView{Running: false}
	if p := b.decide(0); p.Change != nil && p.Change.Writer == nil {
		t.Error("released although nobody may take over")
	}
}

func TestSwitchoverIsRefused(t *testing.T) {
	report := func(change func(*decision.Report)) func(*bench) {
		return func(b *bench) {
			r := b.view.Agreed.Reports["b"]
			change(&r)
			b.view.Agreed.Reports["b"] = r
		}
	}
	for _, test := range []struct {
		to     string
		change func(*bench)
		want   string
	}{
		{"a", func(*bench) {}, "region a is the writer already"},
		{"x", func(*bench) {}, "there is no region x"},
		{"b", func(b *bench) { delete(b.view.Agreed.Reports, "b") }, "the steward of region b holds no lease"},
		{"b", report(func(r *decision.Report) { r.Running = false }), "the database of region b does not answer"},
		{"b", report(func(r *decision.Report) { r.Receiving = false }), "the database of region b does not follow the writer"},
		{"b", report(func(r *decision.Report) { r.LagSeconds = 3 }), "the database of region b is more than 2 s behind"},
		{"b", func(b *bench) {
			b.view.Agreed.State.Errant, b.view.Agreed.State.Synced = map[string]mysql.GTIDSet{"b": set(b.t, fromB)}, nil
			b.view.Local.SemiSync.SourceOn = false
			report(func(r *decision.Report) { r.Executed = set(b.t, fromB) })(b)
		}, "has errant transactions; rebuild it first"},
		{"b", func(b *bench) { delete(b.view.Agreed.InService, "b") }, "region b is not in service"},
	} {
		b := newBench(t, "a", decision.SemiSync)
		b.view.Agreed.Request = &decision.Request{ID: "r1", Kind: decision.Switchover, To: test.to, Epoch: 7}
		test.change(b)
		var p decision.Plan
		for range 3 {
			if p = b.decide(0); p.Change != nil && p.Change.Answered {
				break
			}
			if p.Change != nil {
				b.view.Agreed.State = p.Change.State
			}
		}
		if p.Change == nil || p.Change.Event.Kind != decision.EventRefused || !strings.Contains(p.Change.Event.Reason, test.want) {
			t.Errorf("to %s: %q is not told: %+v", test.to, test.want, p.Change)
		}
	}
}

func TestSwitchoverHandsOverWhatTheSuccessorWaitsFor(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	b.view.Agreed.Request = &decision.Request{ID: "r1", Kind: decision.Switchover, To: "b", Epoch: 7}
	if p := b.decide(0); p.Guard.Action != decision.GuardClose || p.Change != nil {
		t.Fatalf("%+v", p)
	}
	final := set(t, fromA).Union(set(t, "aaaaaaaa-0000-0000-0000-000000000000:11"))
	b.view.Guard.Open, b.view.Done.Closed = false, &decision.Closed{Epoch: 7, Executed: final}
	p := b.decide(0)
	if p.Change == nil || p.Change.Writer != nil || !p.Change.Answered || !p.Change.State.Handover.GTIDs.Equal(final) {
		t.Fatalf("%+v", p)
	}
	successor := newBench(t, "b", decision.SemiSync)
	successor.view.Agreed.Writer, successor.view.Agreed.State = nil, p.Change.State
	taken := successor.decide(0).Change
	if taken == nil || taken.State.DegradedSince != nil || len(taken.State.Synced) != 1 || taken.State.Synced[0] != "a" {
		t.Fatalf("the promise does not last through a switchover: %+v", taken)
	}
	successor.view.Agreed.Writer, successor.view.Agreed.Mine, successor.view.Agreed.State = taken.Writer, true, taken.State
	o := successor.decide(0).Database
	if o == nil || o.Kind != decision.Promote || !o.Planned || !o.SemiSync || !o.GTIDs.Equal(final) {
		t.Fatalf("%+v", o)
	}
	successor.view.Done.PrepareFailed = taken.Writer.Epoch
	back := successor.decide(0).Change
	if back == nil || back.Writer != nil || back.State.Handover.To != "a" {
		t.Errorf("not handed back: %+v", back)
	}
}

func TestFailBackAfterTheHoldDown(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	// The roles are turned around: b is the preferred one.
	b.core = decision.New(decision.Config{
		Self: "a", Sites: []decision.Site{{Name: "a"}, {Name: "b"}}, Mode: decision.SemiSync, Preferred: "b", HoldDown: 10 * time.Second,
		DegradeAfter: 5 * time.Second, Sources: map[string]mysql.Source{"a": {Host: "a"}, "b": {Host: "b"}},
	})
	closes := func(steps int) bool {
		for range steps {
			if b.decide(time.Second).Guard.Action == decision.GuardClose {
				return true
			}
		}
		return false
	}
	if closes(9) {
		t.Fatal("failed back before the hold-down")
	}
	delete(b.view.Agreed.InService, "b")
	closes(1)
	b.view.Agreed.InService["b"] = true
	if closes(10) {
		t.Fatal("the hold-down did not begin again")
	}
	b.view.Agreed.Paused = true
	if closes(20) {
		t.Fatal("failed back while paused")
	}
	b.view.Agreed.Paused = false
	if closes(10) || !closes(2) {
		t.Fatal("not failed back after the hold-down")
	}
}

func TestErrantMemberIsNamedAndKeptOut(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	r := b.view.Agreed.Reports["b"]
	r.Executed = r.Executed.Union(set(t, fromB))
	b.view.Agreed.Reports["b"] = r
	var p decision.Plan
	for range 3 {
		if p = b.decide(time.Second); p.Change != nil {
			t.Fatalf("too early: %+v", p)
		}
	}
	p = b.decide(time.Second)
	if p.Change == nil || p.Change.State.Errant["b"].String() != fromB || p.Change.Event.Kind != decision.EventErrant {
		t.Fatalf("%+v", p)
	}
	b.view.Agreed.State = p.Change.State
	if p = b.decide(0); p.Change == nil || len(p.Change.State.Synced) != 0 {
		t.Fatalf("still in sync: %+v", p)
	}

	kept := newBench(t, "b", decision.SemiSync)
	kept.view.Agreed.State = p.Change.State
	if p := kept.decide(0); p.Database == nil || p.Database.Kind != decision.Detach || p.Routes.Read != "a" {
		t.Errorf("not kept out: %+v", p)
	}
	kept.view.Agreed.Request = &decision.Request{ID: "r2", Kind: decision.Rebuild, To: "b"}
	if p := kept.decide(0); p.Database == nil || p.Database.Kind != decision.Clone || p.Database.Request != "r2" {
		t.Errorf("not rebuilt: %+v", p)
	}
}

// With commits that wait, a replica may have what its source does not count yet.
func TestTransactionsOnTheirWayAreNotErrant(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	r := b.view.Agreed.Reports["b"]
	r.Executed = r.Executed.Union(set(t, "aaaaaaaa-0000-0000-0000-000000000000:11"))
	b.view.Agreed.Reports["b"] = r
	b.view.Local.SemiSync.Waiting = 1
	for range 4 {
		if p := b.decide(time.Second); p.Change != nil {
			t.Fatalf("%+v", p.Change)
		}
	}
}

// A former writer's own tail is saved, recorded and only then thrown away.
func TestFormerWriterComesBackByItself(t *testing.T) {
	b := newBench(t, "b", decision.SemiSync)
	b.view.Agreed.State.Synced = nil
	b.view.Agreed.State.Former = map[string]decision.Former{"b": {Epoch: 6}}
	b.view.Local.Replica = nil
	b.view.Local.Executed = b.view.Local.Executed.Union(set(t, fromB))
	var o *decision.Order
	for range 4 {
		if o != nil {
			t.Fatalf("too early: %+v", o)
		}
		o = b.decide(time.Second).Database
	}
	if o == nil || o.Kind != decision.SaveTail || o.GTIDs.String() != fromB || o.Epoch != 6 {
		t.Fatalf("%+v", o)
	}
	tail := decision.Tail{Region: "b", Epoch: 6, GTIDs: o.GTIDs, Count: 1, Path: "discarded/6"}
	b.view.Done.Tail = &tail
	if o = b.decide(time.Second).Database; o != nil {
		t.Fatalf("before it is recorded: %+v", o)
	}
	b.view.Agreed.State.Discarded = []decision.Tail{tail}
	if o = b.decide(time.Second).Database; o == nil || o.Kind != decision.Clone || o.Region != "a" {
		t.Fatalf("%+v", o)
	}
}

// tell lets the writer's report come anew, as the store's revision.
func (b *bench) tell(revision int64) {
	b.view.Agreed.Told = map[string]int64{b.view.Agreed.Writer.Region: revision}
}

func TestService(t *testing.T) {
	b := newBench(t, "b", decision.SemiSync)
	for _, test := range []struct {
		name   string
		change func()
		after  time.Duration
		want   string
	}{
		{"healthy", func() {}, 0, "in service"},
		{"the web service is down", func() { b.view.Serving = false }, 0, "the web service of this region does not answer"},
		{"the writer is away for less than a lease", func() { b.view.Serving, b.view.WriterReachable = true, false }, 2 * time.Second, "in service"},
		{"still", func() {}, 2 * time.Second, "in service"},
		{"still more", func() {}, 1900 * time.Millisecond, "in service"},
		{"for more than a lease", func() {}, 2100 * time.Millisecond, "the writer's database in region a can't be reached from here"},
		{"back", func() { b.view.WriterReachable = true }, 0, "in service"},
		{"it refuses, and its last report was well", func() { b.view.WriterReachable = false; b.tell(1) }, 0, "in service"},
		{"still refuses, and a report was well", func() { b.tell(2) }, 2 * time.Second, "in service"},
		{"back from that", func() { b.view.WriterReachable = true }, 0, "in service"},
		{"silent", func() { b.view.WriterReachable, b.view.WriterSilent = false, true; b.tell(1) }, 0, "in service"},
		{"the report from before", func() {}, time.Second, "in service"},
		{"it goes on telling that it is well", func() { b.tell(2) }, 0, "the writer's database in region a can't be reached from here"},
		{"back from a cut link", func() { b.view.WriterReachable, b.view.WriterSilent = true, false }, 0, "in service"},
		{"no writer, but reads", func() { b.vacate() }, 0, "in service"},
		{"no lease", func() { b.view.Leased = false }, 0, "this region holds no lease in the quorum"},
	} {
		test.change()
		p := b.decide(test.after)
		if p.Reason != test.want || p.InService != (test.want == "in service") {
			t.Errorf("%s: %q", test.name, p.Reason)
		}
	}
}

func TestReadsGoToTheWriterWhenTheLocalMemberIsBehind(t *testing.T) {
	b := newBench(t, "b", decision.SemiSync)
	b.view.Local.Replica.LagSeconds = 11
	if p := b.decide(0); *p.Routes != (decision.Routes{Write: "a", Read: "a"}) {
		t.Errorf("%+v", *p.Routes)
	}
	b.vacate()
	if p := b.decide(0); *p.Routes != (decision.Routes{Read: "b"}) {
		t.Errorf("without a writer: %+v", *p.Routes)
	}
}

// A steward that was replaced leaves keys that hang on its lease: the next one of the same region takes them over.
func TestSuccessorOfTheSameRegionAdoptsTheKey(t *testing.T) {
	b := newBench(t, "a", decision.SemiSync)
	b.view.Agreed.Mine = false
	p := b.decide(0)
	if p.Change == nil || *p.Change.Writer != *b.view.Agreed.Writer || p.Change.State != nil || p.Guard.Action != decision.GuardLeave {
		t.Errorf("%+v", p)
	}
}

func TestGroupFollowsTheVote(t *testing.T) {
	b := newBench(t, "b", decision.Group)
	b.vacate()
	primary := &mysql.Group{State: "ONLINE", Role: "PRIMARY", HasMajority: true, Online: 2, Members: 2, PrimaryHost: "b"}
	b.view.Local.Group = primary
	if p := b.decide(0); p.Change == nil || p.Change.Writer.Region != "b" {
		t.Fatalf("the primary does not take the key: %+v", p)
	}
	b.view.Agreed.Writer, b.view.Agreed.Mine = &decision.Writer{Region: "b", Epoch: 7, Open: true}, true
	b.view.Guard.Open = true
	minority := *primary
	minority.HasMajority = false
	b.view.Local.Group = &minority
	if p := b.decide(0); p.Guard.Action != decision.GuardClose {
		t.Errorf("open without a majority: %+v", p)
	}
}

// A primary that holds writes back is waited for; one that refuses them since an election closed it begins anew.
func TestGroupWriterThatAnElectionClosedIsReleased(t *testing.T) {
	for name, test := range map[string]struct {
		readOnly bool
		after    time.Duration
	}{"backlog": {false, 10 * time.Second}, "read-only": {true, time.Second}} {
		b := newBench(t, "a", decision.Group)
		group := &mysql.Group{State: "ONLINE", Role: "PRIMARY", HasMajority: true, Online: 3, Members: 3, PrimaryHost: "a"}
		b.view.Agreed.Reports["b"] = decision.Report{Region: "b", Running: true, Group: group}
		b.view.Local.Group, b.view.Local.ReadOnly, b.view.WriteFails = group, test.readOnly, true
		begin := b.view.Now
		p := b.decide(0)
		for ; p.Guard.Action != decision.GuardClose && b.view.Now-begin < time.Minute; p = b.decide(500 * time.Millisecond) {
		}
		if took := b.view.Now - begin; took != test.after {
			t.Errorf("%s: released after %s; want %s", name, took, test.after)
		}
	}
}

// A member that can't reach a writer which is well leaves its group, and joins again once it has reached it for a while.
func TestGroupIsLeftByWhoIsCutOff(t *testing.T) {
	b := newBench(t, "b", decision.Group)
	b.view.Local.Replica = nil
	b.view.Local.Group = &mysql.Group{State: "ONLINE", Role: "SECONDARY", HasMajority: true, Online: 2, Members: 3, PrimaryHost: "a"}
	var got []decision.OrderKind
	for _, change := range []func(){
		func() {},
		func() { b.view.WriterReachable, b.view.WriterSilent = false, true; b.tell(1) },
		func() { b.tell(2) },
		func() { b.tell(3) },
		func() { b.view.Local.Group = &mysql.Group{State: "OFFLINE"}; b.tell(3) },
		func() { b.view.WriterReachable, b.view.WriterSilent = true, false },
		func() {},
		func() {},
	} {
		change()
		kind := decision.OrderKind("")
		if o := b.decide(time.Second).Database; o != nil {
			kind = o.Kind
		}
		got = append(got, kind)
	}
	if want := []decision.OrderKind{"", "", "", decision.Restart, "", "", "", decision.JoinGroup}; !slices.Equal(got, want) {
		t.Errorf("orders %q; want %q", got, want)
	}
}

func TestGroupBeginsOnceByWhoeverHasEverything(t *testing.T) {
	b := newBench(t, "a", decision.Group)
	b.view.Agreed.Writer, b.view.Agreed.Mine, b.view.Agreed.State, b.view.Guard.Open = nil, false, nil, false
	if p := b.decide(0); p.Change != nil || p.Waiting != "the group begins when the database of region w reports" {
		t.Fatalf("%+v", p)
	}
	b.view.Agreed.Reports["w"] = b.view.Agreed.Reports["b"]
	if p := b.decide(0); p.Change == nil || p.Change.Lock != "a" || p.Database != nil {
		t.Fatalf("begins without the lock: %+v", p)
	}
	b.view.Agreed.Bootstrap = "a"
	if p := b.decide(0); p.Database == nil || p.Database.Kind != decision.BeginGroup {
		t.Fatalf("%+v", p)
	}
	b.view.Agreed.Reports["b"] = decision.Report{Region: "b", Running: true, Group: &mysql.Group{State: "ONLINE", HasMajority: true}}
	if p := b.decide(0); p.Database == nil || p.Database.Kind != decision.JoinGroup {
		t.Fatalf("does not join a group that exists: %+v", p)
	}
}

// Every condition's key is also changed, so that a transaction can't be done twice.
func TestTransactionsConflictWithThemselves(t *testing.T) {
	snapshot := quorum.Snapshot{Items: map[string]quorum.Item{
		"writer": {Value: []byte(`{"region":"a","epoch":7}`), Revision: 3, Lease: 9}, "state": {Value: []byte(`{"epoch":7}`), Revision: 4},
		"request": {Value: []byte(`{"id":"r"}`), Revision: 5},
	}}
	agreed, err := decision.Decode(snapshot, 9)
	if err != nil || !agreed.Mine {
		t.Fatal(err)
	}
	for _, change := range []decision.Change{
		{}, {Writer: agreed.Writer}, {State: agreed.State}, {Writer: agreed.Writer, State: agreed.State, Answered: true}, {Lock: "a"}, {Unlock: true},
	} {
		txn := change.Txn(agreed, wall)
		changed := map[string]bool{}
		for _, p := range txn.Put {
			changed[p.Key] = true
		}
		for _, key := range txn.Delete {
			changed[key] = true
		}
		for _, condition := range txn.If {
			if !changed[condition.Key] || condition.Revision != snapshot.Items[condition.Key].Revision {
				t.Errorf("%+v: condition %+v", change, condition)
			}
		}
		if len(txn.If) == 0 {
			t.Errorf("%+v has no condition", change)
		}
	}
}
