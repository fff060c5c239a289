package mysql_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/guard/guardtest"
)

// formGroup starts a group of three, whose first member is its primary.
func formGroup(t *testing.T) []*guardtest.Member {
	t.Helper()
	stack := guardtest.NewStack(t, "group")
	stack.ReserveGroup(3)
	members := []*guardtest.Member{stack.Prepare(1), stack.Prepare(2), stack.Prepare(3)}
	for _, m := range members {
		m.Run()
	}
	ctx := guardtest.Deadline(t)
	for i, m := range members {
		m.AwaitRunning()
		check(t, m.StartGroup(ctx, i == 0))
	}
	awaitOnline(t, members[0], 3)
	return members
}

func awaitOnline(t *testing.T, m *guardtest.Member, online int) {
	t.Helper()
	guardtest.Eventually(t, fmt.Sprintf("%d members are online", online), func(ctx context.Context) (bool, error) {
		status, err := m.Status(ctx)
		if err == nil && status.Group.Online != online {
			err = fmt.Errorf("the group is %+v", status.Group)
		}
		return err == nil, err
	})
}

// awaitPrimary waits until one of the members is the primary of a majority.
func awaitPrimary(t *testing.T, members ...*guardtest.Member) (primary *guardtest.Member) {
	t.Helper()
	guardtest.Eventually(t, "there is a primary", func(ctx context.Context) (bool, error) {
		for _, m := range members {
			status, err := m.Status(ctx)
			if err != nil {
				return false, err
			}
			if g := status.Group; g.State == "ONLINE" && g.Role == "PRIMARY" && g.HasMajority {
				primary = m
			}
		}
		return primary != nil, nil
	})
	return primary
}

func TestGroupElectsAPrimaryThatOnlyItsGuardOpens(t *testing.T) {
	members := formGroup(t)
	first := members[0]
	ctx := guardtest.Deadline(t)
	if status := first.Now(); !status.ReadOnly || status.Group.Role != "PRIMARY" || !status.Group.HasMajority || status.Group.PrimaryHost != "127.0.0.1" {
		t.Fatalf("the new group's primary is %+v, %+v", status, status.Group)
	}
	before := first.Open(1, time.Minute)
	check(t, first.Bootstrap(ctx))
	run(t, first.Client("migrate"), "CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20))")
	run(t, first.Client("app"), "INSERT INTO app.t (note) VALUES ('first')")

	first.Kill()
	next := awaitPrimary(t, members[1:]...)
	if status := next.Now(); !status.ReadOnly {
		t.Errorf("the elected primary opened itself: %+v", status)
	}
	next.Open(2, time.Minute)
	run(t, next.Client("app"), "INSERT INTO app.t (note) VALUES ('second')")

	guardtest.Eventually(t, "the first is back", func(ctx context.Context) (bool, error) {
		state, err := first.Guard.State(ctx)
		return state.Running && state.BootID != before.BootID, err
	})
	check(t, first.StartGroup(ctx, false))
	awaitOnline(t, next, 3)
	awaitCaughtUp(t, first, next)
	if got := notes(t, first); got != "first,second" {
		t.Errorf("the former primary has %q", got)
	}

	_, err := next.Guard.Close(ctx, "switchover")
	check(t, err)
	check(t, next.SetPrimary(ctx, first.Now().Group.MemberID))
	awaitPrimary(t, first)
	first.Open(3, time.Minute)
	run(t, first.Client("app"), "INSERT INTO app.t (note) VALUES ('third')")
	check(t, next.StopGroup(ctx))
	if g := next.Now().Group; g.State != "OFFLINE" || g.HasMajority {
		t.Errorf("who left the group says %+v", g)
	}
}

func TestMinorityOfAGroupAcknowledgesNothing(t *testing.T) {
	members := formGroup(t)
	primary := members[0]
	primary.Open(1, time.Minute)
	ctx := guardtest.Deadline(t)
	check(t, primary.Bootstrap(ctx))
	for _, m := range members[1:] {
		// Their guards start them again, but nobody has them join.
		m.Kill()
	}
	result := make(chan error, 1)
	go func() { result <- primary.ProbeWrite(ctx) }()
	guardtest.Eventually(t, "the primary knows that it is alone", func(ctx context.Context) (bool, error) {
		status, err := primary.Status(ctx)
		return err == nil && !status.Group.HasMajority, err
	})
	_, err := primary.Guard.Close(ctx, "minority")
	check(t, err)
	if err := <-result; err == nil {
		t.Error("a write without a majority was acknowledged")
	} else if strings.Contains(err.Error(), "twinstack.probe' doesn't exist") {
		t.Error(err)
	}
	if !primary.Now().ReadOnly {
		t.Error("a primary without a majority is open")
	}
}
