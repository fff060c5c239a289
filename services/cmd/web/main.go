// Command web serves POST /v1/process and a ledger. Its configuration comes from the environment; --help lists it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"text/tabwriter"

	"twinstack.dev/services/internal/config"
	"twinstack.dev/services/internal/counter"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/lifecycle"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/process"
	"twinstack.dev/services/internal/readiness"
	"twinstack.dev/services/internal/server"
)

// version is set by -ldflags "-X main.version=...".
var version = "dev"

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(run(os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)) }

func run(args []string, lookup func(string) (string, bool), stdout, stderr io.Writer) int {
	command := serve
	switch {
	case len(args) == 1 && args[0] == "migrate":
		command = migrateDatabase
	case len(args) > 0:
		return handleOption(args, stdout, stderr)
	}
	cfg, err := config.Load(lookup)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	log := slog.New(slog.NewJSONHandler(stdout, &slog.HandlerOptions{Level: cfg.LogLevel}))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	log.Info("starting", "version", version, "backend", cfg.Backend, "region", cfg.Region)
	if err := command(cfg, log, signals); err != nil {
		log.Error("stopped", "error", err.Error())
		return exitFailed
	}
	log.Info("stopped")
	return exitOK
}

// handleOption prints what an option asks for.
func handleOption(args []string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 1 && args[0] == "--version":
		fmt.Fprintln(stdout, version)
		return exitOK
	case len(args) == 1 && args[0] == "--help":
		usage(stdout)
		return exitOK
	}
	fmt.Fprintf(stderr, "arguments are %q; must be none, migrate, --version or --help; settings come from the environment\n", args)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "web serves POST /v1/process, /v1/accounts, /v1/transfers, GET /health, GET /ready and GET /metrics.\n"+
		"web migrate makes the ledger's tables, and ends once they are there.\n\nEnvironment:")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	for _, v := range config.Variables() {
		fmt.Fprintf(table, "  %s\t%s\t%s\t(default %q)\n", v.Name, v.Purpose, v.Allowed, v.Default)
	}
}

// serve wires the service and runs it until a signal ends it.
func serve(cfg config.Config, log *slog.Logger, signals <-chan os.Signal) error {
	pod, err := os.Hostname()
	if err != nil {
		return errors.New("this machine has no host name: " + err.Error())
	}
	id := identity.Identity{Version: version, Backend: cfg.Backend, Region: cfg.Region}
	service := &server.Service{
		Config: cfg, Identity: id, Pod: pod, Log: log,
		Pool:      process.NewPool(runtime.GOMAXPROCS(0), cfg.MaxInFlight),
		Readiness: &readiness.Readiness{},
		Metrics:   metrics.New(id),
	}
	if cfg.RedisAddress != "" {
		redis, stop := startCounter(cfg, service.Metrics, log)
		defer stop()
		service.Counter = redis
	}
	if cfg.Database.Enabled() {
		book, stop, err := startLedger(cfg, service.Metrics, log)
		if err != nil {
			return err
		}
		defer stop()
		service.Ledger = book
	}
	life := lifecycle.Lifecycle{Drain: cfg.Drain, Shutdown: cfg.Shutdown, OnDrain: service.Readiness.Drain, Log: log}
	return life.Run(signals,
		&lifecycle.Server{Name: "public", HTTP: service.Public()},
		&lifecycle.Server{Name: "admin", HTTP: service.Admin()})
}

func startCounter(cfg config.Config, m *metrics.Metrics, log *slog.Logger) (c *counter.Counter, stop func()) {
	c = counter.New(cfg.RedisAddress, dependency.New(dependency.Settings{
		Name: "redis", Budget: cfg.RedisTimeout, Threshold: cfg.BreakerThreshold, CoolDown: cfg.BreakerCoolDown,
	}, m, log))
	stopProbing := inBackground(func(ctx context.Context) { c.Probe(ctx, cfg.BreakerCoolDown) })
	return c, func() {
		stopProbing()
		_ = c.Close()
	}
}

// inBackground runs work until the returned function is called, which waits for its end.
func inBackground(work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Add(1)
	go func() {
		defer working.Done()
		work(ctx)
	}()
	return func() {
		cancel()
		working.Wait()
	}
}
