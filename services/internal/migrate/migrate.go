// Package migrate brings a replicated database's tables to the version that a program needs.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"time"
)

// lock is held by who migrates, so that replicas which start together do it one after the other.
const lock = "twinstack-migrate"

// Migration is one step: one statement, which must do no harm when it is run again. MySQL can't undo a CREATE, and a
// writer may be lost between a step and the note that it was made.
type Migration struct {
	// Version counts from 1.
	Version int
	// Name is the file it comes from.
	Name string
	// Statement is its SQL.
	Statement string
}

// Load reads the files NUMBER_NAME.sql of a folder that is part of the program, and panics if they don't count from 1.
func Load(files fs.FS, folder string) []Migration {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		panic(err)
	}
	var all []Migration
	for i, entry := range entries {
		number, _, _ := strings.Cut(entry.Name(), "_")
		if version, err := strconv.Atoi(number); err != nil || version != i+1 {
			panic(fmt.Sprintf("%s is file %d of %s; its name must begin with that number", entry.Name(), i+1, folder))
		}
		statement, err := fs.ReadFile(files, path.Join(folder, entry.Name()))
		if err != nil {
			panic(err)
		}
		all = append(all, Migration{Version: i + 1, Name: entry.Name(), Statement: string(statement)})
	}
	return all
}

// Migrator knows where the tables are and what they should be.
type Migrator struct {
	Writer *sql.DB
	// Reader is nil where there is none.
	Reader     *sql.DB
	Migrations []Migration
	// Every is how long it waits before it looks again.
	Every time.Duration
	Log   *slog.Logger
}

// Run returns once the tables are there, or with the last reason why not when ctx ends. The reader is asked first:
// what a writer is needed for only once must not keep a program from starting while there is none.
func (m *Migrator) Run(ctx context.Context) error {
	var last string
	for {
		err := m.try(ctx)
		if err == nil {
			return nil
		}
		// An attempt that the end of time cut short says less than the one before.
		if reason := err.Error(); reason != last && (ctx.Err() == nil || last == "") {
			m.Log.Info("waiting for the database", "version", m.wanted(), "reason", reason)
			last = reason
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the tables are not at version %d: %s", m.wanted(), last)
		case <-time.After(m.Every):
		}
	}
}

func (m *Migrator) wanted() int { return len(m.Migrations) }

func (m *Migrator) try(ctx context.Context) error {
	if m.Reader != nil {
		// Whatever keeps the reader from saying so, the writer is asked next.
		if found, err := version(ctx, m.Reader); err == nil && found >= m.wanted() {
			m.Log.Info("nothing to migrate", "version", found, "database", "reader")
			return nil
		}
	}
	c, err := m.Writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("no writer: %w", err)
	}
	defer c.Close()
	var readOnly bool
	if err := c.QueryRowContext(ctx, "SELECT @@global.read_only").Scan(&readOnly); err != nil {
		return fmt.Errorf("no writer: %w", err)
	}
	if readOnly {
		return errors.New("no writer: the server is read-only")
	}
	return m.locked(ctx, c)
}

// locked migrates while nobody else does. The lock ends with the connection at the latest.
func (m *Migrator) locked(ctx context.Context, c *sql.Conn) error {
	var mine bool
	if err := c.QueryRowContext(ctx, "SELECT GET_LOCK(?, 0)", lock).Scan(&mine); err != nil {
		return err
	}
	if !mine {
		return errors.New("another replica migrates")
	}
	err := m.apply(ctx, c)
	if _, unlock := c.ExecContext(ctx, "DO RELEASE_LOCK(?)", lock); err == nil {
		err = unlock
	}
	return err
}

func (m *Migrator) apply(ctx context.Context, c *sql.Conn) error {
	_, err := c.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS schema_versions "+
		"(version INT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL)")
	if err != nil {
		return err
	}
	found, err := version(ctx, c)
	if err != nil {
		return err
	}
	for _, step := range m.Migrations[min(found, m.wanted()):] {
		if _, err := c.ExecContext(ctx, step.Statement); err != nil {
			return fmt.Errorf("%s: %w", step.Name, err)
		}
		if _, err := c.ExecContext(ctx, "INSERT INTO schema_versions VALUES (?, ?)", step.Version, step.Name); err != nil {
			return fmt.Errorf("%s: %w", step.Name, err)
		}
		m.Log.Info("migrated", "version", step.Version, "name", step.Name)
	}
	return nil
}

// version is that of the newest step made, also where a newer program made more than this one knows.
func version(ctx context.Context, from interface {
	QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row
}) (int, error) {
	var found int
	err := from.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM schema_versions").Scan(&found)
	return found, err
}
