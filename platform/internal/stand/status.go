package stand

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"twinstack.dev/platform/internal/buildkit"
	"twinstack.dev/platform/internal/host"
	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/region"
	"twinstack.dev/platform/internal/registry"
	"twinstack.dev/platform/internal/supervise"
)

// line is one row of the status.
type line struct {
	what, state, where string
	since              time.Duration
	bad                bool
}

// Status writes a table of all parts. It is an error when one of them doesn't work.
func (s *Stand) Status(ctx context.Context, out io.Writer) error {
	lines, err := s.daemons()
	if err != nil {
		return err
	}
	packages, err := host.NewPackages(s.Layout.Packages())
	if err != nil {
		return err
	}
	deps := s.deps(packages.Program, packages.CNI())
	for _, r := range layout.AllRegions() {
		checks, err := region.Status(ctx, deps, r)
		if err != nil {
			return err
		}
		lines = append(lines, regionLines(r, checks)...)
	}
	cut, err := clientLines()
	if err != nil {
		return err
	}
	lines = append(lines, slices.Concat(s.linkLines(ctx), cut)...)
	if len(lines) == 0 {
		return errors.New("the platform isn't up; bring it up by `make up`")
	}
	if err := writeTable(out, lines); err != nil {
		return err
	}
	bad := 0
	for _, line := range lines {
		if line.bad {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d parts don't work; heal them by `make up`", bad, len(lines))
	}
	return nil
}

// daemons are the lines of the processes.
func (s *Stand) daemons() ([]line, error) {
	all, err := s.Supervisor.Status()
	if err != nil {
		return nil, err
	}
	addresses := map[string]string{registry.Daemon: layout.Registry(), buildkit.Daemon: s.Layout.BuildkitSocket()}
	var lines []line
	for _, daemon := range all {
		next := line{what: daemon.Name, state: "not running", where: "see " + daemon.Log, bad: true}
		if daemon.PID != 0 {
			where := strings.TrimSpace(fmt.Sprintf("process %d %s", daemon.PID, addresses[daemon.Name]))
			next = line{what: daemon.Name, state: "running", where: where, since: daemon.Since}
		}
		lines = append(lines, next)
	}
	return lines, nil
}

// regionLines are the lines of what a region's parts say about themselves.
func regionLines(r layout.Region, checks []region.Check) []line {
	var lines []line
	for _, check := range checks {
		next := line{what: "region " + r.Name + ": " + check.Name, state: "ready", where: r.APIServer()}
		if check.Problem != nil {
			next.state, next.where, next.bad = "not ready", check.Problem.Error(), true
		}
		lines = append(lines, next)
	}
	return lines
}

func writeTable(out io.Writer, lines []line) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT\tSTATE\tFOR\tWHERE")
	for _, line := range lines {
		since := ""
		if line.since > 0 {
			since = line.since.Round(time.Second).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", line.what, line.state, since, line.where)
	}
	return table.Flush()
}

// Logs writes the end of a daemon's log.
func (s *Stand) Logs(name string, lines int, out io.Writer) error {
	text, err := supervise.Tail(s.Supervisor.LogFile(name), lines)
	if errors.Is(err, os.ErrNotExist) {
		names, err := s.Supervisor.Names()
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return fmt.Errorf("there is no daemon %q; the platform isn't up, bring it up by `make up`", name)
		}
		return fmt.Errorf("there is no daemon %q; must be one of %s", name, strings.Join(names, ", "))
	}
	if err != nil {
		return err
	}
	for _, line := range text {
		fmt.Fprintln(out, line)
	}
	return nil
}
