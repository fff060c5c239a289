package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/decision"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/operator"
	"twinstack.dev/services/internal/quorum"
)

func call(environment map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	}, &out, &err)
	return code, out.String(), err.String()
}

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"--version"}, 0, "dev\n", ""},
		{[]string{"--help"}, 0, "  switchover --to REGION ", ""},
		{nil, 2, "", `arguments are []; must begin with one of ["run" "guard" "install" "status" "events" "switchover" "failback" "failover" "rebuild" "pause" "resume"], --version or --help; steward --help tells more` + "\n"},
		{[]string{"run", "now"}, 2, "", `arguments are ["now"]; must be those of: steward run` + "\n"},
		{[]string{"status", "--yaml"}, 2, "", `arguments are ["--yaml"]; must be those of: steward status [--json|--watch]` + "\n"},
		{[]string{"events", "x"}, 2, "", `arguments are ["x"]; must be those of: steward events [--json]` + "\n"},
		{[]string{"switchover", "b"}, 2, "", `arguments are ["b"]; must be those of: steward switchover --to REGION` + "\n"},
		{[]string{"failover", "--to", "b"}, 2, "", `arguments are ["--to" "b"]; must be those of: steward failover --to REGION --accept-loss` + "\n"},
		{[]string{"failback", "b"}, 2, "", `arguments are ["b"]; must be those of: steward failback` + "\n"},
		{[]string{"rebuild"}, 2, "", `arguments are []; must be those of: steward rebuild REGION` + "\n"},
		{[]string{"pause", "x"}, 2, "", `arguments are ["x"]; must be those of: steward pause` + "\n"},
		{[]string{"resume", "x"}, 2, "", `arguments are ["x"]; must be those of: steward resume` + "\n"},
		{[]string{"install"}, 2, "", `arguments are []; must be those of: steward install PATH` + "\n"},
	} {
		code, stdout, stderr := call(nil, test.args...)
		if code != test.code || !strings.Contains(stdout, test.stdout) || stderr != test.stderr {
			t.Errorf("%q: code %d, stdout %q, stderr %q", test.args, code, stdout, stderr)
		}
	}
}

func TestBadConfigurationEndsAtOnce(t *testing.T) {
	for _, args := range [][]string{{"run"}, {"status"}, {"switchover", "--to", "b"}} {
		code, _, stderr := call(map[string]string{"LEASE_SECONDS": "1", "LOG_LEVEL": "loud"}, args...)
		if code != 2 || !strings.HasPrefix(stderr, `LEASE_SECONDS is "1"; must be an integer from 3 to 60, `) || !strings.Contains(stderr, "\nLOG_LEVEL is \"loud\"; ") {
			t.Errorf("%q: code %d, %s", args, code, stderr)
		}
	}
	code, _, stderr := call(map[string]string{"TRUST_DIRECTORY": t.TempDir()}, "status")
	if code != 1 || !strings.Contains(stderr, "ca.crt: no such file or directory") {
		t.Errorf("without certificates: code %d, %s", code, stderr)
	}
}

func TestRebuildIsNotForAWS(t *testing.T) {
	code, _, stderr := call(map[string]string{
		"QUORUM_KIND": "dynamodb", "QUORUM_TABLE": "q", "QUORUM_REGION": "eu-central-1", "DATABASE_KIND": "aurora", "DATABASE_MODE": "async",
		"DATABASE_GLOBAL_CLUSTER": "g", "DATABASE_CLUSTER": "c", "DATABASE_READER_HOST": "r", "POD_IP": "10.0.0.7",
	}, "rebuild", "b")
	want := `DATABASE_KIND is "aurora", whose copies AWS keeps; must be "mysql" for a rebuild; ` +
		"remove region b's cluster from the global cluster and add a new one\n"
	if code != 1 || stderr != want {
		t.Errorf("code %d, %s", code, stderr)
	}
}

