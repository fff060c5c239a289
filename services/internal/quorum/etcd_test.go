package quorum_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/quorumtest"
)

func TestMain(m *testing.M) { quorumtest.Main(m) }

// patience is for what takes a second on an idle machine.
const patience = 60 * time.Second

func dial(t *testing.T, voters []*quorumtest.Voter) *quorum.Etcd {
	t.Helper()
	store, err := quorum.Dial(quorum.Config{Endpoints: quorumtest.URLs(voters), Prefix: "/test/", Request: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	quorumtest.Eventually(t, patience, "the quorum begins", func() bool {
		_, err := store.Read(context.Background())
		return err == nil
	})
	return store
}

func granted(t *testing.T, store quorum.Store, ttl time.Duration) quorum.LeaseID {
	t.Helper()
	var id quorum.LeaseID
	quorumtest.Eventually(t, patience, "a lease is granted", func() bool {
		var err error
		id, err = store.Grant(context.Background(), ttl)
		return err == nil
	})
	return id
}

func leader(t *testing.T, store *quorum.Etcd, voters []*quorumtest.Voter) *quorumtest.Voter {
	t.Helper()
	var found *quorumtest.Voter
	quorumtest.Eventually(t, patience, "there is a leader", func() bool {
		for i, v := range store.Voters(context.Background()) {
			if v.Leader {
				found = voters[i]
				return true
			}
		}
		return false
	})
	return found
}

// A lease must outlive the loss of any one voter, however it is lost.
func TestLeaseSurvivesTheLossOfAVoter(t *testing.T) {
	for name, lose := range map[string]func(*quorumtest.Voter){
		"killed": (*quorumtest.Voter).Kill,
		"hangs":  (*quorumtest.Voter).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			voters := quorumtest.Start(t)
			store := dial(t, voters)
			id := granted(t, store, 5*time.Second)
			lost := leader(t, store, voters)
			lose(lost)
			// Far more often than a lease of 5 s has to be renewed, and through the election.
			failures, successes := 0, 0
			quorumtest.Eventually(t, patience, "the lease is renewed ten times without the leader", func() bool {
				_, err := store.Renew(context.Background(), id)
				if errors.Is(err, quorum.ErrLeaseLost) {
					t.Fatal("the lease was lost with the leader")
				}
				if err != nil {
					failures++
					return false
				}
				successes++
				return successes == 10
			})
			t.Logf("%d renewals failed before", failures)
		})
	}
}

// A leader that hung while the others elected another one must not renew: its successor counts from its own election.
func TestOustedLeaderDoesNotRenew(t *testing.T) {
	voters := quorumtest.Start(t)
	store := dial(t, voters)
	old := leader(t, store, voters)
	others := make([]*quorumtest.Voter, 0, 2)
	for _, v := range voters {
		if v != old {
			others = append(others, v)
		}
	}
	alone := dial(t, []*quorumtest.Voter{old})
	rest := dial(t, others)
	id := granted(t, store, 3*time.Second)
	old.Pause()
	quorumtest.Eventually(t, patience, "the others let the lease expire", func() bool {
		_, err := rest.Renew(context.Background(), quorum.LeaseID(1))
		if !errors.Is(err, quorum.ErrLeaseLost) {
			return false
		}
		done, err := rest.Commit(context.Background(), quorum.Txn{
			If: []quorum.Condition{{Key: "writer"}}, Put: []quorum.Put{{Key: "writer", Value: []byte("b"), Lease: id}},
		})
		return !done && errors.Is(err, quorum.ErrLeaseLost)
	})
	old.Resume()
	for range 50 {
		if _, err := alone.Renew(context.Background(), id); err == nil {
			t.Fatal("the ousted leader renewed an expired lease")
		}
	}
}

// Of three voters one alone agrees to nothing, and says so within the caller's time.
func TestMinorityAgreesToNothing(t *testing.T) {
	voters := quorumtest.Start(t)
	store := dial(t, voters)
	id := granted(t, store, 60*time.Second)
	voters[1].Kill()
	voters[2].Pause()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	if _, err := store.Read(ctx); err == nil {
		t.Error("a minority answered a read")
	}
	done, err := store.Commit(context.Background(), quorum.Txn{
		If: []quorum.Condition{{Key: "writer"}}, Put: []quorum.Put{{Key: "writer", Value: []byte("a"), Lease: id}},
	})
	if done || !errors.Is(err, quorum.ErrUncertain) {
		t.Errorf("a minority committed: %t, %v", done, err)
	}
	voters[2].Resume()
	quorumtest.Eventually(t, patience, "two voters agree again", func() bool {
		_, err := store.Renew(context.Background(), id)
		return err == nil
	})
}

func TestLeaderMovesToTheWitness(t *testing.T) {
	voters := quorumtest.Start(t)
	store := dial(t, voters)
	for _, witness := range voters {
		quorumtest.Eventually(t, patience, "the witness leads", func() bool {
			// Right after an election the others may not be ready to follow.
			_, err := store.LeadFrom(context.Background(), witness.Name)
			return err == nil && leader(t, store, voters) == witness
		})
		if moved, err := store.LeadFrom(context.Background(), witness.Name); moved || err != nil {
			t.Errorf("moved although it leads: %t, %v", moved, err)
		}
	}
	if _, err := store.LeadFrom(context.Background(), "elsewhere"); err == nil || err.Error() != `no voter is named "elsewhere"` {
		t.Errorf("an unknown voter: %v", err)
	}
	witness := leader(t, store, voters)
	witness.Kill()
	quorumtest.Eventually(t, patience, "another voter leads", func() bool { return leader(t, store, voters) != witness })
	if moved, err := store.LeadFrom(context.Background(), witness.Name); moved || err != nil {
		t.Errorf("moved to a dead voter: %t, %v", moved, err)
	}
}

func TestBadEndpoint(t *testing.T) {
	for _, endpoint := range []string{"quorum", "https://", "http://%zz"} {
		if _, err := quorum.Dial(quorum.Config{Endpoints: []string{endpoint}}); err == nil ||
			err.Error() != `the endpoint "`+endpoint+`" is no URL with a host` {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
