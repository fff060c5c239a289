package migrate_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"twinstack.dev/services/internal/migrate"
	"twinstack.dev/services/internal/mysqltest"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var steps = []migrate.Migration{
	{Version: 1, Name: "0001_first.sql", Statement: "CREATE TABLE IF NOT EXISTS first (id INT PRIMARY KEY)"},
	{Version: 2, Name: "0002_second.sql", Statement: "CREATE TABLE IF NOT EXISTS second (id INT PRIMARY KEY)"},
}

func connect(t *testing.T, address string) *sql.DB {
	t.Helper()
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd, config.DBName = "tcp", address, "migrate", "secret", "app"
	config.TLSConfig, config.Logger = "skip-verify", &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func bootstrap(server *mysqltest.Server) {
	server.Exec("CREATE DATABASE app", "CREATE USER migrate IDENTIFIED BY 'secret'", "GRANT ALL ON app.* TO migrate")
}

type runner struct {
	migrate.Migrator
	log *bytes.Buffer
}

func newRunner(writer, reader *sql.DB, migrations []migrate.Migration) *runner {
	log := &bytes.Buffer{}
	return &runner{migrate.Migrator{
		Writer: writer, Reader: reader, Migrations: migrations, Every: 10 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}, log}
}

func (r *runner) run(t *testing.T, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return r.Run(ctx)
}

func expectVersions(t *testing.T, server *mysqltest.Server, want string) {
	t.Helper()
	var got string
	err := server.Root().QueryRow("SELECT GROUP_CONCAT(version, ' ', name ORDER BY version SEPARATOR ', ') FROM app.schema_versions").Scan(&got)
	if err != nil || got != want {
		t.Errorf("versions are %q (%v), want %q", got, err, want)
	}
}

const both = "1 0001_first.sql, 2 0002_second.sql"

func TestMissingStepsAreMadeOnce(t *testing.T) {
	server := mysqltest.Start(t)
	bootstrap(server)
	db := connect(t, server.Address)
	if err := newRunner(db, nil, steps[:1]).run(t, patience); err != nil {
		t.Fatal(err)
	}
	expectVersions(t, server, "1 0001_first.sql")
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Add(1)
		go func() {
			defer replicas.Done()
			if err := newRunner(db, nil, steps).run(t, patience); err != nil {
				t.Error(err)
			}
		}()
	}
	replicas.Wait()
	expectVersions(t, server, both)
	server.Exec("INSERT INTO app.schema_versions VALUES (3, 'of a newer program')")
	if err := newRunner(db, nil, steps).run(t, patience); err != nil {
		t.Errorf("a newer version: %v", err)
	}
}

// A writer was lost between a step and its note.
func TestAStepIsMadeAgain(t *testing.T) {
	server := mysqltest.Start(t)
	bootstrap(server)
	db := connect(t, server.Address)
	server.Exec("CREATE TABLE app.first (id INT PRIMARY KEY)")
	if err := newRunner(db, nil, steps).run(t, patience); err != nil {
		t.Error(err)
	}
	expectVersions(t, server, both)
}

func TestTheReaderIsEnough(t *testing.T) {
	server := mysqltest.Start(t)
	bootstrap(server)
	db := connect(t, server.Address)
	if err := newRunner(db, nil, steps).run(t, patience); err != nil {
		t.Fatal(err)
	}
	server.Exec("SET GLOBAL super_read_only = ON")
	nowhere := connect(t, "127.0.0.1:1")
	r := newRunner(nowhere, db, steps)
	if err := r.run(t, patience); err != nil || !strings.Contains(r.log.String(), "nothing to migrate") {
		t.Errorf("%v; log: %s", err, r.log)
	}
}

func TestWaitsForAWriterUntilItsTimeIsOver(t *testing.T) {
	server := mysqltest.Start(t)
	bootstrap(server)
	server.Exec("SET GLOBAL super_read_only = ON")
	db := connect(t, server.Address)
	r := newRunner(db, db, steps)
	err := r.run(t, 2*time.Second)
	const want = "the tables are not at version 2: no writer: the server is read-only"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if lines := strings.Count(r.log.String(), "waiting for the database"); lines != 1 {
		t.Errorf("the same reason is told %d times: %s", lines, r.log)
	}
	finished := make(chan error)
	go func() { finished <- newRunner(db, db, steps).run(t, patience) }()
	server.Exec("SET GLOBAL super_read_only = OFF", "SET GLOBAL read_only = OFF")
	if err := <-finished; err != nil {
		t.Error(err)
	}
	expectVersions(t, server, both)
}

func TestLoad(t *testing.T) {
	files := fstest.MapFS{"sql/0001_a.sql": {Data: []byte("A")}, "sql/0002_b.sql": {Data: []byte("B")}}
	got := migrate.Load(files, "sql")
	if len(got) != 2 || got[1] != (migrate.Migration{Version: 2, Name: "0002_b.sql", Statement: "B"}) {
		t.Errorf("got %+v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a gap is accepted")
		}
	}()
	delete(files, "sql/0001_a.sql")
	migrate.Load(files, "sql")
}
