// Command chaos breaks the running stack in the ways of its table, records what clients, DNS servers and databases see
// meanwhile, and judges it. test/chaos/run starts it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"twinstack.dev/chaos/internal/scenario"
	"twinstack.dev/chaos/internal/stack"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

const usage = `usage: test/chaos/run list
       test/chaos/run [SCENARIO[:RUNS]...] [--runs N] [--confirm N] [--seed S] [--mode MODE] [--out DIR]

Without a scenario all are run that the stack's mode allows. Times are promised for 19 of 20 runs: with --confirm, the first
run of a scenario that misses nothing but a time is followed by N more, all of which have to keep it.
`

// order is a scenario and how often it is to be run.
type order struct {
	scenario.Scenario
	runs int
}

// options are what a person asks for.
type options struct {
	orders []order
	// runs is how often a scenario is run that does not say it itself.
	runs int
	// confirm is how many more runs follow one that was only late.
	confirm int
	seed    uint64
	// mode is what the stack must run in; empty for whatever it does.
	mode, out string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	if slices.Equal(arguments, []string{"list"}) {
		list(stdout)
		return exitOK
	}
	o, err := parse(arguments)
	if err != nil {
		fmt.Fprint(stderr, err.Error()+"\n"+usage)
		return exitUsage
	}
	passed, err := campaign(ctx, stack.Local(os.Getenv("CHAOS_PLATFORM"), os.Getenv("CHAOS_STARTER")), o, stdout)
	if err != nil {
		fmt.Fprintln(stderr, "error:", err)
		return exitFailed
	}
	if !passed {
		return exitFailed
	}
	return exitOK
}

func list(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range scenario.Table {
		fmt.Fprintf(table, "%s\t%s\n", s.Name, s.Story)
		if s.NotRun != "" {
			fmt.Fprintf(table, "\tnot run: %s\n", s.NotRun)
		}
	}
	table.Flush()
}

// parse reads arguments; names and options may come in any order.
func parse(arguments []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.IntVar(&o.runs, "runs", 1, "")
	flags.IntVar(&o.confirm, "confirm", 0, "")
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().Unix()), "")
	flags.StringVar(&o.mode, "mode", "", "")
	flags.StringVar(&o.out, "out", filepath.Join("test", "results", "chaos", time.Now().UTC().Format("20060102-150405")), "")
	for len(arguments) > 0 {
		if err := flags.Parse(arguments); err != nil {
			return o, err
		}
		if arguments = flags.Args(); len(arguments) > 0 {
			one, err := parseOrder(arguments[0])
			if err != nil {
				return o, err
			}
			o.orders = append(o.orders, one)
			arguments = arguments[1:]
		}
	}
	if o.runs < 1 {
		return o, fmt.Errorf("--runs is %d; must be at least 1", o.runs)
	}
	if o.confirm < 0 {
		return o, fmt.Errorf("--confirm is %d; must be at least 0", o.confirm)
	}
	if modes := []string{"", stack.Async, stack.SemiSync, stack.Group}; !slices.Contains(modes, o.mode) {
		return o, fmt.Errorf("--mode is %q; must be one of: %s", o.mode, strings.Join(modes[1:], ", "))
	}
	return o, nil
}

// parseOrder reads a scenario's name, and how often it is to be run if that follows.
func parseOrder(text string) (order, error) {
	name, count, given := strings.Cut(text, ":")
	found, known := scenario.Find(name)
	if !known {
		return order{}, fmt.Errorf("scenario is %q; must be one of: %s", name, strings.Join(names(), ", "))
	}
	one := order{Scenario: found}
	if given {
		var err error
		if one.runs, err = strconv.Atoi(count); err != nil || one.runs < 1 {
			return order{}, fmt.Errorf("%s is run %q times; must be at least 1, such as %s:3", name, count, name)
		}
	}
	return one, nil
}

func names() []string {
	all := make([]string, len(scenario.Table))
	for i, s := range scenario.Table {
		all[i] = s.Name
	}
	return all
}
