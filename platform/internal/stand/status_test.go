package stand

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/region"
	"twinstack.dev/platform/internal/wan"
)

func TestTable(t *testing.T) {
	a, err := layout.NewRegion(0)
	if err != nil {
		t.Fatal(err)
	}
	lines := []line{{what: "registry", state: "running", where: "process 7 198.18.0.1:5000", since: 65 * time.Second}}
	lines = append(lines, regionLines(a, []region.Check{{Name: "node"}, {Name: "cluster DNS", Problem: errors.New("0 of 1 pods")}})...)
	lines = append(lines, linkLine("link from a to b", wan.Quality{Loss: 0.01}), linkLine("link from b to a", wan.Quality{Cut: true}))
	var out strings.Builder
	if err := writeTable(&out, lines); err != nil {
		t.Fatal(err)
	}
	const want = `WHAT                   STATE      FOR   WHERE
registry               running    1m5s  process 7 198.18.0.1:5000
region a: node         ready            https://198.18.0.10:6443
region a: cluster DNS  not ready        0 of 1 pods
link from a to b       ready            loss 1%
link from b to a       not ready        cut
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
	if lines[1].bad || !lines[2].bad || lines[3].bad || !lines[4].bad {
		t.Errorf("got %+v", lines)
	}
}

func TestLogs(t *testing.T) {
	folder := t.TempDir()
	s := New(layout.Layout{State: folder}, &progress.Printer{}, os.Stderr)
	var out strings.Builder
	err := s.Logs("a-etcd", 2, &out)
	if err == nil || err.Error() != "there is no daemon \"a-etcd\"; the platform isn't up, bring it up by `make up`" {
		t.Errorf("nothing up: %v", err)
	}
	for name, text := range map[string]string{"daemons/a-etcd.json": "{}", "daemons/registry.json": "{}", "logs/a-etcd.log": "1\n2\n3\n"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err = s.Logs("etcd", 2, &out)
	if err == nil || err.Error() != `there is no daemon "etcd"; must be one of a-etcd, registry` {
		t.Errorf("another name: %v", err)
	}
	if err := s.Logs("a-etcd", 2, &out); err != nil || out.String() != "2\n3\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
