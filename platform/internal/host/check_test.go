package host

import (
	"os"
	"strings"
	"testing"
)

func good() Facts {
	return Facts{UserID: 0, MemoryTotal: 8 * gibibyte, MemoryAvailable: 6 * gibibyte, DiskFree: 40 * gibibyte,
		Cache: "/c", AptGet: true, Node: "v20.19.0"}
}

func TestProblems(t *testing.T) {
	tests := map[string]struct {
		change  func(*Facts)
		problem string
		warning string
	}{
		"good":             {func(*Facts) {}, "", ""},
		"not root":         {func(f *Facts) { f.UserID = 1000 }, "user id is 1000; must be 0", ""},
		"no apt-get":       {func(f *Facts) { f.AptGet = false }, "apt-get is missing", ""},
		"no node":          {func(f *Facts) { f.Node = "" }, "node is missing; must be Node.js 20 or newer", ""},
		"old node":         {func(f *Facts) { f.Node = "v18.1.0" }, "node is v18.1.0; must be 20 or newer", ""},
		"little memory":    {func(f *Facts) { f.MemoryTotal = 4 * gibibyte }, "memory is 4.0 GiB; must be 8 GiB", ""},
		"memory in use":    {func(f *Facts) { f.MemoryAvailable = 2 * gibibyte }, "", "only 2.0 GiB of memory is available"},
		"no disk":          {func(f *Facts) { f.DiskFree = gibibyte }, "free space for /c is 1.0 GiB; must be at least 3.0 GiB", ""},
		"disk getting low": {func(f *Facts) { f.DiskFree = 5 * gibibyte }, "", "only 5.0 GiB are free for /c"},
		"overlay":          {func(f *Facts) { f.OnOverlay = true }, "/c is on an overlay file system", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			facts := good()
			test.change(&facts)
			warnings, problem := facts.Problems()
			if text := message(problem); !strings.Contains(text, test.problem) || (test.problem == "") != (problem == nil) {
				t.Errorf("got %q, want %q", text, test.problem)
			}
			if text := strings.Join(warnings, "\n"); !strings.Contains(text, test.warning) || (test.warning == "") != (text == "") {
				t.Errorf("got warning %q, want %q", text, test.warning)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestProblemsAreToldAllAtOnce(t *testing.T) {
	_, problem := Facts{UserID: 7, Cache: "/c"}.Problems()
	if lines := strings.Split(problem.Error(), "\n"); len(lines) != 5 {
		t.Errorf("got %d problems, want 5 (user, apt-get, node, memory, disk):\n%v", len(lines), problem)
	}
}

func TestMeminfo(t *testing.T) {
	const text = "MemTotal:        8000 kB\nMemFree: 1 kB\nMemAvailable:    500 kB\n"
	for name, want := range map[string]uint64{"MemTotal": 8000 << 10, "MemAvailable": 500 << 10, "Mem": 0} {
		if got := meminfo(text, name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}

func TestGatherFindsSomething(t *testing.T) {
	facts, err := Gather("/nonexistent/below/the/root")
	if err != nil {
		t.Fatal(err)
	}
	if facts.MemoryTotal == 0 || facts.DiskFree == 0 || facts.UserID != os.Geteuid() {
		t.Errorf("got %+v", facts)
	}
}
