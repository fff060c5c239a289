package main

import (
	"strings"
	"testing"

	"twinstack.dev/chaos/internal/report"
	"twinstack.dev/chaos/internal/scenario"
	"twinstack.dev/chaos/internal/stack"
)

func TestArguments(t *testing.T) {
	o, err := parse([]string{"region-cut:5", "--runs", "3", "writer-killed", "--seed=7", "--mode", "group", "--out", "results", "--confirm", "2"})
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := choose(o, stack.Group, func(string, ...any) {})
	if err != nil || len(chosen) != 2 || chosen[0].Name != "region-cut" || chosen[0].runs != 5 || chosen[1].Name != "writer-killed" || chosen[1].runs != 3 {
		t.Errorf("chosen %+v, %v", chosen, err)
	}
	if o.seed != 7 || o.confirm != 2 || o.mode != stack.Group || o.out != "results" {
		t.Errorf("got %+v", o)
	}
}

func TestWrongArguments(t *testing.T) {
	for arguments, want := range map[string]string{
		"region-cutt":            `scenario is "region-cutt"; must be one of: writer-killed, guard-killed, `,
		"region-cut:none":        `region-cut is run "none" times; must be at least 1, such as region-cut:3`,
		"region-cut:0":           `region-cut is run "0" times; must be at least 1, such as region-cut:3`,
		"region-cut --runs 0":    "--runs is 0; must be at least 1",
		"--confirm -1":           "--confirm is -1; must be at least 0",
		"--mode mirrored":        `--mode is "mirrored"; must be one of: async, semi-sync, group`,
		"region-cut --speed 7":   "flag provided but not defined: -speed",
		"region-cut --seed zero": `invalid value "zero" for flag -seed`,
	} {
		var stderr strings.Builder
		if code := run(t.Context(), strings.Fields(arguments), &strings.Builder{}, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d", arguments, code)
		}
		if !strings.Contains(stderr.String(), want) || !strings.Contains(stderr.String(), "usage: test/chaos/run") {
			t.Errorf("%s: got %q, want %q and how to use it", arguments, stderr.String(), want)
		}
	}
}

func TestWithoutNamesAllAreChosenThatCanBeRun(t *testing.T) {
	var said []string
	chosen, err := choose(options{runs: 1}, stack.SemiSync, func(format string, arguments ...any) {
		said = append(said, arguments[0].(string))
	})
	if err != nil || len(chosen)+len(said) != len(scenario.Table) {
		t.Errorf("%d chosen, %q not, %v", len(chosen), said, err)
	}
	if got := strings.Join(said, " "); got != "clock-step fencing-off" {
		t.Errorf("not run: %s", got)
	}
	asked, err := parse([]string{"clock-step"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := choose(asked, stack.SemiSync, func(string, ...any) {}); err == nil || !strings.Contains(err.Error(), "scenario clock-step can't be run in mode semi-sync: the sites share one kernel") {
		t.Errorf("got %v", err)
	}
}

func TestList(t *testing.T) {
	var stdout strings.Builder
	if code := run(t.Context(), []string{"list"}, &stdout, &strings.Builder{}); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	for _, s := range scenario.Table {
		if !strings.Contains(stdout.String(), s.Name) || !strings.Contains(stdout.String(), s.Story) {
			t.Errorf("the list lacks %s", s.Name)
		}
	}
}

// One late run of a scenario is forgiven where others had to confirm it, and nothing else ever is.
func TestOnlyConfirmedLatenessIsForgiven(t *testing.T) {
	good := report.Run{Scenario: "region-cut"}
	late := report.Run{Scenario: "region-cut", Late: []string{"writes were acknowledged again after 10.4 s"}}
	other := report.Run{Scenario: "region-killed", Late: late.Late}
	lost := report.Run{Scenario: "region-cut", Late: late.Late, Problems: []string{"1 acknowledged writes are lost"}}
	for name, test := range map[string]struct {
		runs      []report.Run
		confirmed bool
		want      string
	}{
		"all well":              {[]report.Run{good, good}, false, "\n2 passed, 0 failed\n"},
		"late":                  {[]report.Run{late, good, good}, false, "\n2 passed, 1 failed\n"},
		"late and confirmed":    {[]report.Run{late, good, good}, true, "\n2 passed, 0 failed, 1 late\n"},
		"late twice":            {[]report.Run{late, good, late}, true, "\n1 passed, 1 failed, 1 late\n"},
		"late in two scenarios": {[]report.Run{late, good, other}, true, "\n1 passed, 0 failed, 2 late\n"},
		"late and lost":         {[]report.Run{lost, good, good}, true, "\n2 passed, 1 failed, 0 late\n"},
	} {
		var stdout strings.Builder
		passed, err := conclude(&stdout, test.runs, test.confirmed)
		if err != nil || !strings.HasSuffix(stdout.String(), test.want) || passed != strings.Contains(test.want, " 0 failed") {
			t.Errorf("%s: passed %t, %v, got %q; want it to end with %q", name, passed, err, stdout.String(), test.want)
		}
	}
}
