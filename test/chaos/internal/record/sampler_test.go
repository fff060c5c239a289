package record_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/record"
)

// database does what execute says with every statement.
type database struct {
	execute atomic.Pointer[func(ctx context.Context, statement, region string) error]
}

func (d *database) does(execute func(context.Context, string, string) error) {
	d.execute.Store(&execute)
}

func (d *database) Connect(context.Context) (driver.Conn, error) { return connection{d}, nil }
func (d *database) Driver() driver.Driver                        { return nil }

type connection struct{ of *database }

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not asked for") }
func (connection) Begin() (driver.Tx, error)           { return nil, errors.New("not asked for") }
func (connection) Close() error                        { return nil }

func (c connection) ExecContext(ctx context.Context, statement string, arguments []driver.NamedValue) (driver.Result, error) {
	region, _ := arguments[0].Value.(string)
	return driver.RowsAffected(1), (*c.of.execute.Load())(ctx, statement, region)
}

func TestSampler(t *testing.T) {
	var seen atomic.Pointer[[2]string]
	server, log := &database{}, newLog(t)
	server.does(func(_ context.Context, statement, region string) error {
		seen.Store(&[2]string{statement, region})
		return nil
	})
	db := sql.OpenDB(server)
	defer db.Close()
	stop := record.Start(t.Context(), record.Sampler{Log: log, Region: "a", Database: db})
	defer stop()
	saw := func(what string, matches func(history.Sample) bool) {
		t.Helper()
		until(t, log, what, func(h history.History) bool { return slices.ContainsFunc(h.Samples, matches) })
	}
	saw("an accepted write", func(s history.Sample) bool {
		return s.Outcome == history.Accepted && s.Region == "a" && s.Problem == ""
	})
	if got := seen.Load(); got[1] != "chaos-a" || got[0] == "" {
		t.Errorf("executed %q", got)
	}
	server.does(func(context.Context, string, string) error {
		return &mysql.MySQLError{Number: 1290, Message: "super-read-only"}
	})
	saw("a refused one", func(s history.Sample) bool { return s.Outcome == history.Refused && s.Problem != "" })
	server.does(func(context.Context, string, string) error { return mysql.ErrInvalidConn })
	saw("a broken connection, which says nothing", func(s history.Sample) bool { return s.Outcome == history.NoAnswer && s.Problem != "" })
	server.does(func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() })
	saw("a commit that hangs", func(s history.Sample) bool { return s.Outcome == history.NoAnswer && s.End-s.Begin >= 1e9 })
}
