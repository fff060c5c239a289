package quorum_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twinstack.dev/services/internal/dynamotest"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/quorumtest"
)

// closer is a store that a test opens.
type closer interface {
	quorum.Store
	Voters(ctx context.Context) []quorum.Voter
	Close()
}

// implementations begins each kind of store. What it returns opens another client of it, with keys of its own by prefix.
var implementations = map[string]func(*testing.T) func(t *testing.T, prefix string) closer{
	"etcd": func(t *testing.T) func(*testing.T, string) closer {
		voters := quorumtest.Start(t)
		return func(t *testing.T, prefix string) closer {
			store, err := quorum.Dial(quorum.Config{Endpoints: quorumtest.URLs(voters), Prefix: prefix, Request: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
	},
	"DynamoDB, of which moto is a stand-in": func(t *testing.T) func(*testing.T, string) closer {
		dynamotest.Start(t)
		return func(t *testing.T, prefix string) closer { return openTable(t, prefix) }
	},
}

func openTable(t *testing.T, prefix string) *quorum.Dynamodb {
	t.Helper()
	store, err := quorum.OpenTable(context.Background(), quorum.TableConfig{
		Table: dynamotest.Table, Region: dynamotest.Region, Prefix: prefix, Request: time.Second, Clock: lease.Clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// contract is what every store promises.
var contract = map[string]func(t *testing.T, open func() closer){
	"keys, leases and transactions":         keysLeasesAndTransactions,
	"a renewed lease outlives its time":     renewedLeaseLasts,
	"of many who take a key, one has it":    oneOfManyWins,
	"no update is lost":                     noUpdateIsLost,
	"changes are told soon":                 changesAreTold,
	"a call ends with its context":          callsEndWithTheirContext,
	"a key keeps its revision":              keyKeepsItsRevision,
	"what nobody leased stays":              unleasedStays,
	"voters are told, and that all is well": votersAreTold,
}

func TestContract(t *testing.T) {
	for kind, start := range implementations {
		t.Run(kind, func(t *testing.T) {
			dial := start(t)
			quorumtest.Eventually(t, patience, "the store answers", func() bool {
				store := dial(t, "/ready/")
				defer store.Close()
				_, err := store.Read(context.Background())
				return err == nil
			})
			for name, test := range contract {
				t.Run(name, func(t *testing.T) {
					defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
					var opened []closer
					defer func() {
						for _, store := range opened {
							store.Close()
						}
					}()
					test(t, func() closer {
						store := dial(t, "/"+t.Name()+"/")
						opened = append(opened, store)
						return store
					})
				})
			}
		})
	}
}

func keysLeasesAndTransactions(t *testing.T, open func() closer) {
	store, other := open(), open()
	id := granted(t, store, 2*time.Second)
	ctx := context.Background()
	take := quorum.Txn{If: []quorum.Condition{{Key: "writer"}}, Put: []quorum.Put{
		{Key: "writer", Value: []byte("a"), Lease: id}, {Key: "state", Value: []byte("1")},
	}}
	if done, err := store.Commit(ctx, take); !done || err != nil {
		t.Fatalf("taking a free key: %t, %v", done, err)
	}
	if done, err := other.Commit(ctx, take); done || err != nil {
		t.Fatalf("taking it twice: %t, %v", done, err)
	}
	snapshot, err := store.Renew(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	writer := snapshot.Items["writer"]
	if string(writer.Value) != "a" || writer.Lease != id || writer.Revision != snapshot.Items["state"].Revision {
		t.Errorf("the snapshot is %+v", snapshot)
	}
	if err := store.Set(ctx, []quorum.Put{{Key: "report", Value: []byte("r")}}, []string{"state"}); err != nil {
		t.Error(err)
	}
	quorumtest.Eventually(t, patience, "the key goes with its lease, and the others stay", func() bool {
		snapshot, err = other.Read(ctx)
		_, taken := snapshot.Items["writer"]
		return err == nil && !taken && len(snapshot.Items) == 1
	})
	if _, err := store.Renew(ctx, id); !errors.Is(err, quorum.ErrLeaseLost) {
		t.Errorf("renewing an expired lease: %v", err)
	}
	if _, err := store.Commit(ctx, take); !errors.Is(err, quorum.ErrLeaseLost) {
		t.Errorf("taking with an expired lease: %v", err)
	}
}

// renewedLeaseLasts renews for longer than the lease lasts, while somebody else looks all the time.
func renewedLeaseLasts(t *testing.T, open func() closer) {
	const ttl = 2 * time.Second
	holder, observer := open(), open()
	ctx := context.Background()
	id := granted(t, holder, ttl)
	if err := holder.Set(ctx, []quorum.Put{{Key: "k", Value: []byte("v"), Lease: id}}, nil); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < 2*ttl; time.Sleep(ttl / 10) {
		if _, err := holder.Renew(ctx, id); err != nil {
			t.Fatalf("after %s: %v", time.Since(begin), err)
		}
		snapshot, err := observer.Read(ctx)
		if _, there := snapshot.Items["k"]; err != nil || !there {
			t.Fatalf("after %s the key is gone: %+v, %v", time.Since(begin), snapshot, err)
		}
	}
	begin := time.Now()
	quorumtest.Eventually(t, patience, "the key goes when nobody renews", func() bool {
		snapshot, err := observer.Read(ctx)
		_, there := snapshot.Items["k"]
		return err == nil && !there
	})
	if early := time.Since(begin); early < ttl-ttl/10-100*time.Millisecond {
		t.Errorf("the lease of %s was ended after %s", ttl, early)
	}
}

func oneOfManyWins(t *testing.T, open func() closer) {
	const many = 6
	ctx := context.Background()
	first := open()
	won := make(chan int, many)
	var trying sync.WaitGroup
	for i := range many {
		store, id := open(), granted(t, first, time.Minute)
		trying.Add(1)
		go func() {
			defer trying.Done()
			done, err := store.Commit(ctx, quorum.Txn{
				If: []quorum.Condition{{Key: "writer"}}, Put: []quorum.Put{{Key: "writer", Value: []byte(strconv.Itoa(i)), Lease: id}},
			})
			if err != nil {
				t.Errorf("taking: %v", err)
			}
			if done {
				won <- i
			}
		}()
	}
	trying.Wait()
	snapshot, err := first.Read(ctx)
	if err != nil || len(won) != 1 {
		t.Fatalf("%d have won, %v", len(won), err)
	}
	if winner := strconv.Itoa(<-won); string(snapshot.Items["writer"].Value) != winner {
		t.Errorf("%s has won and the key has %s", winner, snapshot.Items["writer"].Value)
	}
}

// noUpdateIsLost counts up from several clients, each of which tries until its own step is done.
func noUpdateIsLost(t *testing.T, open func() closer) {
	const clients, steps = 3, 6
	ctx := context.Background()
	var counting sync.WaitGroup
	for range clients {
		store := open()
		counting.Add(1)
		go func() {
			defer counting.Done()
			for done := 0; done < steps; {
				snapshot, err := store.Read(ctx)
				if err != nil {
					t.Errorf("reading: %v", err)
					return
				}
				item := snapshot.Items["n"]
				n, _ := strconv.Atoi(string(item.Value)) // Absent is 0.
				stepped, err := store.Commit(ctx, quorum.Txn{
					If: []quorum.Condition{{Key: "n", Revision: item.Revision}}, Put: []quorum.Put{{Key: "n", Value: []byte(strconv.Itoa(n + 1))}},
				})
				if err != nil {
					t.Errorf("counting: %v", err)
					return
				}
				if stepped {
					done++
				}
			}
		}()
	}
	counting.Wait()
	snapshot, err := open().Read(ctx)
	if got := string(snapshot.Items["n"].Value); err != nil || got != strconv.Itoa(clients*steps) {
		t.Errorf("counted to %s, %v", got, err)
	}
}

func changesAreTold(t *testing.T, open func() closer) {
	store, other := open(), open()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	changes := store.Changes(ctx)
	quorumtest.Eventually(t, patience, "a change is told", func() bool {
		if err := other.Set(ctx, []quorum.Put{{Key: "k", Value: []byte("v")}}, nil); err != nil {
			return false
		}
		select {
		case <-changes:
			return true
		default:
			return false
		}
	})
}

func callsEndWithTheirContext(t *testing.T, open func() closer) {
	store := open()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	begin := time.Now()
	_, grant := store.Grant(over, time.Second)
	_, renewed := store.Renew(over, 1)
	_, read := store.Read(over)
	_, committed := store.Commit(over, quorum.Txn{If: []quorum.Condition{{Key: "k"}}, Put: []quorum.Put{{Key: "k", Value: []byte("v")}}})
	set := store.Set(over, []quorum.Put{{Key: "k", Value: []byte("v")}}, nil)
	for what, err := range map[string]error{"Grant": grant, "Renew": renewed, "Read": read, "Commit": committed, "Set": set} {
		if err == nil {
			t.Errorf("%s succeeded after its context", what)
		}
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("they took %s", took)
	}
}

func keyKeepsItsRevision(t *testing.T, open func() closer) {
	store := open()
	ctx := context.Background()
	id := granted(t, store, time.Minute)
	if err := store.Set(ctx, []quorum.Put{{Key: "k", Value: []byte("1")}}, nil); err != nil {
		t.Fatal(err)
	}
	before, err := store.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Set(ctx, []quorum.Put{{Key: "other", Value: []byte("1")}}, nil); err != nil {
		t.Fatal(err)
	}
	after, err := store.Renew(ctx, id)
	if err != nil || after.Items["k"].Revision != before.Items["k"].Revision || after.Revision <= before.Revision {
		t.Fatalf("%+v, then %+v, %v", before, after, err)
	}
	put := quorum.Put{Key: "k", Value: []byte("2")}
	for revision, want := range map[int64]bool{before.Items["k"].Revision + 100: false, before.Items["k"].Revision: true} {
		done, err := store.Commit(ctx, quorum.Txn{If: []quorum.Condition{{Key: "k", Revision: revision}}, Put: []quorum.Put{put}})
		if err != nil || done != want {
			t.Errorf("with revision %d: %t, %v", revision, done, err)
		}
	}
}

func unleasedStays(t *testing.T, open func() closer) {
	store := open()
	ctx := context.Background()
	id := granted(t, store, time.Second)
	if err := store.Set(ctx, []quorum.Put{{Key: "leased", Value: []byte("1"), Lease: id}, {Key: "moved", Value: []byte("1"), Lease: id}}, nil); err != nil {
		t.Fatal(err)
	}
	// A key hangs on the lease that it was last written with.
	if err := store.Set(ctx, []quorum.Put{{Key: "moved", Value: []byte("2")}}, nil); err != nil {
		t.Fatal(err)
	}
	quorumtest.Eventually(t, patience, "only the leased key goes", func() bool {
		snapshot, err := store.Read(ctx)
		_, there := snapshot.Items["leased"]
		return err == nil && !there && string(snapshot.Items["moved"].Value) == "2"
	})
}

func votersAreTold(t *testing.T, open func() closer) {
	store := open()
	quorumtest.Eventually(t, patience, "all voters are well", func() bool {
		voters := store.Voters(context.Background())
		for _, v := range voters {
			if !v.Healthy || v.Problem != "" || v.Name == "" {
				return false
			}
		}
		return len(voters) > 0
	})
}