func TestATableHasNoLeader(t *testing.T) {
	var got bytes.Buffer
	printStatus(&got, operator.Status{Mode: decision.Async, Voters: []quorum.Voter{{Name: "table q in eu-central-1", Healthy: true, Managed: true}}})
	if !strings.Contains(got.String(), "table q in eu-central-1  yes      AWS'    \n") {
		t.Error(got.String())
	}
}

func TestInstallCopiesThisProgramWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "steward")
	for range 2 {
		if code, _, stderr := call(nil, "install", path); code != 0 {
			t.Fatal(stderr)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(self)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(path)
	if err != nil || got.Size() != want.Size() || got.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", got, err)
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if code, _, stderr := call(nil, "install", "/nowhere/steward"); code != 1 || !strings.HasPrefix(stderr, "installing to /nowhere/steward: ") {
		t.Errorf("code %d, %s", code, stderr)
	}
}

func TestStatusForPeople(t *testing.T) {
	since := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	set, err := mysql.ParseGTIDSet("aaaaaaaa-0000-0000-0000-000000000000:1-3")
	if err != nil {
		t.Fatal(err)
	}
	status := operator.Status{
		Mode: decision.SemiSync, Writer: "a", Open: true, Epoch: 4, Paused: true, Request: "switchover to b",
		Promise: operator.Promise{RPO: "unbounded", DegradedSince: &since},
		Regions: []operator.Region{
			{Name: "a", InService: true, Steward: true, Database: "writer", LagSeconds: -1},
			{Name: "b", Database: "kept out", Errant: set.String(), LagSeconds: 0.5},
			{Name: "w", Witness: true, Steward: true, Database: "secondary"},
		},
		Tails:  []decision.Tail{{Region: "b", Epoch: 3, Count: 2, Lost: true, Path: "/var/lib/mysql/discarded/3"}},
		Voters: []quorum.Voter{{Name: "quorum-a", Healthy: true}, {Name: "quorum-w", Healthy: true, Leader: true}, {Name: "quorum-b", Problem: "no answer"}},
	}
	var got bytes.Buffer
	printStatus(&got, status)
	want := `writer   region a, accepts writes, epoch 4, mode semi-sync, automatic changes paused
promise  RPO 0 NOT held: degraded since 2026-11-22T12:00:00Z
request  switchover to b

REGION  IN SERVICE  STEWARD   DATABASE   LAG    PROBLEM
a       yes         leased    writer     -      
b       no          no lease  kept out   0.5 s  errant transactions aaaaaaaa-0000-0000-0000-000000000000:1-3; steward rebuild b clones it anew
w       witness     leased    secondary  0 s    

VOTER     HEALTHY  LEADER  PROBLEM
quorum-a  yes      no      
quorum-w  yes      yes     
quorum-b  no       no      no answer

DISCARDED FROM  EPOCH  TRANSACTIONS  ACKNOWLEDGED  SAVED IN
b               3      2             maybe         /var/lib/mysql/discarded/3
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
	for promise, text := range map[string]operator.Status{
		"RPO 0 held: every acknowledged write is in another region too":       {Mode: decision.SemiSync, Promise: operator.Promise{RPO: "0"}},
		"none: mode async loses what has not arrived when the writer is lost": {Mode: decision.Async, Promise: operator.Promise{RPO: "unbounded"}},
		"RPO 0 NOT held": {Mode: decision.Group, Promise: operator.Promise{RPO: "unbounded"}},
	} {
		if got := promiseLine(text); got != promise {
			t.Errorf("got %q, want %q", got, promise)
		}
	}
	if got := writerLine(operator.Status{Epoch: 4, Mode: decision.Async}); got != "none: nobody may write, epoch 4, mode async" {
		t.Error(got)
	}
	if got := writerLine(operator.Status{Epoch: 4, Mode: decision.Async, Writer: "b"}); got != "region b, being promoted, epoch 4, mode async" {
		t.Error(got)
	}
}
