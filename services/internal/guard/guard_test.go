package guard_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twinstack.dev/services/internal/guard"
	"twinstack.dev/services/internal/guard/guardtest"
	"twinstack.dev/services/internal/lease"
	"twinstack.dev/services/internal/mysql"
)

const semiSync = "semi-sync"

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// openWithTable opens a member and gives clients something to write to.
func openWithTable(t *testing.T, m *guardtest.Member, duration time.Duration) guard.State {
	t.Helper()
	state := m.Open(1, duration)
	check(t, m.Bootstrap(guardtest.Deadline(t)))
	run(t, m.Client("migrate"), "CREATE TABLE app.t (id BIGINT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(20))")
	return state
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(guardtest.Deadline(t), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	check(t, db.QueryRowContext(guardtest.Deadline(t), query).Scan(&n))
	return n
}

func TestNewMemberHasAccountsAndNoHistory(t *testing.T) {
	stack := guardtest.NewStack(t, semiSync)
	m := stack.Prepare(1)
	// What an earlier start left when it was killed in the middle.
	left := filepath.Join(m.Directory, "data.making", "undo_001")
	check(t, os.MkdirAll(filepath.Dir(left), 0o700))
	check(t, os.WriteFile(left, []byte("half"), 0o600))
	m.Run()
	m.AwaitRunning()

	status := m.Now()
	if !status.ReadOnly || !status.Executed.IsEmpty() || status.Replica != nil || status.SemiSync.SourceOn {
		t.Errorf("a new member is %+v; want it read-only, empty and following nobody", status)
	}
	var users string
	check(t, m.Local().QueryRow("SELECT GROUP_CONCAT(user ORDER BY user) FROM mysql.user WHERE user NOT LIKE 'mysql.%'").Scan(&users))
	if users != "app,guard,migrate,probe,replication,steward" {
		t.Errorf("accounts are %s", users)
	}
	openWithTable(t, m, 20*time.Second)
	run(t, m.Client("app"), "INSERT INTO app.t (note) VALUES ('x')")
	run(t, m.Client("probe"), "INSERT INTO twinstack.probe (region) VALUES ('a')")
	for account, statement := range map[string]string{
		"app":     "INSERT INTO twinstack.probe (region) VALUES ('b')",
		"steward": "CREATE DATABASE other",
		"probe":   "CREATE TABLE twinstack.other (n INT)",
		"migrate": "GRANT SELECT ON app.* TO app",
	} {
		if _, err := m.Client(account).Exec(statement); err == nil || !strings.Contains(err.Error(), "denied") {
			t.Errorf("%s may do %s: %v", account, statement, err)
		}
	}
	check(t, m.ProbeWrite(guardtest.Deadline(t)))
}

func TestWritesEndAtTheDeadline(t *testing.T) {
	m := guardtest.NewStack(t, "async").Start(1)
	state := openWithTable(t, m, 20*time.Second)
	client := m.Client("app")
	client.SetMaxOpenConns(1)
	idle, err := client.Conn(context.Background())
	check(t, err)
	ctx := guardtest.Deadline(t)
	_, err = idle.ExecContext(ctx, "INSERT INTO app.t (note) VALUES ('before')")
	check(t, err)

	now, err := m.Guard.State(ctx)
	check(t, err)
	until := now.Clock + 700*time.Millisecond
	check(t, m.Guard.Renew(ctx, state.BootID, 1, until))
	// The writer that never stops: what it last got acknowledged, on the clock that the guard uses.
	offset := lease.Clock() - now.Clock
	writer, last := m.Client("app"), atomic.Int64{}
	guardtest.Eventually(t, "writes are refused", func(ctx context.Context) (bool, error) {
		_, err := writer.ExecContext(ctx, "INSERT INTO app.t (note) VALUES ('on')")
		if err == nil {
			last.Store(int64(lease.Clock() - offset))
			return false, nil
		}
		return strings.Contains(err.Error(), "read-only"), nil
	})
	if got := time.Duration(last.Load()); got == 0 || got > until+lease.FenceBudget {
		t.Errorf("the last write was acknowledged at %s; open until %s", got, until)
	}
	after, err := m.Guard.State(ctx)
	check(t, err)
	if after.Open || after.BootID != state.BootID {
		t.Errorf("guard is %+v; want it closed, with the same mysqld", after)
	}
	guardtest.Eventually(t, "a client's old connection is ended", func(ctx context.Context) (bool, error) {
		return idle.PingContext(ctx) != nil, nil
	})
	if err := m.Guard.Renew(ctx, state.BootID, 1, after.Clock+time.Second); !errors.Is(err, guard.ErrNotOpen) {
		t.Errorf("renewed after the deadline: %v", err)
	}
}

// A commit that no replica acknowledges must not reach its client as done, however the database is closed.
func TestStuckCommitIsNeverAcknowledged(t *testing.T) {
	m := guardtest.NewStack(t, semiSync).Start(1)
	openWithTable(t, m, 30*time.Second)
	ctx := guardtest.Deadline(t)
	check(t, m.SetSemiSync(ctx, true))
	results := make(chan error, 8)
	client := m.Client("app")
	for range cap(results) {
		go func() {
			_, err := client.ExecContext(ctx, "INSERT INTO app.t (note) VALUES ('stuck')")
			results <- err
		}()
	}
	guardtest.Eventually(t, "a commit waits", func(ctx context.Context) (bool, error) {
		status, err := m.Status(ctx)
		return status.SemiSync.Waiting > 0, err
	})
	before, err := m.Guard.State(ctx)
	check(t, err)
	check(t, m.Guard.Renew(ctx, before.BootID, 1, before.Clock+300*time.Millisecond))
	for range cap(results) {
		if err := <-results; err == nil {
			t.Error("a commit without an acknowledgement was told to its client as done")
		}
	}
	guardtest.Eventually(t, "mysqld is back", func(ctx context.Context) (bool, error) {
		state, err := m.Guard.State(ctx)
		return state.Running && state.BootID != before.BootID && state.Restarts == 1, err
	})
	if status := m.Now(); !status.ReadOnly {
		t.Errorf("mysqld is back as %+v; want it read-only", status)
	}
	if err := m.Guard.Open(ctx, before.BootID, 1, before.Clock+30*time.Second); !errors.Is(err, guard.ErrStaleBoot) {
		t.Errorf("opened for the boot before: %v", err)
	}
}

func TestClosingWaitsForCommitsAndTellsWhatThereIs(t *testing.T) {
	m := guardtest.NewStack(t, "async").Start(1)
	openWithTable(t, m, 20*time.Second)
	ctx := guardtest.Deadline(t)
	// An open transaction holds a row, and a statement waits for it: neither may hold up the closing.
	holder, err := m.Client("app").Begin()
	check(t, err)
	_, err = holder.Exec("INSERT INTO app.t (id, note) VALUES (1000, 'held')")
	check(t, err)
	waiting := make(chan error, 1)
	go func() {
		_, err := m.Client("app").ExecContext(ctx, "INSERT INTO app.t (id, note) VALUES (1000, 'waits')")
		waiting <- err
	}()
	guardtest.Eventually(t, "the second waits for the first", func(context.Context) (bool, error) {
		return count(t, m.Local(), "SELECT COUNT(*) FROM performance_schema.data_lock_waits") > 0, nil
	})
	before, err := m.Guard.State(ctx)
	check(t, err)
	executed, err := m.Guard.Close(ctx, "test")
	check(t, err)
	if err := <-waiting; err == nil {
		t.Error("a write that waited was done after closing")
	}
	if err := holder.Commit(); err == nil {
		t.Error("an open transaction was committed after closing")
	}
	after, err := m.Guard.State(ctx)
	check(t, err)
	if status := m.Now(); !status.ReadOnly || !status.Executed.Equal(executed) || after.BootID != before.BootID {
		t.Errorf("closed with %s, mysqld is %+v, guard %+v", executed, status, after)
	}
	if _, err := m.Guard.Close(ctx, "again"); err != nil {
		t.Errorf("closing what is closed: %v", err)
	}
}

func TestKilledMysqldComesBackClosed(t *testing.T) {
	m := guardtest.NewStack(t, "async").Start(1)
	before := openWithTable(t, m, 30*time.Second)
	m.Kill()
	guardtest.Eventually(t, "mysqld is back", func(ctx context.Context) (bool, error) {
		state, err := m.Guard.State(ctx)
		return state.Running && state.BootID != before.BootID, err
	})
	after, err := m.Guard.State(guardtest.Deadline(t))
	check(t, err)
	if after.Open || after.Restarts != 1 || !m.Now().ReadOnly {
		t.Errorf("guard is %+v, mysqld %+v; want both closed", after, m.Now())
	}
}

func TestOnlyTheStewardMayOpen(t *testing.T) {
	stack := guardtest.NewStack(t, "async")
	m := stack.Start(1)
	url := "https://" + m.Settings.ListenAddress
	ctx := guardtest.Deadline(t)
	other, err := guard.NewClient(guard.ClientConfig{URL: url, Trust: mysql.TrustIn(stack.Issue("steward-other"))})
	check(t, err)
	if _, err := other.State(ctx); err == nil || !strings.Contains(err.Error(), `name one of ["steward-test"]`) {
		t.Errorf("another name of the same authority: %v", err)
	}
	stranger := guardtest.NewAuthority(t).Issue(t, guardtest.StewardName)
	check(t, os.Rename(filepath.Join(stranger, "ca.crt"), filepath.Join(stranger, "own.crt")))
	check(t, os.Link(filepath.Join(stack.Steward, "ca.crt"), filepath.Join(stranger, "ca.crt")))
	forged, err := guard.NewClient(guard.ClientConfig{URL: url, Trust: mysql.TrustIn(stranger)})
	check(t, err)
	if _, err := forged.State(ctx); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("the right name of another authority: %v", err)
	}
	for path, want := range map[string]int{"/ready": 200, "/health": 200, "/v1/state": 403} {
		if got := status(t, stack, url+path); got != want {
			t.Errorf("without a certificate %s answers %d; want %d", path, got, want)
		}
	}
}

