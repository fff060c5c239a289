package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"twinstack.dev/chaos/internal/report"
	"twinstack.dev/chaos/internal/scenario"
	"twinstack.dev/chaos/internal/stack"
)

// campaign runs what was asked for, one run after the other, and writes everything down as it comes.
func campaign(ctx context.Context, s stack.Stack, o options, stdout io.Writer) (passed bool, err error) {
	say := func(format string, arguments ...any) { fmt.Fprintf(stdout, format+"\n", arguments...) }
	status, err := s.Status(ctx)
	if err != nil {
		return false, fmt.Errorf("the stack does not answer; bring it up by `make up`: %w", err)
	}
	if o.mode != "" && o.mode != status.Mode {
		return false, fmt.Errorf("--mode is %s; must be that of the stack, which is %s: change the stack's description and bring it up", o.mode, status.Mode)
	}
	chosen, err := choose(o, status.Mode, say)
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return false, err
	}
	say("mode %s, seed %d, results in %s", status.Mode, o.seed, o.out)
	runner := &scenario.Runner{Stack: s, Say: say}
	planned := 0
	for _, one := range chosen {
		planned += one.runs
	}
	var runs []report.Run
	for _, one := range chosen {
		confirming := false
		for number := 1; number <= one.runs; number++ {
			say("[%d/%d] %s, run %d of %d: %s", len(runs)+1, planned, one.Name, number, one.runs, one.Story)
			r := once(ctx, runner, one.Scenario, report.Run{Scenario: one.Name, Number: number, Mode: status.Mode, Seed: o.seed + uint64(len(runs))}, o.out)
			runs = append(runs, r)
			tell(say, r)
			if r.OnlyLate() && o.confirm > 0 && !confirming {
				confirming, one.runs, planned = true, one.runs+o.confirm, planned+o.confirm
				say("    a time is promised for 19 of 20 runs: %d more have to keep it", o.confirm)
			}
			if err := write(o.out, runs); err != nil {
				return false, err
			}
			if ctx.Err() != nil {
				return false, context.Cause(ctx)
			}
		}
	}
	return conclude(stdout, runs, o.confirm > 0)
}

// choose leaves out what can't be run, and says why. Who asks for it by name is refused.
func choose(o options, mode string, say func(string, ...any)) ([]order, error) {
	asked := o.orders
	if len(asked) == 0 {
		for _, s := range scenario.Table {
			asked = append(asked, order{Scenario: s})
		}
	}
	var chosen []order
	for _, one := range asked {
		if one.runs == 0 {
			one.runs = o.runs
		}
		reason := one.Refusal(mode)
		switch {
		case reason == "":
			chosen = append(chosen, one)
		case len(o.orders) > 0:
			return nil, fmt.Errorf("scenario %s can't be run in mode %s: %s", one.Name, mode, reason)
		default:
			say("not run: %s: %s", one.Name, reason)
		}
	}
	return chosen, nil
}

// once does one run. An error of its own fails the run, and the next one begins.
func once(ctx context.Context, runner *scenario.Runner, s scenario.Scenario, r report.Run, out string) report.Run {
	begin := time.Now()
	directory := filepath.Join(out, fmt.Sprintf("%s-%02d", s.Name, r.Number))
	err := os.MkdirAll(directory, 0o755)
	if err == nil {
		var outcome scenario.Outcome
		if outcome, err = runner.Run(ctx, s, r.Seed, directory); err == nil {
			v := outcome.Verdict
			r.Figures, r.Ledger, r.Problems, r.Late = v.Figures, outcome.Ledger, v.Problems, v.Late
			err = report.WriteFile(directory, "plot.svg", func(w io.Writer) error {
				return report.Plot(w, fmt.Sprintf("%s, run %d, mode %s", s.Name, r.Number, r.Mode), outcome.History)
			})
		}
	}
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
	r.Seconds = time.Since(begin).Seconds()
	if err := report.WriteJSON(directory, "result.json", r); err != nil {
		r.Problems = append(r.Problems, err.Error())
	}
	return r
}

func tell(say func(string, ...any), r report.Run) {
	f := r.Figures
	say("  %s in %.0f s: clients well after %s, writer back after %s, longest pause %s; %d requests, %d bad, %d acknowledged, %d lost",
		r.Verdict(), r.Seconds, report.Seconds(f.Clients), report.Seconds(f.Writer), report.Seconds(f.Pause), f.Requests, f.Bad, f.Acknowledged, f.Lost)
	for _, problem := range r.Wrong() {
		say("    %s", problem)
	}
}

func write(out string, runs []report.Run) error {
	if err := report.WriteJSON(out, "result.json", map[string]any{"runs": runs, "summary": report.Summarize(runs)}); err != nil {
		return err
	}
	return report.WriteFile(out, "table.md", func(w io.Writer) error {
		if err := report.SummaryTable(w, report.Summarize(runs)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		return report.Table(w, runs)
	})
}

// conclude tells whether all is well. Where late runs were to be confirmed, one of each scenario is forgiven.
func conclude(stdout io.Writer, runs []report.Run, confirmed bool) (bool, error) {
	failed, late := 0, map[string]bool{}
	for _, r := range runs {
		switch {
		case r.Passed():
		case confirmed && r.OnlyLate() && !late[r.Scenario]:
			late[r.Scenario] = true
		default:
			failed++
		}
	}
	if err := report.SummaryTable(stdout, report.Summarize(runs)); err != nil {
		return false, err
	}
	fmt.Fprintf(stdout, "\n%d passed, %d failed", len(runs)-failed-len(late), failed)
	if confirmed {
		fmt.Fprintf(stdout, ", %d late", len(late))
	}
	fmt.Fprintln(stdout)
	return failed == 0, nil
}
