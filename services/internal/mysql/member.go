// Package mysql knows one MySQL server as a member of a replicated whole: what it has executed, whom it follows, and
// how to change that. It decides nothing; the steward does.
//
// A member starts read-only, following nobody and without semi-synchronous commits, whatever it was before: its guard
// and the steward's next decision make it something again.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

// Errors that a caller may want to tell apart.
var (
	// ErrUnapplied means that received transactions would be lost; ApplyReceived comes first.
	ErrUnapplied = errors.New("received transactions are not applied yet")
	// ErrWritable means that the member must be read-only first.
	ErrWritable = errors.New("the member is writable; it must be read-only; close it at its guard first")
	// ErrNoReplica means that the member follows nobody.
	ErrNoReplica = errors.New("the member follows nobody")
	// ErrStays means that a planned change is not to be had, and that the former writer still is one.
	ErrStays = errors.New("the writer stays where it is")
)

// Source is where a member takes its transactions from. Host is also the name in its certificate.
type Source struct {
	Host string
	Port int
}

func (s Source) String() string { return net.JoinHostPort(s.Host, fmt.Sprint(s.Port)) }

// Config says how to reach a member, and what it is told for reaching others.
type Config struct {
	// Address is a host:port; the host has a port of its own for administration, which a full house doesn't block.
	Address string
	// ServerName is the name in the member's certificate. Default: the host of Address.
	ServerName string
	// Account is who this process is there.
	Account Credentials
	// Replication is the account by which the member reads from others.
	Replication Credentials
	// Trust holds this process' client certificate.
	Trust TrustFiles
	// ServerTrust holds the member's certificate, by the paths that mysqld itself sees. Default: /run/twinstack/trust.
	ServerTrust TrustFiles
}

const (
	connectTimeout = 2 * time.Second
	maxConnections = 4
	// connectionLifetime bounds for how long a renewed certificate is not noticed.
	connectionLifetime = 5 * time.Minute
)

// Member is one MySQL server. Its methods may be called at the same time and end with their context.
type Member struct {
	config Config
	pool   *sql.DB
}

// NewMember returns a member, without connecting to it.
func NewMember(config Config) (*Member, error) {
	host, _, err := net.SplitHostPort(config.Address)
	if err != nil {
		return nil, fmt.Errorf("member's address is %q; must be host:port; set it to e.g. database:33062", config.Address)
	}
	if config.ServerName == "" {
		config.ServerName = host
	}
	if config.ServerTrust == (TrustFiles{}) {
		config.ServerTrust = TrustIn("/run/twinstack/trust")
	}
	settings := driver.NewConfig()
	settings.Net, settings.Addr, settings.Timeout = "tcp", config.Address, connectTimeout
	settings.User, settings.Passwd = config.Account.Username, config.Account.Password
	settings.InterpolateParams = true // Replication statements can't be prepared; the driver quotes.
	settings.Logger = &driver.NopLogger{}
	err = settings.Apply(driver.BeforeConnect(func(_ context.Context, fresh *driver.Config) (err error) {
		fresh.TLS, err = config.Trust.Client(config.ServerName)
		return err
	}))
	if err != nil {
		return nil, err
	}
	connector, err := driver.NewConnector(settings)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxLifetime(connectionLifetime)
	return &Member{config: config, pool: pool}, nil
}

// Close ends the connections.
func (m *Member) Close() error { return m.pool.Close() }

// on runs work on one connection and says which member and job an error is about.
func (m *Member) on(ctx context.Context, job string, work func(connection) error) error {
	raw, err := m.pool.Conn(ctx)
	if err == nil {
		defer raw.Close()
		err = work(connection{raw})
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", m.config.ServerName, job, err)
	}
	return nil
}

// connection is one session, with the few forms of statements that this package needs.
type connection struct{ *sql.Conn }

// exec runs statements without arguments in order, up to the first error.
func (c connection) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// rows returns every row of a query, by column; NULL is the empty string.
func (c connection) rows(ctx context.Context, query string, arguments ...any) ([]map[string]string, error) {
	found, err := c.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	var all []map[string]string
	for found.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := found.Scan(targets...); err != nil {
			return nil, err
		}
		row := make(map[string]string, len(columns))
		for i, column := range columns {
			row[column] = values[i].String
		}
		all = append(all, row)
	}
	return all, found.Err()
}

// row returns the only row of a query.
func (c connection) row(ctx context.Context, query string, arguments ...any) (map[string]string, error) {
	all, err := c.rows(ctx, query, arguments...)
	if err == nil && len(all) != 1 {
		err = fmt.Errorf("%s: %d rows; must be one", query, len(all))
	}
	if err != nil {
		return nil, err
	}
	return all[0], nil
}