func TestTailIsKeptOutsideOfTheData(t *testing.T) {
	m := guardtest.NewStack(t, "async").Start(1)
	openWithTable(t, m, 30*time.Second)
	client := m.Client("app")
	run(t, client, "INSERT INTO app.t (note) VALUES ('kept')")
	run(t, m.Local(), "FLUSH BINARY LOGS")
	before := m.Now().Executed
	run(t, client, "INSERT INTO app.t (note) VALUES ('tail-1')", "INSERT INTO app.t (note) VALUES ('tail-2')")
	ctx := guardtest.Deadline(t)
	all, err := m.Guard.Close(ctx, "test")
	check(t, err)
	tail := all.Subtract(before)
	path, size, err := m.Guard.SaveTail(ctx, tail)
	check(t, err)
	if filepath.Dir(path) != filepath.Join(m.Directory, "discarded") || size == 0 {
		t.Fatalf("saved %d bytes at %s", size, path)
	}
	text := ""
	saved, err := filepath.Glob(filepath.Join(path, "binlog.*"))
	check(t, err)
	for _, file := range saved {
		bytes, err := os.ReadFile(file)
		check(t, err)
		text += string(bytes)
	}
	if !strings.Contains(text, "tail-1") || !strings.Contains(text, "tail-2") || strings.Contains(text, "kept") {
		t.Errorf("%q don't hold the tail and nothing before it", saved)
	}
	again, sizeAgain, err := m.Guard.SaveTail(ctx, tail)
	if err != nil || again != path || sizeAgain != size {
		t.Errorf("saving again: %s, %d, %v", again, sizeAgain, err)
	}
	foreign, err := mysql.ParseGTIDSet("3e11fa47-71ca-11e1-9e33-c80aa9429562:1")
	check(t, err)
	if _, _, err := m.Guard.SaveTail(ctx, foreign); err == nil || !strings.Contains(err.Error(), "binary logs don't hold") {
		t.Errorf("saved what isn't there: %v", err)
	}
}

func TestRenewedCertificatesAreTakenOver(t *testing.T) {
	m := guardtest.NewStack(t, "async").Start(1)
	before := m.Certificate()
	m.RenewTrust()
	guardtest.Eventually(t, "mysqld shows the new certificate", func(context.Context) (bool, error) {
		return m.Certificate() != before, nil
	})
	if _, err := m.Guard.State(guardtest.Deadline(t)); err != nil {
		t.Errorf("guard with a new certificate: %v", err)
	}
}
