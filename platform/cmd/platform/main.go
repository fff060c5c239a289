// Command platform runs the local platform: Kubernetes clusters, an image registry and an image builder on one machine.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/lock"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/stand"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error: "+err.Error())
		os.Exit(1)
	}
}

func root() *cobra.Command {
	command := &cobra.Command{
		Use:           "platform",
		Short:         "The local platform: Kubernetes regions, an image registry and an image builder on one machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	command.CompletionOptions.DisableDefaultCmd = true
	command.AddCommand(up(), steps(), down(), status(), logs(), toolchain())
	command.AddCommand(link(), clients(), kill(), start(), wanDaemon(), storage())
	return command
}

func up() *cobra.Command {
	command := &cobra.Command{Use: "up", Short: "Bring the platform up, or heal it", Args: cobra.NoArgs}
	regions := regionsFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		chosen, err := layout.ParseRegions(*regions)
		if err != nil {
			return err
		}
		return locked(func(s *stand.Stand) error { return s.Up(command.Context(), chosen) })
	}
	return command
}

func steps() *cobra.Command {
	command := &cobra.Command{Use: "steps", Short: "List the steps of up, one a line", Args: cobra.NoArgs}
	regions := regionsFlag(command)
	command.RunE = func(command *cobra.Command, _ []string) error {
		chosen, err := layout.ParseRegions(*regions)
		if err != nil {
			return err
		}
		s, err := newStand()
		if err != nil {
			return err
		}
		titles, err := s.Steps(command.Context(), chosen)
		for _, title := range titles {
			fmt.Println(title)
		}
		return err
	}
	return command
}

func regionsFlag(command *cobra.Command) *string {
	return command.Flags().String("regions", layout.DefaultRegions, "the regions to run, such as a,b; w is the witness")
}

func down() *cobra.Command {
	command := &cobra.Command{Use: "down", Short: "Remove everything but the cache", Args: cobra.NoArgs}
	regions := command.Flags().String("regions", "", "remove only these regions, such as b, and leave the rest running")
	command.RunE = func(command *cobra.Command, _ []string) error {
		var chosen []layout.Region
		if command.Flags().Changed("regions") {
			var err error
			if chosen, err = layout.ParseRegions(*regions); err != nil {
				return err
			}
		}
		return locked(func(s *stand.Stand) error { return s.Down(command.Context(), chosen) })
	}
	return command
}

func status() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show what runs", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			s, err := newStand()
			if err != nil {
				return err
			}
			return s.Status(command.Context(), os.Stdout)
		},
	}
}

func logs() *cobra.Command {
	command := &cobra.Command{Use: "logs <daemon>", Short: "Show the end of a daemon's log", Args: cobra.ExactArgs(1)}
	lines := command.Flags().Int("lines", 100, "how many lines")
	command.RunE = func(_ *cobra.Command, names []string) error {
		s, err := newStand()
		if err != nil {
			return err
		}
		return s.Logs(names[0], *lines, os.Stdout)
	}
	return command
}

func toolchain() *cobra.Command {
	return &cobra.Command{
		Use:   "toolchain [component...]",
		Short: "Build programs of the platform, all or some",
		RunE: func(command *cobra.Command, names []string) error {
			s, err := newStand()
			if err != nil {
				return err
			}
			return s.Toolchain(command.Context(), names...)
		},
	}
}

// newStand is the stand that the environment names.
func newStand() (*stand.Stand, error) {
	l, err := layout.FromEnvironment(os.Getenv)
	if err != nil {
		return nil, err
	}
	_, err = unix.IoctlGetTermios(int(os.Stdout.Fd()), unix.TCGETS)
	return stand.New(l, &progress.Printer{Out: os.Stdout, Terminal: err == nil}, os.Stderr), nil
}

// locked runs what changes the platform, if no other process does so.
func locked(do func(s *stand.Stand) error) error {
	s, err := newStand()
	if err != nil {
		return err
	}
	release, err := lock.Take(s.Layout.State)
	if err != nil {
		return err
	}
	defer release()
	return do(s)
}
