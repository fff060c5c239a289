package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// refusal is what a command that must fail says.
func refusal(t *testing.T, arguments ...string) string {
	t.Helper()
	command := root()
	command.SetArgs(arguments)
	err := command.ExecuteContext(context.Background())
	if err == nil {
		t.Fatalf("%q didn't fail", arguments)
	}
	return err.Error()
}

func TestFaultsRefuse(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	for name, value := range map[string]string{
		"TWINSTACK_STATE": state, "TWINSTACK_CACHE": filepath.Join(t.TempDir(), "cache"), "TWINSTACK_CHECKOUT": "/src/twinstack",
	} {
		t.Setenv(name, value)
	}
	const down = "the platform isn't up; bring it up by `make up`"
	for _, arguments := range []string{"link", "link a b --cut", "clients a --cut", "kill a", "start a"} {
		if got := refusal(t, strings.Fields(arguments)...); got != down {
			t.Errorf("%s: got %q", arguments, got)
		}
	}
	for _, region := range []string{"a", "w"} {
		if err := os.MkdirAll(filepath.Join(state, "regions", region), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const needsTwo = "link has settings but no regions; must name two regions to change their link, such as: platform/run link a b --cut --one-way"
	for arguments, want := range map[string]string{
		"link a":                 `link has the regions "a"; must be two different ones, such as a b, or none`,
		"link a a":               `link has the regions "a a"; must be two different ones, such as a b, or none`,
		"link a w a":             `link has the regions "a w a"; must be two different ones, such as a b, or none`,
		"link --cut":             needsTwo,
		"link --one-way":         needsTwo,
		"link --heal --one-way":  needsTwo,
		"link a w --heal --cut":  "--heal makes a link perfect; must be given without --cut",
		"link a w --delay 20":    `--delay is "20"; must be a time with its unit, such as 20ms`,
		"link a b --cut":         `region is "b"; must be one of those that were brought up: a, w`,
		"clients a":              "clients has to know what to do; must have either --cut or --heal",
		"clients a --cut --heal": "clients has to know what to do; must have either --cut or --heal",
		"clients --cut":          "clients has 0 regions; must be one, such as: platform/run clients a",
		"kill":                   "kill has 0 regions; must be one, such as: platform/run kill a",
		"kill a w":               "kill has 2 regions; must be one, such as: platform/run kill a",
		"kill b":                 `region is "b"; must be one of those that were brought up: a, w`,
		"start x":                `region is "x"; must be one of those that were brought up: a, w`,
	} {
		if got := refusal(t, strings.Fields(arguments)...); got != want {
			t.Errorf("%s: got %q, want %q", arguments, got, want)
		}
	}
}
