// Command steward decides who writes and which regions are in service; it also is the guard of a database and the
// command line for operators. Its configuration comes from the environment; --help lists it.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"twinstack.dev/services/internal/steward"
)

// version is set by -ldflags "-X main.version=...".
var version = "dev"

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// invocation is one call of the command.
type invocation struct {
	args           []string
	lookup         func(string) (string, bool)
	stdout, stderr io.Writer
}

// verb is something that the command does.
type verb struct {
	name, usage, purpose string
	run                  func(invocation) int
}

func verbs() []verb {
	return []verb{
		{"run", "run", "decide for one region, until SIGTERM", runSteward},
		{"guard", "guard -- mysqld ...", "run a database and keep it closed unless the steward holds it open", func(i invocation) int {
			return runGuard(i.args, i.lookup, i.stdout, i.stderr)
		}},
		{"install", "install PATH", "copy this program to PATH", runInstall},
		{"status", "status [--json|--watch]", "tell regions, writer, promise, members and quorum", runStatus},
		{"events", "events [--json]", "tell the history of transitions", runEvents},
		{"switchover", "switchover --to REGION", "make a healthy region the writer; nothing is lost", runSwitchover},
		{"failback", "failback", "switch over to the preferred writer", runFailBack},
		{"failover", "failover --to REGION --accept-loss", "make a region the writer while there is none, whatever it lacks", runFailover},
		{"rebuild", "rebuild REGION", "clone a region's database anew from the writer's", runRebuild},
		{"pause", "pause", "stop changes of the writer that nobody asked for; fencing stays", runPause},
		{"resume", "resume", "allow them again", runResume},
	}
}

func main() { os.Exit(run(os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)) }

func run(args []string, lookup func(string) (string, bool), stdout, stderr io.Writer) int {
	names := make([]string, 0, len(verbs()))
	for _, v := range verbs() {
		if len(args) > 0 && args[0] == v.name {
			return v.run(invocation{args[1:], lookup, stdout, stderr})
		}
		names = append(names, v.name)
	}
	switch {
	case slices.Equal(args, []string{"--version"}):
		fmt.Fprintln(stdout, version)
		return exitOK
	case slices.Equal(args, []string{"--help"}):
		usage(stdout)
		return exitOK
	}
	fmt.Fprintf(stderr, "arguments are %q; must begin with one of %q, --version or --help; steward --help tells more\n", args, names)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "steward decides who writes and which regions are in service.\n\nCommands:")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range verbs() {
		fmt.Fprintf(table, "  %s\t%s\n", v.usage, v.purpose)
	}
	table.Flush()
	fmt.Fprintln(w, "\nEnvironment (all but guard and install):")
	table = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range steward.Variables() {
		fmt.Fprintf(table, "  %s\t%s\t%s\t(default %q)\n", v.Name, v.Purpose, v.Allowed, v.Default)
	}
	table.Flush()
}

// wrongArguments tells how a verb is used.
func (i invocation) wrongArguments(usage string) int {
	fmt.Fprintf(i.stderr, "arguments are %q; must be those of: steward %s\n", i.args, usage)
	return exitUsage
}

func (i invocation) failed(err error) int {
	fmt.Fprintln(i.stderr, err)
	return exitFailed
}
