package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/guard/guardtest"
	"twinstack.dev/services/internal/mysql"
)

const semiSync = "semi-sync"

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(guardtest.Deadline(t), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// notes returns what is in the table, as a list.
func notes(t *testing.T, m *guardtest.Member) string {
	t.Helper()
	var all sql.NullString
	check(t, m.Local().QueryRow("SELECT GROUP_CONCAT(note ORDER BY note) FROM app.t").Scan(&all))
	return all.String
}

// pair is a writer, open for a minute, with a table that its follower has, too.
func pair(t *testing.T, stack *guardtest.Stack) (writer, follower *guardtest.Member) {
	t.Helper()
	members := [2]*guardtest.Member{stack.Prepare(1), stack.Prepare(2)}
	for _, m := range members {
		m.Run()
	}
	writer, follower = members[0], members[1]
	writer.Open(1, time.Minute)
	ctx := guardtest.Deadline(t)
	check(t, writer.Bootstrap(ctx))
	run(t, writer.Client("migrate"), "CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20))")
	follower.AwaitRunning()
	check(t, follower.Follow(ctx, writer.Source, true))
	awaitCaughtUp(t, follower, writer)
	return writer, follower
}

func awaitCaughtUp(t *testing.T, follower, writer *guardtest.Member) {
	t.Helper()
	check(t, follower.WaitExecuted(guardtest.Deadline(t), writer.Now().Executed))
}

func awaitAcknowledging(t *testing.T, writer *guardtest.Member) {
	t.Helper()
	guardtest.Eventually(t, "the writer has somebody who acknowledges", func(ctx context.Context) (bool, error) {
		status, err := writer.Status(ctx)
		return status.SemiSync.Clients == 1, err
	})
}

// The whole way of a failover and of the former writer's return, with what each step promises.
func TestFailoverKeepsWhatWasAcknowledgedAndTheFormerWriterReturns(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	former, next := pair(t, stack)
	ctx := guardtest.Deadline(t)
	awaitAcknowledging(t, former)
	check(t, former.SetSemiSync(ctx, true))
	run(t, former.Client("app"), "INSERT INTO app.t (note) VALUES ('acknowledged')")
	if status := former.Now(); !status.SemiSync.SourceOn || status.SemiSync.Waiting != 0 {
		t.Errorf("semi-sync on the writer is %+v", status.SemiSync)
	}
	status := next.Now()
	if r := status.Replica; r == nil || !r.Receiving || !r.Applying || r.Source != former.Source || r.Error != "" || !status.SemiSync.ReplicaOn {
		t.Fatalf("follower is %+v, %+v", r, status.SemiSync)
	}

	// From here on nobody acknowledges: what is written now is the former writer's own.
	check(t, next.StopReceiving(ctx))
	failed := make(chan error, 1)
	go func() {
		_, err := former.Client("app").ExecContext(ctx, "INSERT INTO app.t (note) VALUES ('tail')")
		failed <- err
	}()
	guardtest.Eventually(t, "a commit waits", func(ctx context.Context) (bool, error) {
		status, err := former.Status(ctx)
		return status.SemiSync.Waiting == 1, err
	})
	_, err := former.Guard.Close(ctx, "failover")
	check(t, err)
	if err := <-failed; err == nil {
		t.Error("a commit that nobody has was acknowledged")
	}

	check(t, next.ApplyReceived(ctx))
	check(t, next.BecomeSource(ctx, false))
	next.Open(2, time.Minute)
	run(t, next.Client("app"), "INSERT INTO app.t (note) VALUES ('after')")
	if got := notes(t, next); got != "acknowledged,after" {
		t.Errorf("the new writer has %s", got)
	}

	tail := former.Now().Executed.Subtract(next.Now().Executed)
	if tail.Count() != 1 {
		t.Fatalf("the former writer's own transactions are %s; want one", tail)
	}
	_, _, err = former.Guard.SaveTail(ctx, tail)
	check(t, err)
	check(t, former.CloneFrom(ctx, next.Source))
	check(t, former.Follow(ctx, next.Source, true))
	run(t, next.Client("app"), "INSERT INTO app.t (note) VALUES ('on')")
	awaitCaughtUp(t, former, next)
	if got := notes(t, former); got != "acknowledged,after,on" || !next.Now().Executed.Contains(former.Now().Executed) {
		t.Errorf("the former writer has %s", got)
	}
}

// What a follower acknowledged must survive its own death, before it is applied and without the writer.
func TestAcknowledgedButUnappliedSurvivesAKill(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	writer, follower := pair(t, stack)
	ctx := guardtest.Deadline(t)
	awaitAcknowledging(t, writer)
	check(t, writer.SetSemiSync(ctx, true))
	run(t, follower.Local(), "STOP REPLICA SQL_THREAD")
	run(t, writer.Client("app"), "INSERT INTO app.t (note) VALUES ('only received')")
	before, err := follower.Guard.State(ctx)
	check(t, err)
	follower.Kill()
	writer.Kill()
	guardtest.Eventually(t, "the follower is back", func(ctx context.Context) (bool, error) {
		state, err := follower.Guard.State(ctx)
		return state.Running && state.BootID != before.BootID, err
	})
	if err := follower.BecomeSource(ctx, false); !errors.Is(err, mysql.ErrUnapplied) {
		t.Fatalf("became source without what it received: %v", err)
	}
	check(t, follower.ApplyReceived(ctx))
	if got := notes(t, follower); got != "only received" {
		t.Errorf("the follower has %q", got)
	}
	check(t, follower.BecomeSource(ctx, false))
}

func TestFollowingIsRefusedWhereItWouldLoseSomething(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	writer, follower := pair(t, stack)
	ctx := guardtest.Deadline(t)
	if err := writer.Follow(ctx, follower.Source, true); !errors.Is(err, mysql.ErrWritable) {
		t.Errorf("an open member followed: %v", err)
	}
	if err := writer.CloneFrom(ctx, follower.Source); !errors.Is(err, mysql.ErrWritable) {
		t.Errorf("an open member was cloned: %v", err)
	}
	run(t, follower.Local(), "STOP REPLICA SQL_THREAD")
	run(t, writer.Client("app"), "INSERT INTO app.t (note) VALUES ('received')")
	want := writer.Now().Executed
	guardtest.Eventually(t, "the transaction is received", func(ctx context.Context) (bool, error) {
		status, err := follower.Status(ctx)
		return err == nil && status.Executed.Union(status.Replica.Retrieved).Contains(want), err
	})
	elsewhere := mysql.Source{Host: writer.Source.Host, Port: writer.Source.Port + 1}
	if err := follower.Follow(ctx, elsewhere, true); !errors.Is(err, mysql.ErrUnapplied) {
		t.Errorf("followed another with unapplied transactions: %v", err)
	}
	// The same source again keeps what is received, and starts what is stopped.
	check(t, follower.Follow(ctx, writer.Source, true))
	check(t, follower.WaitExecuted(ctx, want))
	check(t, follower.Follow(ctx, writer.Source, false))
	guardtest.Eventually(t, "nobody acknowledges", func(ctx context.Context) (bool, error) {
		status, err := writer.Status(ctx)
		return status.SemiSync.Clients == 0, err
	})
}

func TestErrantTransactionsAreSeenAndGoneAfterAClone(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	writer, errant := pair(t, stack)
	ctx := guardtest.Deadline(t)
	run(t, errant.Local(), "SET GLOBAL super_read_only = OFF", "INSERT INTO app.t (id, note) VALUES (77, 'errant')", "SET GLOBAL super_read_only = ON")
	own := errant.Now()
	if extra := own.Executed.Subtract(writer.Now().Executed); extra.String() != own.ServerUUID+":1" {
		t.Fatalf("errant transactions are %q", extra)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := writer.WaitExecuted(short, own.Executed); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waited for what never comes: %v", err)
	}
	check(t, errant.CloneFrom(ctx, writer.Source))
	after := errant.Now()
	if !writer.Now().Executed.Contains(after.Executed) || after.Replica != nil || !after.ReadOnly || after.ServerUUID == own.ServerUUID {
		t.Errorf("after the clone the member is %+v", after)
	}

	// A member that has nothing at all comes the same way.
	empty := stack.Start(3)
	check(t, empty.CloneFrom(ctx, writer.Source))
	check(t, empty.Follow(ctx, writer.Source, false))
	run(t, writer.Client("app"), "INSERT INTO app.t (note) VALUES ('new')")
	awaitCaughtUp(t, empty, writer)
	if got := notes(t, empty); got != "new" {
		t.Errorf("the new member has %q", got)
	}
	wrong := mysql.Source{Host: writer.Source.Host, Port: 1}
	if err := empty.CloneFrom(ctx, wrong); err == nil || !strings.Contains(err.Error(), "clone 127.0.0.1:1") {
		t.Errorf("cloned from nobody: %v", err)
	}
}

func TestInterruptedCloneIsToldAndBegunAnew(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	writer, follower := pair(t, stack)
	ctx := guardtest.Deadline(t)
	before := follower.AwaitRunning()
	result := make(chan error, 1)
	go func() { result <- follower.CloneFrom(ctx, writer.Source) }()
	local := follower.Local()
	guardtest.Eventually(t, "the clone is under way", func(ctx context.Context) (bool, error) {
		state := ""
		err := local.QueryRowContext(ctx, "SELECT STATE FROM performance_schema.clone_status").Scan(&state)
		return state == "In Progress", err
	})
	follower.Kill()
	if err := <-result; err == nil || !strings.Contains(err.Error(), "clone again") {
		t.Fatalf("a clone that was interrupted: %v", err)
	}
	guardtest.Eventually(t, "the member is back", func(ctx context.Context) (bool, error) {
		state, err := follower.Guard.State(ctx)
		return state.Running && state.BootID != before.BootID, err
	})
	check(t, follower.CloneFrom(ctx, writer.Source))
	check(t, follower.Follow(ctx, writer.Source, true))
	run(t, writer.Client("app"), "INSERT INTO app.t (note) VALUES ('after')")
	awaitCaughtUp(t, follower, writer)
	if got := notes(t, follower); got != "after" {
		t.Errorf("the member has %q", got)
	}
}

// A source that is away for a while is followed again without anybody's help, and asking to follow it disturbs nothing.
func TestFollowerFindsItsSourceAgain(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	writer, follower := pair(t, stack)
	ctx := guardtest.Deadline(t)
	before := writer.AwaitRunning()
	writer.Kill()
	guardtest.Eventually(t, "the follower notices", func(ctx context.Context) (bool, error) {
		status, err := follower.Status(ctx)
		return err == nil && !status.Replica.Receiving && status.Replica.Applying && status.Replica.LagSeconds < 0, err
	})
	check(t, follower.Follow(ctx, writer.Source, true))
	guardtest.Eventually(t, "the source is back", func(ctx context.Context) (bool, error) {
		state, err := writer.Guard.State(ctx)
		return state.Running && state.BootID != before.BootID, err
	})
	writer.Open(1, time.Minute)
	run(t, writer.Client("app"), "INSERT INTO app.t (note) VALUES ('again')")
	awaitCaughtUp(t, follower, writer)
	if r := follower.Now().Replica; !r.Receiving || r.Error != "" {
		t.Errorf("following is %+v", r)
	}
}

func TestStatusAnswersWhileCommitsHang(t *testing.T) {
	m := guardtest.NewStack(t, semiSync).Start(1)
	m.Open(1, time.Minute)
	ctx := guardtest.Deadline(t)
	check(t, m.Bootstrap(ctx))
	check(t, m.SetSemiSync(ctx, true))
	before := m.Now().Executed
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := m.ProbeWrite(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write that nobody acknowledges: %v", err)
	}
	status := m.Now()
	if status.SemiSync.Waiting != 1 || !status.Executed.Equal(before) {
		t.Errorf("status is %+v", status)
	}
	check(t, m.SetSemiSync(ctx, false))
	check(t, m.ProbeWrite(ctx))
}

func TestAddressesAreChecked(t *testing.T) {
	_, err := mysql.NewMember(mysql.Config{Address: "database"})
	want := `member's address is "database"; must be host:port; set it to e.g. database:33062`
	if err == nil || err.Error() != want {
		t.Errorf("got %v; want %s", err, want)
	}
}

func TestPasswordsStayOutOfLogs(t *testing.T) {
	text := fmt.Sprintf("%v %+v %#v", mysql.Credentials{Username: "app", Password: "hunter2"},
		mysql.Config{Account: mysql.Credentials{Username: "app", Password: "hunter2"}}, mysql.Credentials{Password: "hunter2"})
	if strings.Contains(text, "hunter2") {
		t.Errorf("a password is told: %s", text)
	}
}
