package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/mysqltest"
	"twinstack.dev/services/internal/nettest"
)

const (
	threshold = 3
	// budget is generous: these tests share their machine.
	budget   = 5 * time.Second
	coolDown = 2 * time.Second
	patience = 30 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newServer is a server with a table and an account for it.
func newServer(t *testing.T) *mysqltest.Server {
	t.Helper()
	s := mysqltest.Start(t)
	s.Exec("CREATE DATABASE app", "CREATE TABLE app.notes (id INT PRIMARY KEY, text INT NOT NULL DEFAULT 0)",
		"CREATE USER app IDENTIFIED BY 'first'", "GRANT SELECT, INSERT, UPDATE, DELETE ON app.* TO app")
	return s
}

// newReplica follows source and has all of it.
func newReplica(t *testing.T, source *mysqltest.Server) *mysqltest.Server {
	t.Helper()
	s := mysqltest.Start(t)
	s.Follow(source)
	s.Exec("SET GLOBAL super_read_only = ON")
	catchUp(t, s, source)
	return s
}

func catchUp(t *testing.T, replica, source *mysqltest.Server) {
	t.Helper()
	var set string
	if err := source.Root().QueryRow("SELECT @@global.gtid_executed").Scan(&set); err != nil {
		t.Fatal(err)
	}
	var late bool
	err := replica.Root().QueryRow("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)", set, patience.Seconds()).Scan(&late)
	if err != nil || late {
		t.Fatalf("the replica is late: %v", err)
	}
}

func settings(t *testing.T, server *mysqltest.Server, address string) database.Settings {
	t.Helper()
	directory := t.TempDir()
	s := database.Settings{
		Address: address, Schema: "app", CAFile: server.CAFile, Budget: budget, Connections: 8,
		UsernameFile: filepath.Join(directory, "username"), PasswordFile: filepath.Join(directory, "password"),
	}
	write(t, s.UsernameFile, "app\n")
	write(t, s.PasswordFile, "first")
	return s
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func newPool(t *testing.T, side database.Side, s database.Settings) *database.Pool {
	t.Helper()
	pool, err := database.NewPool(side, s, dependency.New(dependency.Settings{
		Name: string(side), Budget: s.Budget, Threshold: threshold, CoolDown: coolDown,
	}, metrics.New(identity.Identity{}), slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// newWriter is a database that has no reader.
func newWriter(t *testing.T, server *mysqltest.Server, address string) *database.Database {
	t.Helper()
	return database.New(newPool(t, database.Writer, settings(t, server, address)), nil, 0)
}

func insert(id int) database.Body {
	return func(ctx context.Context, c *sql.Conn) (bool, error) {
		_, err := c.ExecContext(ctx, "INSERT INTO notes (id) VALUES (?)", id)
		return true, err
	}
}

func count(ids *int) database.Query {
	return func(ctx context.Context, c *sql.Conn) error {
		return c.QueryRowContext(ctx, "SELECT COUNT(*) FROM notes").Scan(ids)
	}
}

func mustWrite(t *testing.T, db *database.Database, body database.Body) database.Commit {
	t.Helper()
	commit, err := db.Write(t.Context(), body)
	if err != nil {
		t.Fatal(err)
	}
	return commit
}

func expectRead(t *testing.T, db *database.Database, token database.Token, wantSide database.Side, wantRows int) {
	t.Helper()
	var rows int
	side, err := db.Read(t.Context(), token, count(&rows))
	if err != nil || side != wantSide || rows != wantRows {
		t.Errorf("token %q: %d rows by the %s (%v), want %d by the %s", token, rows, side, err, wantRows, wantSide)
	}
}

func TestReadYourWritesWithALaggingReplica(t *testing.T) {
	source := newServer(t)
	replica := newReplica(t, source)
	writer := newPool(t, database.Writer, settings(t, source, source.Address))
	readerSettings := settings(t, replica, replica.Address)
	impatient := database.New(writer, newPool(t, database.Reader, readerSettings), 100*time.Millisecond)
	patient := database.New(writer, newPool(t, database.Reader, readerSettings), budget)

	replica.Exec("STOP REPLICA SQL_THREAD")
	first := mustWrite(t, impatient, insert(1))
	expectRead(t, impatient, "", database.Reader, 0)
	expectRead(t, impatient, first.Token, database.Writer, 1)
	expectRead(t, impatient, database.AskWriter, database.Writer, 1)

	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		expectRead(t, patient, first.Token, database.Reader, 1)
	}()
	replica.Exec("START REPLICA SQL_THREAD")
	<-waiting
	expectRead(t, impatient, "", database.Reader, 1)

	var uuid, hostname string
	if err := source.Root().QueryRow("SELECT @@server_uuid, @@hostname").Scan(&uuid, &hostname); err != nil {
		t.Fatal(err)
	}
	// Nobody else writes: the token is the transaction itself, and no more.
	second := mustWrite(t, impatient, insert(2))
	var number int
	if n, err := fmt.Sscanf(string(second.Token), uuid+":%d", &number); n != 1 || err != nil ||
		string(second.Token) != fmt.Sprintf("%s:%d", uuid, number) || second.Server != hostname {
		t.Errorf("%+v is not one transaction of %s on %s", second, uuid, hostname)
	}
}

func TestTheReaderIsNotNeeded(t *testing.T) {
	source := newServer(t)
	replica := newReplica(t, source)
	db := database.New(newPool(t, database.Writer, settings(t, source, source.Address)),
		newPool(t, database.Reader, settings(t, replica, replica.Address)), budget)
	commit := mustWrite(t, db, insert(1))
	expectRead(t, db, commit.Token, database.Reader, 1)
	replica.Kill()
	for range threshold {
		expectRead(t, db, "", database.Writer, 1)
	}
	if got, want := db.Status()[database.Reader], (dependency.Status{State: "down", Breaker: "open"}); got != want {
		t.Errorf("the reader's status is %+v, want %+v", got, want)
	}
	if got := db.Status()[database.Writer].State; got != "up" {
		t.Errorf("the writer's state is %s", got)
	}
}

func TestReadsThatWaitLeaveConnectionsToOthers(t *testing.T) {
	source := newServer(t)
	replica := newReplica(t, source)
	s := settings(t, replica, replica.Address)
	s.Connections = 2
	db := database.New(newPool(t, database.Writer, settings(t, source, source.Address)), newPool(t, database.Reader, s), budget)
	replica.Exec("STOP REPLICA SQL_THREAD")
	commit := mustWrite(t, db, insert(1))
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		expectRead(t, db, commit.Token, database.Reader, 1)
	}()
	eventually(t, "a read that waits", func() bool {
		var waits int
		err := replica.Root().QueryRow("SELECT COUNT(*) FROM performance_schema.processlist WHERE user = 'app' AND " +
			"info LIKE 'SELECT WAIT_FOR_EXECUTED%'").Scan(&waits)
		return err == nil && waits == 1
	})
	expectRead(t, db, commit.Token, database.Writer, 1)
	expectRead(t, db, "", database.Reader, 0)
	replica.Exec("START REPLICA SQL_THREAD")
	<-waiting
}

func TestALostWriteIsTold(t *testing.T) {
	source, other := newServer(t), newServer(t)
	commit := mustWrite(t, newWriter(t, source, source.Address), insert(1))
	var rows int
	_, err := newWriter(t, other, other.Address).Read(t.Context(), commit.Token, count(&rows))
	if !errors.Is(err, database.ErrWriteLost) {
		t.Errorf("got %v", err)
	}
}

// Every token that ParseToken lets through must be one that a server can parse.
func TestServersUnderstandTokens(t *testing.T) {
	server := newServer(t)
	db := newWriter(t, server, server.Address)
	const uuid = "3E11FA47-71CA-11E1-9E33-C80AA9429562"
	for _, text := range []string{
		uuid + ":1", uuid + ":5-3", uuid + ":999999999999999999", uuid + ":1-3:7:2-9", uuid + ":1:tag:1-2:_a:3", uuid + ":tag:1," + uuid + ":1",
	} {
		token, ok := database.ParseToken(text)
		var rows int
		if _, err := db.Read(t.Context(), token, count(&rows)); !ok || err != nil && !errors.Is(err, database.ErrWriteLost) {
			t.Errorf("%q: %t, %v", text, ok, err)
		}
	}
}

func TestCredentialsAreReadAnew(t *testing.T) {
	server := newServer(t)
	s := settings(t, server, server.Address)
	s.Connections = 1
	db := database.New(newPool(t, database.Writer, s), nil, 0)
	mustWrite(t, db, insert(1))
	server.Exec("ALTER USER app IDENTIFIED BY 'second'")
	write(t, s.PasswordFile, "second\n")
	// The connection that is there ends, as all do some time.
	killConnections(t, server)
	mustWrite(t, db, insert(2))
}

func killConnections(t *testing.T, server *mysqltest.Server) {
	t.Helper()
	rows, err := server.Root().Query("SELECT id FROM performance_schema.processlist WHERE user = 'app'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var ids []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		server.Exec(fmt.Sprintf("KILL %d", id))
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	directory := t.TempDir()
	missing, empty := filepath.Join(directory, "missing"), filepath.Join(directory, "empty")
	write(t, empty, "")
	for name, s := range map[string]database.Settings{
		"no username": {Address: "db:1", UsernameFile: missing, PasswordFile: empty, CAFile: empty},
		"no password": {Address: "db:1", UsernameFile: empty, PasswordFile: missing, CAFile: empty},
		"no CA":       {Address: "db:1", UsernameFile: empty, PasswordFile: empty, CAFile: missing},
		"empty CA":    {Address: "db:1", UsernameFile: empty, PasswordFile: empty, CAFile: empty},
	} {
		if _, err := s.Connect(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOnlyTheRightServerIsTrusted(t *testing.T) {
	server := newServer(t)
	// The certificate is for 127.0.0.1.
	elsewhere := nettest.Forward(t, "127.0.0.2", server.Address)
	anotherName, anotherAuthority := settings(t, server, elsewhere.Address), settings(t, server, server.Address)
	// The one that mysqld made for itself when it was initialised.
	anotherAuthority.CAFile = filepath.Join(server.Directory, "data", "ca.pem")
	for name, s := range map[string]database.Settings{"another name": anotherName, "another authority": anotherAuthority} {
		db := database.New(newPool(t, database.Writer, s), nil, 0)
		if _, err := db.Write(t.Context(), insert(1)); err == nil || !strings.Contains(err.Error(), "failed to verify certificate") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s", what, patience)
		}
	}
}

// together runs all and waits for them.
func together(all ...func()) {
	var running sync.WaitGroup
	for _, one := range all {
		running.Add(1)
		go func() {
			defer running.Done()
			one()
		}()
	}
	running.Wait()
}
