package mysql

import (
	"context"
	"errors"
	"fmt"
)

const (
	// As many retries as MySQL can count: the steward decides when following ends.
	followStatement = `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ?, SOURCE_PORT = ?, SOURCE_AUTO_POSITION = 1,
		SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 4294967295, SOURCE_HEARTBEAT_PERIOD = 1, GET_SOURCE_PUBLIC_KEY = 0,
		SOURCE_SSL = 1, SOURCE_SSL_CA = ?, SOURCE_SSL_CERT = ?, SOURCE_SSL_KEY = ?, SOURCE_SSL_VERIFY_SERVER_CERT = 1`
	// The account is given with START, which, other than CHANGE, doesn't write it to the disk.
	startStatement  = "START REPLICA USER = ? PASSWORD = ?"
	waitStatement   = "SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 1) AS timedout"
	sourceOff       = "SET GLOBAL rpl_semi_sync_source_enabled = OFF"
	sourceOn        = "SET GLOBAL rpl_semi_sync_source_enabled = ON"
	acknowledgeOff  = "SET GLOBAL rpl_semi_sync_replica_enabled = OFF"
	acknowledgeOn   = "SET GLOBAL rpl_semi_sync_replica_enabled = ON"
	stopReplication = "STOP REPLICA"
	// closeToAll undoes closeToClients where a clone was broken off.
	closeToAll     = "SET GLOBAL super_read_only = ON"
	closeToClients = "SET GLOBAL super_read_only = OFF" // read_only stays on.
)

// Follow makes a read-only member take its transactions from source, by GTID and over TLS, and acknowledge them if
// semiSync. What it received from a former source must be applied before (ErrUnapplied). Following whom it follows
// already keeps what is received, and starts what is stopped.
func (m *Member) Follow(ctx context.Context, source Source, semiSync bool) error {
	return m.on(ctx, "follow "+source.String(), func(c connection) error {
		if err := c.mustBeClosed(ctx); err != nil {
			return err
		}
		now, err := c.replica(ctx)
		if err != nil {
			return err
		}
		same := now != nil && now.Source == source
		if same && (now.Receiving || now.retrying) && now.Applying {
			if right, err := c.acknowledges(ctx, semiSync); err != nil || right {
				return err
			}
		}
		acknowledge := acknowledgeOff
		if semiSync {
			acknowledge = acknowledgeOn
		}
		if err := c.exec(ctx, closeToAll, stopReplication, sourceOff, acknowledge); err != nil {
			return err
		}
		if !same {
			if err := c.changeSource(ctx, source, m.config.ServerTrust); err != nil {
				return err
			}
		}
		return c.start(ctx, m.config.Replication)
	})
}

// mustBeClosed makes sure that clients can't write.
func (c connection) mustBeClosed(ctx context.Context) error {
	row, err := c.row(ctx, "SELECT @@GLOBAL.read_only AS closed")
	if err != nil {
		return err
	}
	if row["closed"] != "1" {
		return ErrWritable
	}
	return nil
}

func (c connection) acknowledges(ctx context.Context, wanted bool) (bool, error) {
	row, err := c.row(ctx, "SELECT @@GLOBAL.rpl_semi_sync_replica_enabled AS enabled")
	return (row["enabled"] == "1") == wanted, err
}

func (c connection) changeSource(ctx context.Context, source Source, trust TrustFiles) error {
	if err := c.mustHaveApplied(ctx); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, followStatement, source.Host, source.Port, trust.CA, trust.Cert, trust.Key)
	return err
}

// mustHaveApplied guards every statement that throws the relay log away.
func (c connection) mustHaveApplied(ctx context.Context) error {
	var status Status
	now, err := c.replica(ctx)
	if err != nil || now == nil {
		return err
	}
	if err := c.globals(ctx, &status); err != nil {
		return err
	}
	if missing := now.Retrieved.Subtract(status.Executed); !missing.IsEmpty() {
		return fmt.Errorf("%w: %s", ErrUnapplied, missing)
	}
	return nil
}

func (c connection) start(ctx context.Context, account Credentials) error {
	_, err := c.ExecContext(ctx, startStatement, account.Username, account.Password)
	return err
}

// StopReceiving stops taking, and so acknowledging, transactions; what is received goes on being applied.
func (m *Member) StopReceiving(ctx context.Context) error {
	return m.on(ctx, "stop receiving", func(c connection) error {
		now, err := c.replica(ctx)
		if err != nil || now == nil {
			return err
		}
		return c.exec(ctx, "STOP REPLICA IO_THREAD")
	})
}

// ApplyReceived waits until all that is received is applied. StopReceiving comes before.
func (m *Member) ApplyReceived(ctx context.Context) error {
	return m.on(ctx, "apply what is received", func(c connection) error {
		now, err := c.replica(ctx)
		if err != nil {
			return err
		}
		if now == nil {
			return ErrNoReplica
		}
		if now.Receiving {
			return errors.New("it still receives; StopReceiving comes first")
		}
		if !now.Applying {
			if err := c.exec(ctx, "START REPLICA SQL_THREAD"); err != nil {
				return err
			}
		}
		return c.wait(ctx, now.Retrieved, c.applies)
	})
}

// applies returns an error once applying has stopped.
func (c connection) applies(ctx context.Context) error {
	now, err := c.replica(ctx)
	if err == nil && (now == nil || !now.Applying) {
		err = errors.New("applying stopped")
		if now != nil {
			err = fmt.Errorf("%w: %s", err, now.Error)
		}
	}
	return err
}

// WaitExecuted waits until the member has executed all of set.
func (m *Member) WaitExecuted(ctx context.Context, set GTIDSet) error {
	return m.on(ctx, "wait for transactions", func(c connection) error {
		return c.wait(ctx, set, func(context.Context) error { return nil })
	})
}

// wait asks in rounds of a second, so that a caller that went away leaves no session behind, and stops when hopeless
// returns an error.
func (c connection) wait(ctx context.Context, set GTIDSet, hopeless func(context.Context) error) error {
	for {
		row, err := c.row(ctx, waitStatement, set.String())
		if err != nil {
			return err
		}
		if row["timedout"] == "0" {
			return nil
		}
		if err := hopeless(ctx); err != nil {
			return err
		}
	}
}

// BecomeSource forgets whom the member followed, planned or not. It stays read-only: opening it is the guard's.
func (m *Member) BecomeSource(ctx context.Context, _ bool) error {
	return m.on(ctx, "become source", func(c connection) error {
		if err := c.exec(ctx, stopReplication); err != nil {
			return err
		}
		if err := c.mustHaveApplied(ctx); err != nil {
			return err
		}
		return c.exec(ctx, "RESET REPLICA ALL", acknowledgeOff)
	})
}

// SetSemiSync says whether commits wait for an acknowledgement of one member. Switching it off lets those that wait
// end as if acknowledged: whoever does so must have recorded that the others are no longer in sync.
func (m *Member) SetSemiSync(ctx context.Context, on bool) error {
	return m.on(ctx, "set semi-sync", func(c connection) error {
		if on {
			return c.exec(ctx, sourceOn)
		}
		return c.exec(ctx, sourceOff)
	})
}
