package guard

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"twinstack.dev/services/internal/mysql"
)

const (
	openStatement  = "SET GLOBAL read_only = OFF" // Takes super_read_only off, too.
	closeStatement = "SET GLOBAL super_read_only = ON"
	// sessionsQuery lists clients: whoever isn't part of the server, a member that follows, or one of us.
	sessionsQuery = `SELECT ID FROM performance_schema.processlist WHERE COMMAND NOT IN ('Daemon', 'Binlog Dump', 'Binlog Dump GTID')
		AND USER NOT IN ('system user', 'event_scheduler', 'mysql.session', %s)`

	errNoSuchThread = 1094
	yearSeconds     = "31536000"
)

// local is a running mysqld, reached by its socket. Closing and ending have a connection each, made while all is well.
type local struct {
	process *process
	pool    *sql.DB
	switcher,
	ender *sql.Conn
	// ours are the accounts that are no clients.
	ours []any
}

// openSocket returns a pool of connections to the mysqld on a socket.
func openSocket(socket, user string) (*sql.DB, error) {
	settings := driver.NewConfig()
	settings.Net, settings.Addr, settings.User = "unix", socket, user
	settings.InterpolateParams, settings.Logger = true, &driver.NopLogger{}
	settings.Params = map[string]string{"wait_timeout": yearSeconds}
	connector, err := driver.NewConnector(settings)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// connect waits until p answers on its socket, or is gone.
func connect(ctx context.Context, p *process, socket string, ours []string) (*local, error) {
	pool, err := openSocket(socket, localAccount)
	if err != nil {
		return nil, err
	}
	l := &local{process: p, pool: pool}
	for _, name := range append([]string{localAccount}, ours...) {
		l.ours = append(l.ours, name)
	}
	if err := awaitAnswer(ctx, p, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	switcher, switcherErr := pool.Conn(ctx)
	ender, enderErr := pool.Conn(ctx)
	if err := errors.Join(switcherErr, enderErr); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	l.switcher, l.ender = switcher, ender
	return l, nil
}

func awaitAnswer(ctx context.Context, p *process, pool *sql.DB) error {
	for {
		if pool.PingContext(ctx) == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.done:
			return fmt.Errorf("mysqld ended before it answered: %w", p.err)
		case <-time.After(startPoll):
		}
	}
}

func (l *local) close() { _ = l.pool.Close() }

func (l *local) OpenWrites(ctx context.Context) error {
	_, err := l.switcher.ExecContext(ctx, openStatement)
	return err
}

func (l *local) CloseWrites(ctx context.Context) error {
	_, err := l.switcher.ExecContext(ctx, closeStatement)
	return err
}

func (l *local) Kill() { l.process.kill() }

func (l *local) EndClients(ctx context.Context) error {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(l.ours)), ", ")
	ids, err := column[int64](ctx, l.ender, fmt.Sprintf(sessionsQuery, marks), l.ours...)
	for _, id := range ids {
		_, killErr := l.ender.ExecContext(ctx, "KILL ?", id)
		var refused *driver.MySQLError
		if errors.As(killErr, &refused) && refused.Number == errNoSuchThread {
			continue // It went by itself.
		}
		err = errors.Join(err, killErr)
	}
	return err
}

// Executed returns what is committed.
func (l *local) Executed(ctx context.Context) (set mysql.GTIDSet, err error) {
	var text string
	if err := l.pool.QueryRowContext(ctx, "SELECT @@GLOBAL.gtid_executed").Scan(&text); err != nil {
		return set, err
	}
	return mysql.ParseGTIDSet(text)
}

func (l *local) ping(ctx context.Context) error { return l.pool.PingContext(ctx) }

// reloadTrust makes mysqld read its certificate files anew.
func (l *local) reloadTrust(ctx context.Context) error {
	_, err := l.pool.ExecContext(ctx, "ALTER INSTANCE RELOAD TLS")
	return err
}

type queryer interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

// column returns the values of a query's only column.
func column[T any](ctx context.Context, q queryer, query string, arguments ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var value T
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	return all, rows.Err()
}
