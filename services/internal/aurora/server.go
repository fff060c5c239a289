package aurora

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/mysql"
)

const (
	// askWithin bounds every exchange with the database.
	askWithin = 2 * time.Second
	// connections are few: one asks, and one may still hang.
	connections = 2
	lagQuery    = `SELECT COALESCE(MAX(durability_lag_in_milliseconds), -1) FROM information_schema.aurora_global_db_status
		WHERE aws_region = ?`
)

// Endpoints says how the database is reached in a region.
type Endpoints struct {
	// Writer and Reader are each a host:port; the host is the name in the server's certificate.
	Writer, Reader string
	// Accounts holds a folder with username and password for each account; CAFile is whom to trust.
	Accounts, CAFile string
	// Region is AWS' name of it.
	Region string
}

// endpoint implements Server.
type endpoint struct {
	endpoints      Endpoints
	writer, reader *sql.DB
	admin          *sql.DB
}

// Connect returns the database at its end points. It connects when it is first asked, as the accounts steward and admin.
func Connect(e Endpoints) (Server, error) {
	pool := func(address, account string) (*sql.DB, error) {
		return database.Settings{
			Address: address, UsernameFile: filepath.Join(e.Accounts, account, "username"),
			PasswordFile: filepath.Join(e.Accounts, account, "password"), CAFile: e.CAFile, Budget: askWithin, Connections: connections,
		}.Connect()
	}
	writer, writerErr := pool(e.Writer, "steward")
	reader, readerErr := pool(e.Reader, "steward")
	admin, adminErr := pool(e.Writer, "admin")
	return &endpoint{e, writer, reader, admin}, errors.Join(writerErr, readerErr, adminErr)
}

// ProbeWrite implements Server.
func (e *endpoint) ProbeWrite(ctx context.Context) error {
	_, err := e.writer.ExecContext(ctx, "INSERT INTO twinstack.probe (region, n) VALUES ('steward', 1) ON DUPLICATE KEY UPDATE n = n + 1")
	return err
}

// Lag implements Server. Aurora tells it by region, in a table that only Aurora has.
func (e *endpoint) Lag(ctx context.Context) (time.Duration, error) {
	var milliseconds float64
	if err := e.reader.QueryRowContext(ctx, lagQuery, e.endpoints.Region).Scan(&milliseconds); err != nil {
		return 0, err
	}
	if milliseconds < 0 {
		return 0, fmt.Errorf("no lag of %s is told", e.endpoints.Region)
	}
	return time.Duration(milliseconds * float64(time.Millisecond)), nil
}

// rights are what each account may do. They are those of a MySQL member's, less what only its guard and steward need.
var rights = []struct{ account, grant string }{
	{"steward", "SELECT, INSERT, UPDATE ON twinstack.probe"},
	{"app", "SELECT, INSERT, UPDATE, DELETE ON app.*"},
	{"migrate", "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES ON app.*"},
	{"probe", "SELECT, INSERT, UPDATE, DELETE ON twinstack.probe"},
}

// Bootstrap implements Server. It gives every account the password that its Secret has; what is there is left alone.
func (e *endpoint) Bootstrap(ctx context.Context) error {
	for _, statement := range mysql.Schemas {
		if _, err := e.admin.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	for _, r := range rights {
		credentials, err := mysql.ReadCredentials(filepath.Join(e.endpoints.Accounts, r.account))
		if err != nil {
			return err
		}
		for _, s := range []struct {
			text      string
			arguments []any
		}{
			{"CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ? REQUIRE SSL", []any{credentials.Username, credentials.Password}},
			{"ALTER USER ?@'%' IDENTIFIED BY ?", []any{credentials.Username, credentials.Password}},
			{"GRANT " + r.grant + " TO ?@'%'", []any{credentials.Username}},
		} {
			if _, err := e.admin.ExecContext(ctx, s.text, s.arguments...); err != nil {
				return fmt.Errorf("%s: %w", s.text, err) // As written here: without the password.
			}
		}
	}
	return nil
}
