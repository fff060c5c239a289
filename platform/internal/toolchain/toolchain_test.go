package toolchain

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

func TestFind(t *testing.T) {
	if all, err := Find(); err != nil || len(all) != len(Components) {
		t.Errorf("got %d, %v", len(all), err)
	}
	if some, err := Find("tools", "etcd"); err != nil || len(some) != 2 || some[0].Name != "tools" {
		t.Errorf("got %+v, %v", some, err)
	}
	_, err := Find("etcd", "docker")
	if err == nil || !strings.HasPrefix(err.Error(), `toolchain component is "docker"; must be one of buildkit, `) {
		t.Errorf("got %v", err)
	}
}

func TestDefaultName(t *testing.T) {
	for pkg, want := range map[string]string{
		"k8s.io/kubernetes/cmd/kubelet":   "kubelet",
		"go.etcd.io/etcd/server/v3":       "server",
		"github.com/tsenart/vegeta/v12":   "vegeta",
		"example.com/cmd/v":               "v",
		"example.com/cmd/vault":           "vault",
		"github.com/coredns/coredns":      "coredns",
		"example.com/module/v2/cmd/thing": "thing",
	} {
		if got := defaultName(pkg); got != want {
			t.Errorf("%s: got %s, want %s", pkg, got, want)
		}
	}
}

// Every component's module must exist and name exactly the packages that are built, as tools.
func TestComponentsMatchTheirModules(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	l := layout.Layout{Checkout: root}
	for _, component := range Components {
		t.Run(component.Name, func(t *testing.T) {
			recipe, err := newRecipe(component, l.ToolchainSource(component.Name), "go1")
			if err != nil {
				t.Fatal(err)
			}
			mod, err := os.ReadFile(filepath.Join(l.ToolchainSource(component.Name), "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			for _, pkg := range recipe.packages {
				if !strings.Contains(string(mod), pkg+"\n") {
					t.Errorf("go.mod has no tool directive for %s", pkg)
				}
			}
			for _, command := range component.Commands {
				if component.Programs[command] == "" {
					t.Errorf("command %s is not among the programs", command)
				}
			}
		})
	}
}

func TestLinkerFlags(t *testing.T) {
	kubernetes := Components[2]
	mod := "module x\nrequire k8s.io/kubernetes v1.34.1\n"
	got, err := linkerFlags(kubernetes, []byte(mod))
	const want = "-s -w -X k8s.io/component-base/version.gitVersion=v1.34.1 " +
		"-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := linkerFlags(kubernetes, []byte("module x\n")); err == nil {
		t.Error("a module without the version was accepted")
	}
}

// checkout writes a checkout with one tiny component and returns its layout.
func checkout(t *testing.T, source string) layout.Layout {
	t.Helper()
	l := layout.Layout{Cache: t.TempDir(), Checkout: t.TempDir()}
	folder := l.ToolchainSource("tiny")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"go.mod": "module example.com/tiny\n\ngo 1.24\n", "go.sum": "", "main.go": source} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

var tiny = Component{Name: "tiny", Programs: map[string]string{"small": "example.com/tiny"}, Commands: []string{"small"}}

// runBuild builds the tiny component as `platform up` does, and returns the lines it printed.
func runBuild(t *testing.T, l layout.Layout) (*Builder, string, error) {
	t.Helper()
	builder, err := NewBuilder(context.Background(), l)
	if err != nil {
		t.Fatal(err)
	}
	builder.Begin(context.Background(), []Component{tiny})
	var out strings.Builder
	printer := progress.Printer{Out: &out}
	err = printer.Run(context.Background(), []progress.Step{builder.Step(tiny)})
	return builder, out.String(), err
}

func TestBuild(t *testing.T) {
	l := checkout(t, "package main\n\nfunc main() { println(\"hello\") }\n")
	builder, out, err := runBuild(t, l)
	if err != nil || !strings.Contains(out, "[1/1] tiny toolchain … built (") {
		t.Fatalf("got %q, %v", out, err)
	}
	program, found := builder.Program("small")
	if !found {
		t.Fatal("the program isn't known")
	}
	for _, name := range []string{program, filepath.Join(l.LocalBin(), "small")} {
		if text, err := exec.Command(name).CombinedOutput(); err != nil || string(text) != "hello\n" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, out, err = runBuild(t, l); err != nil || !strings.Contains(out, "already built") {
		t.Errorf("the second time: %q, %v", out, err)
	}
	if left, _ := filepath.Glob(l.Toolchain("tiny", ".building-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBuildTellsTheCompilersError(t *testing.T) {
	l := checkout(t, "package main\n\nfunc main() { missing() }\n")
	_, _, err := runBuild(t, l)
	if err == nil || !strings.Contains(err.Error(), "undefined: missing") {
		t.Fatalf("got %v", err)
	}
	if left, _ := filepath.Glob(l.Toolchain("tiny", "*")); len(left) > 0 {
		t.Errorf("a failed build left %v", left)
	}
}

func TestKeyDependsOnEverything(t *testing.T) {
	l := checkout(t, "package main\n")
	source := l.ToolchainSource("tiny")
	keyOf := func(component Component, compiler string) string {
		t.Helper()
		r, err := newRecipe(component, source, compiler)
		if err != nil {
			t.Fatal(err)
		}
		return r.key
	}
	seen := map[string]string{keyOf(tiny, "go1 linux amd64"): "as it is"}
	note := func(what, key string) {
		if before, found := seen[key]; found {
			t.Errorf("%s has the key of %s", what, before)
		}
		seen[key] = what
	}
	note("another compiler", keyOf(tiny, "go2 linux amd64"))
	other := tiny
	other.Programs = map[string]string{"renamed": "example.com/tiny"}
	note("another program", keyOf(other, "go1 linux amd64"))
	for _, name := range []string{"go.sum", "go.mod"} {
		if err := os.WriteFile(filepath.Join(source, name), []byte("module example.com/tiny // changed\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		note("another "+name, keyOf(tiny, "go1 linux amd64"))
	}
}

func TestLinkReplaces(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bin", "kubectl")
	for _, target := range []string{"/one", "/two", "/two"} {
		if err := Link(target, name); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.Readlink(name); got != target {
			t.Errorf("got %s, want %s", got, target)
		}
	}
}
