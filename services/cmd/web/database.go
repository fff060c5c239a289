package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"twinstack.dev/services/internal/config"
	"twinstack.dev/services/internal/database"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/ledger"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/migrate"
)

const (
	// migrateBudget bounds a statement that changes tables.
	migrateBudget = 10 * time.Second
	migrateEvery  = time.Second
)

func settings(d config.Database, address string, budget time.Duration) database.Settings {
	return database.Settings{
		Address: address, Schema: d.Name, UsernameFile: d.UsernameFile, PasswordFile: d.PasswordFile, CAFile: d.CAFile,
		ServerName: d.ServerName, Session: d.Session, Budget: budget, Connections: d.Connections,
	}
}

// startLedger wires the ledger to both sides of the database. Neither has to be there yet.
func startLedger(cfg config.Config, m *metrics.Metrics, log *slog.Logger) (book *ledger.Ledger, stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	open := func(side database.Side, address string) (*database.Pool, error) {
		name := "database-" + string(side)
		guard := dependency.New(dependency.Settings{
			Name: name, Budget: cfg.Database.Timeout, Threshold: cfg.BreakerThreshold, CoolDown: cfg.Database.CoolDown,
		}, m, log)
		pool, err := database.NewPool(side, settings(cfg.Database, address, cfg.Database.Timeout), guard)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.ConnectionPool(name, pool.SQL())
		stopProbing := inBackground(func(ctx context.Context) { pool.Probe(ctx, cfg.Database.CoolDown) })
		stops = append(stops, func() {
			stopProbing()
			_ = pool.Close()
		})
		return pool, nil
	}
	writer, err := open(database.Writer, cfg.Database.Writer)
	if err != nil {
		return nil, nil, err
	}
	var reader *database.Pool
	if cfg.Database.Reader != "" {
		if reader, err = open(database.Reader, cfg.Database.Reader); err != nil {
			stop()
			return nil, nil, err
		}
	}
	return ledger.New(database.New(writer, reader, cfg.Database.ReadWait)), stop, nil
}

// migrateDatabase makes the ledger's tables, or finds them made.
func migrateDatabase(cfg config.Config, log *slog.Logger, signals <-chan os.Signal) error {
	d := cfg.Database
	if !d.Enabled() {
		return errors.New(`DATABASE_WRITER is ""; must be host:port for web migrate; set it to e.g. database-writer:3306`)
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.Migrate)
	defer cancel()
	go func() {
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	m := migrate.Migrator{Migrations: ledger.Migrations(), Every: migrateEvery, Log: log}
	var err error
	if m.Writer, err = settings(d, d.Writer, migrateBudget).Connect(); err != nil {
		return err
	}
	defer m.Writer.Close()
	if d.Reader != "" {
		if m.Reader, err = settings(d, d.Reader, migrateBudget).Connect(); err != nil {
			return err
		}
		defer m.Reader.Close()
	}
	return m.Run(ctx)
}
