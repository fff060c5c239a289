package scenario

import (
	"context"
	"database/sql"
	"net"
	"strconv"
	"time"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/record"
	"twinstack.dev/chaos/internal/stack"
)

const (
	lookupEvery    = 100 * time.Millisecond
	lookupTry      = 500 * time.Millisecond
	healthEvery    = 500 * time.Millisecond
	healthPatience = time.Second
)

// credentials are what the databases are reached with.
type credentials struct {
	authority  string
	probe, app stack.Account
}

func readCredentials(ctx context.Context, s stack.Stack) (credentials, error) {
	var c credentials
	var err error
	if c.authority, err = s.Authority(ctx); err != nil {
		return c, err
	}
	if c.probe, err = s.Account(ctx, "probe"); err != nil {
		return c, err
	}
	c.app, err = s.Account(ctx, "app")
	return c, err
}

// watch is everything that watches one run.
type watch struct {
	recorders []record.Recorder
	// prefix begins the ids of all transfers of this run.
	prefix string
	opened []*sql.DB
}

func (w watch) close() {
	for _, db := range w.opened {
		// It was only watched.
		_ = db.Close()
	}
}

func (r *Runner) watch(log *history.Log, run string, seed uint64) (watch, error) {
	s := r.Stack
	// Unique among all runs ever made on this stack's databases.
	w := watch{prefix: run + "-" + strconv.FormatInt(log.Start.UnixMilli(), 36)}
	add := func(all ...record.Recorder) { w.recorders = append(w.recorders, all...) }
	lookups := func(name, server string) record.Lookups {
		return record.Lookups{
			Log: log, Name: name, Every: lookupEvery, Patience: lookupTry,
			Resolver: record.Resolver{Server: server, Name: s.Host, Try: lookupTry},
		}
	}
	add(lookups("recursor", s.Recursor))
	for i, region := range s.Regions {
		db, err := s.Database(region, r.credentials.probe, r.credentials.authority)
		if err != nil {
			return w, err
		}
		w.opened = append(w.opened, db)
		add(
			&record.Client{
				Log: log, Name: region.Name, Source: region.Client, Port: s.Port, Accounts: accounts(), Prefix: w.prefix, Seed: seed + uint64(i),
				Resolver: record.Resolver{Server: s.Recursor, Source: region.Client, Name: s.Host, Try: lookupTry},
			},
			lookups("authority-"+region.Name, net.JoinHostPort(region.Address, strconv.Itoa(s.DNSPort))),
			record.Sampler{Log: log, Region: region.Name, Database: db},
			record.Health{
				Log: log, Region: region.Name, Every: healthEvery, Patience: healthPatience,
				URL: "http://" + net.JoinHostPort(region.Address, strconv.Itoa(s.Port)) + "/region-health",
			},
		)
	}
	return w, nil
}
