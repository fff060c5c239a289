package mysql

import (
	"context"
	"errors"
	"time"
)

const (
	joinStatement    = "START GROUP_REPLICATION USER = ?, PASSWORD = ?"
	leaveStatement   = "STOP GROUP_REPLICATION"
	bootstrapOn      = "SET GLOBAL group_replication_bootstrap_group = ON"
	bootstrapOff     = "SET GLOBAL group_replication_bootstrap_group = OFF"
	bootstrapCleanup = 2 * time.Second
	// A primary would open itself. It stays read-only instead, until its guard opens it.
	keepClosed = `SELECT group_replication_disable_member_action('mysql_disable_super_read_only_if_primary', 'AFTER_PRIMARY_ELECTION')`
)

// StartGroup joins the replication group, or with bootstrap makes a new one: only one member, which has all
// transactions of the others, may ever do that. A primary stays read-only until its guard opens it.
func (m *Member) StartGroup(ctx context.Context, bootstrap bool) error {
	err := m.on(ctx, "start group", func(c connection) error {
		if err := c.leave(ctx); err != nil {
			return err
		}
		if bootstrap {
			if err := c.prepareBootstrap(ctx); err != nil {
				return err
			}
		}
		_, err := c.ExecContext(ctx, joinStatement, m.config.Replication.Username, m.config.Replication.Password)
		return err
	})
	if !bootstrap {
		return err
	}
	// Even when ctx is over: left on, the next start would make a second group.
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), bootstrapCleanup)
	defer cancel()
	return errors.Join(err, m.on(cleanup, "end of bootstrap", func(c connection) error { return c.exec(cleanup, bootstrapOff) }))
}

// leave makes a member that is in a group, or failed in one, able to start again.
func (c connection) leave(ctx context.Context) error {
	now, err := c.group(ctx)
	if err != nil {
		return err
	}
	if now == nil {
		return errors.New("group replication isn't installed; load group_replication.so in my.cnf")
	}
	if now.State == "OFFLINE" {
		return nil
	}
	return c.exec(ctx, leaveStatement)
}

// prepareBootstrap says how a new group is to be; those who join take that from the group.
func (c connection) prepareBootstrap(ctx context.Context) error {
	if err := c.mustBeClosed(ctx); err != nil {
		return err
	}
	// The setting counts as writing; clients, who aren't administrators, still can't.
	if err := c.exec(ctx, closeToClients); err != nil {
		return err
	}
	if _, err := c.rows(ctx, keepClosed); err != nil {
		return errors.Join(err, c.exec(ctx, closeToAll))
	}
	return c.exec(ctx, closeToAll, bootstrapOn)
}

// StopGroup leaves the replication group.
func (m *Member) StopGroup(ctx context.Context) error {
	return m.on(ctx, "stop group", func(c connection) error { return c.exec(ctx, leaveStatement) })
}

// SetPrimary moves the group's primary to the member with this server UUID, after the transactions under way.
func (m *Member) SetPrimary(ctx context.Context, memberID string) error {
	return m.on(ctx, "set primary", func(c connection) error {
		_, err := c.rows(ctx, "SELECT group_replication_set_as_primary(?)", memberID)
		return err
	})
}
