package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"slices"
	"syscall"
	"text/tabwriter"

	"twinstack.dev/services/internal/guard"
)

// runGuard runs the command after "--", mysqld and arguments of its own, until SIGTERM.
func runGuard(args []string, lookup func(string) (string, bool), stdout, stderr io.Writer) int {
	if slices.Equal(args, []string{"--help"}) {
		guardUsage(stdout)
		return exitOK
	}
	if len(args) < 2 || args[0] != "--" {
		fmt.Fprintf(stderr, "arguments of guard are %q; must be -- and a command, such as -- mysqld\n", args)
		return exitUsage
	}
	settings, err := guard.Load(lookup)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	settings.Command = args[1:]
	log := slog.New(slog.NewJSONHandler(stdout, &slog.HandlerOptions{Level: settings.LogLevel}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := guard.New(settings, version, log).Run(ctx); err != nil {
		log.Error("stopped", "error", err.Error())
		return exitFailed
	}
	log.Info("stopped")
	return exitOK
}

func guardUsage(w io.Writer) {
	fmt.Fprintln(w, "steward guard -- mysqld ... runs a database, closed unless the steward holds it open.\n\nEnvironment:")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer table.Flush()
	for _, v := range guard.Variables() {
		fmt.Fprintf(table, "  %s\t%s\t%s\t(default %q)\n", v.Name, v.Purpose, v.Allowed, v.Default)
	}
}
