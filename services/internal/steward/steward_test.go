package steward

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/quorumtest"
)

var terms = lease.Terms{Duration: 5 * time.Second}

func newKeeper(store quorum.Store, clock *hand) (*keeper, *[]renewal) {
	var renewals []renewal
	k := &keeper{store: store, terms: terms, clock: clock.read, log: quiet(), guardClock: func() (time.Duration, bool) { return clock.read() + time.Hour, true }}
	k.renewed = func(epoch int64, until time.Duration) { renewals = append(renewals, renewal{epoch, until}) }
	return k, &renewals
}

// However long a renewal takes, what it allows counts from before it was sent.
func TestKeeperCountsFromBeforeTheRenewal(t *testing.T) {
	store, clock := newMemory(), &hand{now: time.Minute}
	k, renewals := newKeeper(store, clock)
	if !k.round(context.Background()) {
		t.Fatal("no lease")
	}
	id, valid := k.current()
	if id == 0 || !valid {
		t.Fatal("the lease is not valid")
	}
	store.put(t, decision.KeyWriter, decision.Writer{Region: "a", Epoch: 3}, id)
	clock.move(4 * time.Second)
	sent := clock.read()
	store.before = func() { clock.move(2 * time.Second) }
	if !k.round(context.Background()) {
		t.Fatal("not renewed")
	}
	if want := terms.ValidUntil(sent) - clock.read(); k.remaining() != want {
		t.Errorf("remaining %s, want %s", k.remaining(), want)
	}
	if len(*renewals) != 1 || (*renewals)[0] != (renewal{3, terms.OpenUntil(sent + time.Hour)}) {
		t.Errorf("renewals %+v", *renewals)
	}
	store.before = nil
	store.setAway(true)
	clock.move(k.remaining())
	if _, valid := k.current(); valid || k.round(context.Background()) {
		t.Error("valid although it may have expired")
	}
	store.setAway(false)
	if _, valid := k.current(); !k.round(context.Background()) || valid {
		t.Error("not renewed in the end")
	}
}

func TestKeeperTellsNothingOfAKeyOnAnotherLease(t *testing.T) {
	store, clock := newMemory(), &hand{now: time.Minute}
	k, renewals := newKeeper(store, clock)
	k.round(context.Background())
	store.put(t, decision.KeyWriter, decision.Writer{Region: "a", Epoch: 3}, 99)
	if !k.round(context.Background()) || len(*renewals) != 0 {
		t.Errorf("renewals %+v", *renewals)
	}
}

func TestKeeperBeginsAnewAfterItsLeaseWasLost(t *testing.T) {
	store, clock := newMemory(), &hand{now: time.Minute}
	k, _ := newKeeper(store, clock)
	k.round(context.Background())
	first, _ := k.current()
	store.leases = map[quorum.LeaseID]bool{}
	if !k.round(context.Background()) {
		t.Fatal("no new lease")
	}
	if second, valid := k.current(); second == first || !valid {
		t.Errorf("lease %d after %d", second, first)
	}
}

func newWarden(g *gate, clock *hand) *warden {
	nothing := func() {}
	w := &warden{
		guard: g, terms: terms, clock: clock.read, fencing: true, log: quiet(), nudge: nothing, hurry: nothing, rebooted: nothing,
		refused: func(int64, error) {},
	}
	w.started = clock.read()
	return w
}

func TestWardenOpensOnlyWhatIsAuthorised(t *testing.T) {
	g, clock := &gate{state: guard.State{BootID: "boot", Running: true, Clock: time.Second}}, &hand{now: time.Minute}
	w := newWarden(g, clock)
	ctx := context.Background()
	w.ask(ctx)
	w.renewed(ctx, 3, 5*time.Second)
	if g.openings() != 0 {
		t.Fatal("opened without authority")
	}
	w.authorise(3, "boot")
	w.renewed(ctx, 2, 5*time.Second)
	if g.openings() != 0 {
		t.Fatal("opened in another epoch")
	}
	w.renewed(ctx, 3, 5*time.Second)
	if g.openings() != 1 {
		t.Fatal("not opened")
	}
	w.close(ctx, 3, "test")
	w.renewed(ctx, 3, 6*time.Second)
	if g.openings() != 1 {
		t.Fatal("opened after it was to be closed")
	}
	quorumtest.Eventually(t, livePatience, "closing is confirmed", func() bool { return w.lastClosed() != nil })
	if closed := w.lastClosed(); closed.Epoch != 3 {
		t.Errorf("%+v", closed)
	}
}

