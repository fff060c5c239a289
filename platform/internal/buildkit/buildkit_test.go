package buildkit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/layout"
)

func TestSpec(t *testing.T) {
	l := layout.Layout{Cache: "/cache", State: filepath.Join(t.TempDir(), "state")}
	spec, err := newSpec(l, func(name string) (string, error) { return "/tools/" + name, nil })
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(spec.Command, " "); got != "/tools/buildkitd --config "+filepath.Join(l.State, "buildkitd.toml") {
		t.Errorf("command is %q", got)
	}
	// buildkitd looks for runc on PATH.
	if !strings.HasPrefix(spec.Environment[0], "PATH=/tools:") {
		t.Errorf("environment is %q", spec.Environment)
	}
	text, err := os.ReadFile(spec.ConfigFiles[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`root = "/cache/buildkit"`, `address = ["unix:///run/twinstack/buildkitd.sock"]`,
		`defaultCgroupParent = "twinstack/buildkit"`, "maxUsedSpace = 10737418240", `[registry."198.18.0.1:5000"]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestSpecNeedsItsPrograms(t *testing.T) {
	missing := errors.New("runc isn't there")
	_, err := newSpec(layout.Layout{}, func(name string) (string, error) {
		if name == "runc" {
			return "", missing
		}
		return "/tools/" + name, nil
	})
	if !errors.Is(err, missing) {
		t.Errorf("got %v", err)
	}
}
