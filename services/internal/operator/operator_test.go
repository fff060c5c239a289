package operator_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/quorumtest"
)

func TestMain(m *testing.M) { quorumtest.Main(m) }

const patience = time.Minute

var sites = []decision.Site{{Name: "a"}, {Name: "b"}}

type fixture struct {
	t     *testing.T
	store *quorum.Etcd
	operator.Operator
}

func newFixture(t *testing.T) *fixture {
	store, err := quorum.Dial(quorum.Config{Endpoints: quorumtest.URLs(quorumtest.Start(t)), Prefix: "/test/", Request: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	f := &fixture{t, store, operator.Operator{Store: store}}
	quorumtest.Eventually(t, patience, "the quorum begins", func() bool { return f.Pause(f.deadline(), false) == nil })
	return f
}

func (f *fixture) deadline() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	f.t.Cleanup(cancel)
	return ctx
}

func (f *fixture) put(key string, value any) {
	f.t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.store.Set(f.deadline(), []quorum.Put{{Key: key, Value: text}}, nil); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) expect(err error, want string) {
	f.t.Helper()
	if err == nil || err.Error() != want {
		f.t.Errorf("got %v, want %s", err, want)
	}
}

// answer plays the writer's steward: it waits for a request and refuses or does it.
func (f *fixture) answer(do func(decision.Request)) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		quorumtest.Eventually(f.t, patience, "a request is made", func() bool {
			snapshot, err := f.store.Read(context.Background())
			item, asked := snapshot.Items[decision.KeyRequest]
			if err != nil || !asked {
				return false
			}
			var r decision.Request
			if item.Lease == 0 || json.Unmarshal(item.Value, &r) != nil {
				f.t.Errorf("the request %s hangs on lease %d", item.Value, item.Lease)
			}
			do(r)
			return f.store.Set(context.Background(), nil, []string{decision.KeyRequest}) == nil
		})
	}()
	return ended
}

func TestOperator(t *testing.T) {
	f := newFixture(t)
	f.expect(f.Switchover(f.deadline(), "b"), "there is no writer to switch over from; wait for one, or decide by failover --to b --accept-loss")
	f.expect(f.Failover(f.deadline(), "x"), `region "x" has no steward that holds a lease; must be one of `)
	f.expect(f.Rebuild(f.deadline(), "b"), "there is no writer to clone from; wait for one")
	status, err := f.Status(f.deadline(), decision.SemiSync, sites)
	if err != nil || status.Writer != "" || status.Promise.RPO != "unbounded" || status.Regions[0].Database != "unknown" {
		t.Errorf("%+v, %v", status, err)
	}

	set, err := mysql.ParseGTIDSet("aaaaaaaa-0000-0000-0000-000000000000:1-3")
	if err != nil {
		t.Fatal(err)
	}
	f.put(decision.KeyWriter, decision.Writer{Region: "a", Epoch: 4, Open: true})
	f.put(decision.KeyState, decision.State{Epoch: 4, Writer: "a", Synced: []string{"b"}, Errant: map[string]mysql.GTIDSet{"b": set}})
	f.put(decision.KeysMember+"a", decision.Report{Region: "a", Running: true, Open: true, Executed: set})
	f.put(decision.KeysMember+"b", decision.Report{Region: "b", Running: true, Following: "a", Receiving: true, Applying: true, LagSeconds: 1.5})
	f.put(decision.KeysRegion+"a", map[string]string{})
	status, err = f.Status(f.deadline(), decision.SemiSync, sites)
	if err != nil {
		t.Fatal(err)
	}
	a, b := status.Regions[0], status.Regions[1]
	if !status.Open || status.Epoch != 4 || status.Promise.RPO != "0" || a.Database != "writer" || !a.InService || b.Database != "kept out" || b.Errant != set.String() || b.LagSeconds != 1.5 {
		t.Errorf("%+v", status)
	}
	leaders := 0
	for _, v := range status.Voters {
		if v.Leader {
			leaders++
		}
	}
	if len(status.Voters) != 3 || leaders != 1 {
		t.Errorf("voters %+v", status.Voters)
	}

	f.expect(f.Failover(f.deadline(), "b"), "region a is the writer and holds its lease; a failover needs that there is none; use switchover --to b")
	if err := f.Switchover(f.deadline(), "a"); err != nil {
		t.Errorf("switching over to the writer is done: %v", err)
	}
	f.requests()
}

func (f *fixture) requests() {
	t := f.t
	answered := f.answer(func(r decision.Request) {
		f.put(decision.EventKey(time.Unix(2, 0), "b"), decision.Event{Kind: decision.EventRefused, Region: "b", Reason: "no (request " + r.ID + ")"})
	})
	if err := f.Switchover(f.deadline(), "b"); err == nil || !strings.HasPrefix(err.Error(), "no (request ") {
		t.Errorf("%v", err)
	}
	<-answered
	answered = f.answer(func(r decision.Request) {
		f.put(decision.KeysMember+"b", decision.Report{Region: "b", Rebuilt: r.ID})
	})
	if err := f.Rebuild(f.deadline(), "b"); err != nil {
		t.Error(err)
	}
	<-answered
	answered = f.answer(func(decision.Request) { f.put(decision.KeyWriter, decision.Writer{Region: "b", Epoch: 5, Open: true}) })
	if err := f.Switchover(f.deadline(), "b"); err != nil {
		t.Error(err)
	}
	<-answered
	f.put(decision.KeyRequest, decision.Request{ID: "other"})
	f.expect(f.Switchover(f.deadline(), "a"), "another request is under way; wait until it is done")
	if err := f.Pause(f.deadline(), true); err != nil {
		t.Error(err)
	}
	if status, err := f.Status(f.deadline(), decision.SemiSync, sites); err != nil || !status.Paused {
		t.Errorf("%+v, %v", status, err)
	}
	f.put(decision.EventKey(time.Unix(1, 0), "a"), decision.Event{Kind: decision.EventPromoted, Region: "a"})
	events, err := f.Events(f.deadline())
	if err != nil || len(events) != 2 || events[0].Kind != decision.EventPromoted {
		t.Errorf("%+v, %v", events, err)
	}
}

func TestNoQuorum(t *testing.T) {
	store, err := quorum.Dial(quorum.Config{Endpoints: []string{"http://127.0.0.1:1"}, Prefix: "/test/", Request: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	status, err := operator.Operator{Store: store}.Status(ctx, decision.Async, sites)
	if err == nil || !strings.HasPrefix(err.Error(), "the quorum does not answer: ") || len(status.Voters) != 1 || status.Voters[0].Healthy {
		t.Errorf("%+v, %v", status, err)
	}
}
