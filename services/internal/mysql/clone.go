package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"
)

const (
	donorStatement = "SET GLOBAL clone_valid_donor_list = ?, clone_ssl_ca = ?, clone_ssl_cert = ?, clone_ssl_key = ?"
	cloneStatement = "CLONE INSTANCE FROM ?@?:%d IDENTIFIED BY ? REQUIRE SSL"
	lifeQuery      = `SELECT THREAD_OS_ID AS process, @@GLOBAL.server_uuid AS data FROM performance_schema.threads
		WHERE NAME = 'thread/sql/main'`
	clonePoll = 100 * time.Millisecond
)

// CloneFrom replaces all data of a read-only member by a copy of source's, taken over TLS, and returns when mysqld is
// back with it, following nobody. Destroys the member's own data at once; a clone that failed is begun anew by the
// next call.
func (m *Member) CloneFrom(ctx context.Context, source Source) error {
	job := "clone " + source.String()
	var before life
	err := m.on(ctx, job, func(c connection) (err error) {
		if before, err = c.life(ctx); err != nil {
			return err
		}
		return c.clone(ctx, source, m.config)
	})
	// mysqld restarts at the end of a clone, and may do so before it answers.
	if err != nil && !errors.Is(err, mysqldriver.ErrInvalidConn) && !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	if err := m.awaitClone(ctx, job, before); err != nil {
		return err
	}
	return m.on(ctx, job, func(c connection) error {
		return c.exec(ctx, "RESET REPLICA ALL") // The copy has the donor's own source, too.
	})
}

// life tells one run of mysqld from another, and one set of data from another.
type life struct{ process, data string }

func (c connection) life(ctx context.Context) (life, error) {
	row, err := c.row(ctx, lifeQuery)
	return life{row["process"], row["data"]}, err
}

func (c connection) clone(ctx context.Context, source Source, config Config) error {
	if err := c.mustBeClosed(ctx); err != nil {
		return err
	}
	if err := c.exec(ctx, stopReplication); err != nil {
		return err
	}
	trust, account := config.ServerTrust, config.Replication
	if _, err := c.ExecContext(ctx, donorStatement, source.String(), trust.CA, trust.Cert, trust.Key); err != nil {
		return err
	}
	// Cloning counts as writing; clients, who aren't administrators, still can't.
	if err := c.exec(ctx, closeToClients); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, fmt.Sprintf(cloneStatement, source.Port), account.Username, source.Host, account.Password)
	if refused := (*mysqldriver.MySQLError)(nil); errors.As(err, &refused) {
		err = errors.Join(err, c.exec(ctx, closeToAll))
	}
	return err
}

// awaitClone waits until mysqld runs anew. Its guard gives it a new identity if it has the copy.
func (m *Member) awaitClone(ctx context.Context, job string, before life) error {
	for {
		var now life
		err := m.on(ctx, job, func(c connection) (err error) {
			now, err = c.life(ctx)
			return err
		})
		if err == nil && now.process != before.process {
			return m.on(ctx, job, func(c connection) error { return c.cloned(ctx, now.data != before.data) })
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(clonePoll):
		}
	}
}

// cloned returns an error unless mysqld says that it has the copy.
func (c connection) cloned(ctx context.Context, renewed bool) error {
	if !renewed {
		return errors.New("mysqld restarted without the copy; clone again")
	}
	row, err := c.row(ctx, "SELECT STATE AS state, ERROR_MESSAGE AS reason FROM performance_schema.clone_status")
	if err == nil && row["state"] != "Completed" {
		err = fmt.Errorf("it is %s: %s; clone again", row["state"], row["reason"])
	}
	return err
}
