package guard

import (
	"context"
	"database/sql"
	"fmt"
	"os/user"
)

// localAccount is the guard's own, for whoever has the guard's user id and reaches mysqld's socket. It has no password.
const localAccount = "guard"

// account is a purpose, what it demands of a connection, and what it may do.
type account struct {
	name    string
	require string
	grants  []string
}

// accounts are made by each member for itself, so that they are there before anything is replicated.
var accounts = []account{
	{"steward", "X509", []string{
		"SYSTEM_VARIABLES_ADMIN, REPLICATION_SLAVE_ADMIN, GROUP_REPLICATION_ADMIN, CLONE_ADMIN, CONNECTION_ADMIN, " +
			"SERVICE_CONNECTION_ADMIN, REPLICATION CLIENT, PROCESS, RELOAD ON *.*",
		"SELECT ON performance_schema.*",
		"CREATE ON app.*",
		"CREATE, SELECT, INSERT, UPDATE ON twinstack.*",
	}},
	{"replication", "X509", []string{"REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.*"}},
	{"app", "SSL", []string{"SELECT, INSERT, UPDATE, DELETE ON app.*"}},
	{"migrate", "SSL", []string{"SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON app.*"}},
	// The table comes with the first writer's bootstrap; CREATE lets rights be granted on it before.
	{"probe", "SSL", []string{"SELECT, INSERT, UPDATE, DELETE, CREATE ON twinstack.probe"}},
}

const withdrawProbeCreate = "REVOKE CREATE ON twinstack.probe FROM ?@'%'"

func accountNames() []string {
	var names []string
	for _, a := range accounts {
		names = append(names, a.name)
	}
	return names
}

// makeAccounts turns a new mysqld's open administrator into the guard's account and adds the others. None of it is
// written to the binary log: it is no part of what members must agree on.
func (s Settings) makeAccounts(ctx context.Context, root *sql.DB) error {
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("this user id has no name, which %s's account needs: %w", localAccount, err)
	}
	session, err := root.Conn(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	m := &maker{ctx: ctx, session: session}
	m.run("SET SESSION sql_log_bin = 0")
	m.run("CREATE USER ?@'localhost' IDENTIFIED WITH auth_socket AS ?", localAccount, me.Username)
	m.run("GRANT ALL ON *.* TO ?@'localhost' WITH GRANT OPTION", localAccount)
	for _, a := range accounts {
		credentials, err := s.credentials(a.name)
		if err != nil {
			return err
		}
		m.run("CREATE USER ?@'%' IDENTIFIED BY ? REQUIRE "+a.require, credentials.Username, credentials.Password)
		for _, grant := range a.grants {
			m.run("GRANT "+grant+" TO ?@'%'", credentials.Username)
		}
		if a.name == "probe" {
			m.run(withdrawProbeCreate, credentials.Username)
		}
	}
	m.run("DROP USER root@localhost")
	return m.err
}

// maker runs statements up to the first error.
type maker struct {
	ctx     context.Context
	session *sql.Conn
	err     error
}

func (m *maker) run(statement string, arguments ...any) {
	if m.err != nil {
		return
	}
	if _, err := m.session.ExecContext(m.ctx, statement, arguments...); err != nil {
		m.err = fmt.Errorf("%s: %w", statement, err) // As written here: without the password.
	}
}
