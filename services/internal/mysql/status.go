package mysql

import (
	"context"
	"strconv"
)

// Status is what a member says of itself at one moment.
type Status struct {
	ServerUUID string
	// ReadOnly tells whether super_read_only is on: nobody but replication writes.
	ReadOnly bool
	// Executed is what is committed; Purged is the part of it that a follower can't get any more.
	Executed, Purged GTIDSet
	// Replica is nil for a member that follows nobody.
	Replica  *Replica
	SemiSync SemiSync
	// Group is nil where group replication isn't installed.
	Group         *Group
	UptimeSeconds int64
}

// Replica is the state of following.
type Replica struct {
	Source              Source
	Receiving, Applying bool
	// Error is the last one of receiving or else of applying; empty while all is well.
	Error string
	// Retrieved is what was received since the relay log began, applied or not.
	Retrieved GTIDSet
	// LagSeconds is how far applying is behind the source, or -1 where that isn't known.
	LagSeconds float64
	// retrying tells whether the member tries to reach a source that it can't receive from now.
	retrying bool
}

// SemiSync is the state of semi-synchronous commits.
type SemiSync struct {
	// SourceOn tells whether commits wait for an acknowledgement now; ReplicaOn whether this member acknowledges.
	SourceOn, ReplicaOn bool
	// Waiting is how many sessions wait for an acknowledgement; Clients how many members there are to give one.
	Waiting, Clients int
}

// Group is how this member sees its replication group.
type Group struct {
	// State is ONLINE, RECOVERING, OFFLINE or ERROR; Role is PRIMARY, SECONDARY or empty.
	State, Role string
	MemberID    string
	// PrimaryHost is empty while there is none.
	PrimaryHost string
	// Members are those of the view; Online those of them that are reachable and take part.
	Online, Members int
	HasMajority     bool
}

const globalsQuery = `SELECT @@GLOBAL.server_uuid AS uuid, @@GLOBAL.super_read_only AS readonly,
	@@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged`

const countersQuery = `SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.global_status
	WHERE VARIABLE_NAME IN ('Uptime', 'Rpl_semi_sync_source_status', 'Rpl_semi_sync_replica_status',
		'Rpl_semi_sync_source_wait_sessions', 'Rpl_semi_sync_source_clients')`

// Status asks the member. Nothing in it waits for commits of others.
func (m *Member) Status(ctx context.Context) (status Status, err error) {
	err = m.on(ctx, "status", func(c connection) error {
		if err := c.globals(ctx, &status); err != nil {
			return err
		}
		if err := c.counters(ctx, &status); err != nil {
			return err
		}
		if status.Replica, err = c.replica(ctx); err != nil {
			return err
		}
		status.Group, err = c.group(ctx)
		return err
	})
	return status, err
}

func (c connection) globals(ctx context.Context, status *Status) error {
	row, err := c.row(ctx, globalsQuery)
	if err != nil {
		return err
	}
	status.ServerUUID, status.ReadOnly = row["uuid"], row["readonly"] == "1"
	if status.Executed, err = ParseGTIDSet(row["executed"]); err != nil {
		return err
	}
	status.Purged, err = ParseGTIDSet(row["purged"])
	return err
}

func (c connection) counters(ctx context.Context, status *Status) error {
	rows, err := c.rows(ctx, countersQuery)
	for _, row := range rows {
		number, _ := strconv.Atoi(row["value"]) // The states among them are no numbers.
		switch row["name"] {
		case "Uptime":
			status.UptimeSeconds = int64(number)
		case "Rpl_semi_sync_source_status":
			status.SemiSync.SourceOn = row["value"] == "ON"
		case "Rpl_semi_sync_replica_status":
			status.SemiSync.ReplicaOn = row["value"] == "ON"
		case "Rpl_semi_sync_source_wait_sessions":
			status.SemiSync.Waiting = number
		case "Rpl_semi_sync_source_clients":
			status.SemiSync.Clients = number
		}
	}
	return err
}

func (c connection) replica(ctx context.Context) (*Replica, error) {
	rows, err := c.rows(ctx, "SHOW REPLICA STATUS FOR CHANNEL ''")
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	row := rows[0]
	retrieved, err := ParseGTIDSet(row["Retrieved_Gtid_Set"])
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(row["Source_Port"])
	if err != nil {
		return nil, err
	}
	lag, err := strconv.ParseFloat(row["Seconds_Behind_Source"], 64)
	if err != nil {
		lag = -1 // NULL: one of the two threads is not at work.
	}
	r := &Replica{
		Source:    Source{Host: row["Source_Host"], Port: port},
		Receiving: row["Replica_IO_Running"] == "Yes", Applying: row["Replica_SQL_Running"] == "Yes",
		Error: row["Last_IO_Error"], Retrieved: retrieved, LagSeconds: lag,
		retrying: row["Replica_IO_Running"] == "Connecting",
	}
	if r.Error == "" {
		r.Error = row["Last_SQL_Error"]
	}
	return r, nil
}

const groupQuery = `SELECT MEMBER_ID AS id, MEMBER_HOST AS host, MEMBER_STATE AS state, MEMBER_ROLE AS role,
	MEMBER_ID = @@GLOBAL.server_uuid OR MEMBER_ID = '' AS self FROM performance_schema.replication_group_members`

func (c connection) group(ctx context.Context) (*Group, error) {
	rows, err := c.rows(ctx, groupQuery)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return groupOf(rows), nil
}

// groupOf reads the view that a member has of its group.
func groupOf(rows []map[string]string) *Group {
	g := &Group{State: "OFFLINE", Members: len(rows)}
	reachable := 0
	for _, row := range rows {
		if row["self"] == "1" {
			g.State, g.Role, g.MemberID = row["state"], row["role"], row["id"]
		}
		if row["role"] == "PRIMARY" && row["state"] != "UNREACHABLE" {
			g.PrimaryHost = row["host"]
		}
		switch row["state"] {
		case "ONLINE":
			g.Online++
			reachable++
		case "RECOVERING":
			reachable++
		}
	}
	taking := g.State == "ONLINE" || g.State == "RECOVERING"
	g.HasMajority = taking && 2*reachable > g.Members
	return g
}
