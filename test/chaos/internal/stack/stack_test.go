package stack

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

const healthy = `{
  "mode": "semi-sync", "writer": "a", "open": true, "epoch": 7, "promise": {"rpo": "0", "synced": ["b"]},
  "regions": [
    {"name": "a", "inService": true, "steward": true, "database": "writer"},
    {"name": "b", "inService": true, "steward": true, "database": "replica of a"}
  ],
  "voters": [{"name": "quorum-a", "healthy": true}, {"name": "quorum-w", "healthy": true}]
}`

func TestHealthyStatus(t *testing.T) {
	for want, change := range map[string][2]string{
		"":                                     {},
		"there is no writer":                   {`"writer": "a", "open": true`, `"writer": "", "open": false`},
		"the promise is not held":              {`"rpo": "0"`, `"rpo": "unbounded"`},
		"region b is not in service":           {`"b", "inService": true`, `"b", "inService": false`},
		"region a has no steward with a lease": {`"inService": true, "steward": true, "database": "writer"`, `"database": "writer"`},
		"the database of region b is closed":   {`"replica of a"`, `"closed"`},
		"region b: disk full":                  {`"replica of a"`, `"replica of a", "problem": "disk full"`},
		"voter quorum-w: away":                 {`"quorum-w", "healthy": true`, `"quorum-w", "problem": "away"`},
		"switchover to b is under way":         {`"epoch": 7`, `"epoch": 7, "request": "switchover to b"`},
	} {
		text := healthy
		if change[0] != "" {
			if text = strings.Replace(healthy, change[0], change[1], 1); text == healthy {
				t.Fatalf("%q is not in the healthy status", change[0])
			}
		}
		var status Status
		if err := json.Unmarshal([]byte(text), &status); err != nil {
			t.Fatal(err)
		}
		if got := status.Unhealthy(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	// Asynchronous replication never promises.
	var status Status
	text := strings.NewReplacer("semi-sync", "async", `"rpo": "0"`, `"rpo": "unbounded"`).Replace(healthy)
	if err := json.Unmarshal([]byte(text), &status); err != nil || status.Unhealthy() != "" {
		t.Errorf("async: %q, %v", status.Unhealthy(), err)
	}
}

func TestLostCountsNewTailsOnly(t *testing.T) {
	old := []Tail{{Region: "a", Epoch: 1, Count: 5, Lost: true}}
	after := append(append([]Tail{}, old...), Tail{Region: "a", Epoch: 3, Count: 2, Lost: true}, Tail{Region: "b", Epoch: 4, Count: 9})
	if got := Lost(old, after); got != 2 {
		t.Errorf("%d lost, want 2", got)
	}
}

func TestProcessesAreFoundByContainer(t *testing.T) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	command := strings.TrimSpace(string(name))
	found, err := inContainers([]string{"none such", first}, command)
	if err != nil || len(found) == 0 {
		t.Errorf("found %v, %v; must be this process at least", found, err)
	}
	for _, test := range []struct{ container, command string }{{"none such", command}, {first, "none such"}} {
		if found, err := inContainers([]string{test.container}, test.command); err != nil || len(found) > 0 {
			t.Errorf("%+v: found %v, %v; must be none", test, found, err)
		}
	}
}

func TestCommandSaysWhatWentWrong(t *testing.T) {
	if _, err := command(t.Context(), "sh", "-c", "echo no space left >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3: no space left") {
		t.Errorf("got %v", err)
	}
}
