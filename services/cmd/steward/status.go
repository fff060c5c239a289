package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/quorum"
	"twinstack.dev/services/internal/steward"
)

const (
	watchEvery  = time.Second
	watchWithin = 24 * time.Hour
)

func runStatus(i invocation) int {
	option := strings.Join(i.args, " ")
	within := askWithin
	switch option {
	case "", "--json":
	case "--watch":
		within = watchWithin
	default:
		return i.wrongArguments("status [--json|--watch]")
	}
	return i.withOperator(within, func(ctx context.Context, o operator.Operator, config steward.Config) error {
		for {
			status, err := o.Status(ctx, config.Mode, config.Decision().Sites)
			if option == "--json" {
				return printJSON(i.stdout, status, err)
			}
			printStatus(i.stdout, status)
			if option == "" {
				return err
			}
			if err != nil {
				fmt.Fprintln(i.stdout, err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(watchEvery):
				fmt.Fprintln(i.stdout)
			}
		}
	})
}

func printJSON(w io.Writer, value any, err error) error {
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printStatus writes for people: what matters most first.
func printStatus(w io.Writer, s operator.Status) {
	fmt.Fprintf(w, "writer   %s\n", writerLine(s))
	fmt.Fprintf(w, "promise  %s\n", promiseLine(s))
	if s.Request != "" {
		fmt.Fprintf(w, "request  %s\n", s.Request)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nREGION\tIN SERVICE\tSTEWARD\tDATABASE\tLAG\tPROBLEM")
	for _, r := range s.Regions {
		service := yesNo(r.InService)
		if r.Witness {
			service = "witness"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, service, map[bool]string{true: "leased", false: "no lease"}[r.Steward],
			r.Database, lag(r.LagSeconds), problem(r))
	}
	fmt.Fprintln(table, "\nVOTER\tHEALTHY\tLEADER\tPROBLEM")
	for _, v := range s.Voters {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", v.Name, yesNo(v.Healthy), leads(v), v.Problem)
	}
	if len(s.Tails) > 0 {
		fmt.Fprintln(table, "\nDISCARDED FROM\tEPOCH\tTRANSACTIONS\tACKNOWLEDGED\tSAVED IN")
	}
	for _, t := range s.Tails {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\n", t.Region, t.Epoch, t.Count, map[bool]string{true: "maybe", false: "no"}[t.Lost], t.Path)
	}
	table.Flush()
}

func writerLine(s operator.Status) string {
	line := "none: nobody may write"
	if s.Writer != "" {
		line = "region " + s.Writer + ", accepts writes"
		if !s.Open {
			line = "region " + s.Writer + ", being promoted"
		}
	}
	line += fmt.Sprintf(", epoch %d, mode %s", s.Epoch, s.Mode)
	if s.Paused {
		line += ", automatic changes paused"
	}
	return line
}

func promiseLine(s operator.Status) string {
	switch {
	case s.Promise.RPO == "0":
		return "RPO 0 held: every acknowledged write is in another region too"
	case s.Mode == decision.Async:
		return "none: mode async loses what has not arrived when the writer is lost"
	case s.Promise.DegradedSince != nil:
		return "RPO 0 NOT held: degraded since " + s.Promise.DegradedSince.UTC().Format(time.RFC3339)
	}
	return "RPO 0 NOT held"
}

func problem(r operator.Region) string {
	if r.Errant != "" {
		return "errant transactions " + r.Errant + "; steward rebuild " + r.Name + " clones it anew"
	}
	return r.Problem
}

func lag(seconds float64) string {
	if seconds < 0 {
		return "-"
	}
	return fmt.Sprintf("%g s", seconds)
}

// leads tells who leads, as far as it is the stack's to know.
func leads(v quorum.Voter) string {
	if v.Managed {
		return "AWS'"
	}
	return yesNo(v.Leader)
}

func yesNo(condition bool) string {
	if condition {
		return "yes"
	}
	return "no"
}

func runEvents(i invocation) int {
	option := strings.Join(i.args, " ")
	if option != "" && option != "--json" {
		return i.wrongArguments("events [--json]")
	}
	return i.withOperator(askWithin, func(ctx context.Context, o operator.Operator, _ steward.Config) error {
		events, err := o.Events(ctx)
		if option == "--json" {
			return printJSON(i.stdout, events, err)
		}
		table := tabwriter.NewWriter(i.stdout, 0, 0, 2, ' ', 0)
		for _, e := range events {
			fmt.Fprintf(table, "%s\t%s\t%s\tepoch %d\t%.2f s\t%s\n", e.End.UTC().Format("2006-01-02T15:04:05.000Z"), e.Kind, e.Region, e.Epoch, e.End.Sub(e.Begin).Seconds(), e.Reason)
		}
		table.Flush()
		return err
	})
}