// A guard that does not answer counts as closed only when whatever it may have been told is over.
func TestWardenKnowsWhenASilentGuardMustHaveClosed(t *testing.T) {
	g, clock := &gate{away: true}, &hand{now: time.Minute}
	w := newWarden(g, clock)
	ctx := context.Background()
	w.ask(ctx)
	if answer, closed := w.view(); answer != nil || closed {
		t.Fatalf("an unknown guard: %+v, closed %t", answer, closed)
	}
	clock.move(lease.SurelyClosed(0, 0, terms.Duration))
	if _, closed := w.view(); !closed {
		t.Fatal("a steward before this one can't have opened it for longer than its lease")
	}
	g.away, g.state = false, guard.State{BootID: "boot", Running: true, Clock: 10 * time.Second}
	w.ask(ctx)
	w.authorise(3, "boot")
	w.renewed(ctx, 3, 14*time.Second)
	g.away = true
	// This message may have arrived, although nobody answered.
	w.renewed(ctx, 3, 15*time.Second)
	clock.move(lease.SurelyClosed(0, 10*time.Second, 15*time.Second) - time.Millisecond)
	if _, closed := w.view(); closed {
		t.Fatal("closed before the last moment it was told")
	}
	clock.move(time.Millisecond)
	if answer, closed := w.view(); !closed || answer != nil {
		t.Fatalf("not closed: %+v", answer)
	}
}

func rules(self string) decision.Config {
	return decision.Config{
		Self: self, Sites: twoSites, Mode: decision.SemiSync, Preferred: "a", DegradeAfter: 5 * time.Second, UnreachableAfter: 7 * time.Second,
		Sources: map[string]mysql.Source{"a": {Host: "a"}, "b": {Host: "b"}},
	}
}

// start runs a steward of region a on fakes; region b only reports.
func start(t *testing.T, clock func() time.Duration) (*Steward, *memory, *gate) {
	store, g := newMemory(), &gate{state: guard.State{BootID: "boot", Running: true, Clock: time.Second}}
	store.put(t, decision.KeysMember+"b", decision.Report{Region: "b", Running: true}, 0)
	s := newSteward(Config{Region: "a", Mode: decision.SemiSync, Lease: terms, Fencing: true}, rules("a"), Parts{
		Store: store, Guard: g, Database: idle{g}, Peers: map[string]Database{}, Clock: clock, Log: quiet(),
	})
	// Other tests leave idle connections of AWS' clients.
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		goleak.VerifyNone(t, before)
	})
	return s, store, g
}

func health(t *testing.T, s *Steward) (int, RegionHealth) {
	t.Helper()
	w := httptest.NewRecorder()
	s.Server().Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/region-health", nil))
	var h RegionHealth
	if err := json.Unmarshal(w.Body.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	return w.Code, h
}

// Renewing goes on while database and guard hang, and stops with the store; service ends no later than the lease.
func TestNothingThatHangsStopsTheLease(t *testing.T) {
	clock := &hand{now: time.Hour}
	s, store, g := start(t, clock.read)
	inService := func() bool {
		code, h := health(t, s)
		return code == http.StatusOK && h.InService && h.Writer == "a" && h.Epoch == 1
	}
	quorumtest.Eventually(t, livePatience, "region a serves and writes", func() bool { return inService() && g.openings() > 0 })
	g.mu.Lock()
	g.hangs = true
	g.mu.Unlock()
	for range 3 {
		clock.move(time.Second)
		until := terms.ValidUntil(clock.read()) - clock.read()
		quorumtest.Eventually(t, livePatience, "the lease is renewed although everything hangs", func() bool { return s.keeper.remaining() == until })
	}
	store.setAway(true)
	clock.move(terms.Duration)
	if code, h := health(t, s); code != http.StatusServiceUnavailable || h.InService || h.Reason != "this region holds no lease in the quorum" {
		t.Errorf("%d %+v", code, h)
	}
}

func TestProbesAndMetrics(t *testing.T) {
	clock := &hand{now: time.Hour}
	s, _, g := start(t, clock.read)
	quorumtest.Eventually(t, livePatience, "region a writes", func() bool { return g.openings() > 0 && s.Health().InService })
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		s.Server().Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	for _, path := range []string{"/ready", "/health"} {
		if code, body := get(path); code != http.StatusOK {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	quorumtest.Eventually(t, livePatience, "metrics tell the writer", func() bool {
		_, body := get("/metrics")
		return strings.Contains(body, `steward_writer{region="a"} 1`) && strings.Contains(body, `steward_in_service{region="a"} 1`) &&
			strings.Contains(body, `steward_promotion_seconds_count{region="a"} 1`) && !strings.Contains(body, `steward_degraded_seconds{region="a"} 0`+"\n")
	})
}

func TestReadyWithoutALease(t *testing.T) {
	store := newMemory()
	store.setAway(true)
	g := &gate{}
	clock := &hand{now: time.Hour}
	s := newSteward(Config{Region: "a", Lease: terms, Fencing: true}, rules("a"), Parts{Store: store, Guard: g, Database: idle{g}, Clock: clock.read, Log: quiet()})
	w := httptest.NewRecorder()
	s.Server().Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/ready", nil))
	if w.Code != http.StatusOK {
		t.Errorf("/ready answers %d without a lease: the pod could not be updated", w.Code)
	}
	clock.move(hungAfter + time.Second)
	w = httptest.NewRecorder()
	s.Server().Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("/health answers %d although no step was taken", w.Code)
	}
}

func TestStreak(t *testing.T) {
	s := streak{}
	want := []bool{false, true, true, true, false, true}
	for i, success := range []bool{false, true, false, false, false, true} {
		if s.note(success); s.good != want[i] {
			t.Errorf("look %d: good is %t", i, s.good)
		}
	}
}

func TestHistoryIsBounded(t *testing.T) {
	items := map[string]quorum.Item{"state": {}}
	at := time.Unix(1, 0)
	for i := range keptEvents*3/2 + 7 {
		items[decision.EventKey(at.Add(time.Duration(i)), "a")] = quorum.Item{}
	}
	p := &publisher{}
	p.prune(quorum.Snapshot{Items: items}, false)
	if len(p.surplus) != 0 {
		t.Error("somebody else than the writer cuts the history")
	}
	p.prune(quorum.Snapshot{Items: items}, true)
	if len(p.surplus) == 0 || p.surplus[0] != decision.EventKey(at, "a") {
		t.Errorf("surplus %v", p.surplus)
	}
}

// That a writer fell silent says nothing of a later term of the same region: nobody has asked in it yet.
func TestSilenceEndsWithTheTerm(t *testing.T) {
	clock := &hand{}
	o := &observer{config: Config{Region: "a"}, clock: clock.read, peers: map[string]Database{"b": mute{clock: clock}}, nudge: func() {}}
	o.expect("b", false)
	o.reachWriter(context.Background())
	if !o.isSilent() {
		t.Fatal("the writer did not answer in time")
	}
	o.expect("a", true)
	o.expect("b", false)
	if o.isSilent() {
		t.Error("silent before anybody asked")
	}
}

// Every failed closing is followed by the next decision, which tells the guard again: not thousands of times a second.
func TestAGuardThatIsAwayIsToldToCloseNowAndThen(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*askGuardEvery)
	defer cancel()
	nudged, told := make(chan struct{}, 1), 0
	w := &warden{guard: &gate{away: true}, terms: terms, clock: (&hand{}).read, fencing: true, log: quiet(), nudge: func() { nudged <- struct{}{} }}
	for w.close(ctx, 3, "released"); ; w.close(ctx, 3, "released") {
		select {
		case <-nudged:
			told++
			continue
		case <-ctx.Done():
		}
		break
	}
	if told > 5 {
		t.Errorf("told %d times in %s", told, 4*askGuardEvery)
	}
}

// permissions remembers what a gate was told of handing writes on.
type permissions struct {
	allowed, withdrawn int64
	until              time.Duration
}

func (p *permissions) Forward(epoch int64, until time.Duration) { p.allowed, p.until = epoch, until }
func (p *permissions) Withdraw(epoch int64)                     { p.withdrawn = epoch }

// Handing writes on takes a lease, and that another region is the open writer.
func TestKeeperAllowsHandingOn(t *testing.T) {
	store, clock, told := newMemory(), &hand{now: time.Minute}, &permissions{}
	k, renewals := newKeeper(store, clock)
	k.followed = told.Forward
	k.round(context.Background())
	for _, step := range []struct {
		writer decision.Writer
		want   int64
	}{
		{decision.Writer{Region: "b", Epoch: 4}, 0}, {decision.Writer{Region: "b", Epoch: 4, Open: true}, 4},
	} {
		store.put(t, decision.KeyWriter, step.writer, 99)
		if !k.round(context.Background()) || told.allowed != step.want || len(*renewals) != 0 {
			t.Errorf("%+v: allowed in epoch %d, %d renewals", step.writer, told.allowed, len(*renewals))
		}
	}
	if want := terms.OpenUntil(clock.read() + time.Hour); told.until != want {
		t.Errorf("until %s, want %s", told.until, want)
	}
}

func TestHandingOnIsWithdrawn(t *testing.T) {
	for name, test := range map[string]struct {
		writer *decision.Writer
		want   int64
	}{
		"no writer":                 {nil, 7},
		"this region":               {&decision.Writer{Region: "a", Epoch: 7}, 7},
		"another one, not open yet": {&decision.Writer{Region: "b", Epoch: 7}, 6},
		"another one that is open":  {&decision.Writer{Region: "b", Epoch: 7, Open: true}, 0},
	} {
		told := &permissions{}
		s := &Steward{config: Config{Region: "a"}, parts: Parts{Forward: told}}
		s.withdrawForward(decision.Agreed{Writer: test.writer, State: &decision.State{Epoch: 7}})
		if told.withdrawn != test.want {
			t.Errorf("%s: withdrawn up to %d, want %d", name, told.withdrawn, test.want)
		}
	}
	// A gate that clients do not go through has nothing to withdraw.
	(&Steward{}).withdrawForward(decision.Agreed{})
}
