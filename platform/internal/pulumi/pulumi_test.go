package pulumi

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/layout"
)

// machine is a checkout, a folder on PATH and a home, all empty.
type machine struct {
	t                 *testing.T
	layout            layout.Layout
	bin, home, plugin string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	folder := t.TempDir()
	m := &machine{t: t, bin: filepath.Join(folder, "bin"), home: filepath.Join(folder, "home"),
		layout: layout.Layout{Checkout: filepath.Join(folder, "checkout"), Cache: filepath.Join(folder, "cache")}}
	m.plugin = filepath.Join(m.home, ".pulumi", "plugins")
	t.Setenv("PATH", m.layout.LocalBin()+":"+m.bin+":/usr/bin:/bin")
	t.Setenv("HOME", m.home)
	m.write(filepath.Join(m.layout.Checkout, "package.json"),
		`{"dependencies": {"@pulumi/kubernetes": "4.34.2", "@pulumi/docker": "5.2.0",
			"@pulumi/random": "4.21.2", "@pulumi/tls": "5.6.1"}}`)
	return m
}

// write writes a file that may be executed.
func (m *machine) write(name, text string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) command(folder, version string) {
	m.t.Helper()
	m.write(filepath.Join(folder, "pulumi"), "#!/bin/sh\necho "+version+"\n")
}

func (m *machine) detect() Found {
	m.t.Helper()
	found, err := Detect(context.Background(), m.layout)
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

func TestDetectCommand(t *testing.T) {
	for name, test := range map[string]struct {
		version string
		taken   bool
		why     string
	}{
		"none":     {"", false, "no pulumi on PATH"},
		"old":      {"v3.9.1", false, "is v3.9.1; must be v3.250.0 or newer"},
		"exact":    {"v3.250.0", true, "is v3.250.0"},
		"newer":    {"v3.300.1", true, "is v3.300.1"},
		"nonsense": {"hello", false, "doesn't tell its version"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			if test.version != "" {
				m.command(m.bin, test.version)
			}
			found := m.detect()
			if (found.Command != "") != test.taken || !strings.HasSuffix(found.Why, test.why) {
				t.Errorf("got %+v", found)
			}
		})
	}
}

func TestDetectPassesOverItsOwn(t *testing.T) {
	m := newMachine(t)
	m.command(m.layout.LocalBin(), "v3.250.0")
	built := filepath.Join(m.layout.Cache, "toolchain")
	m.command(built, "v3.250.0")
	if err := os.MkdirAll(m.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(built, "pulumi"), filepath.Join(m.bin, "pulumi")); err != nil {
		t.Fatal(err)
	}
	if found := m.detect(); found.Command != "" {
		t.Errorf("got %+v", found)
	}
}

func TestDetectPlugins(t *testing.T) {
	m := newMachine(t)
	m.command(m.bin, "v3.250.0")
	m.write(filepath.Join(m.bin, "pulumi-language-nodejs"), "")
	m.write(filepath.Join(m.plugin, "resource-kubernetes-v4.34.2", "pulumi-resource-kubernetes"), "")
	m.write(filepath.Join(m.plugin, "resource-docker-v4.0.0", "pulumi-resource-docker"), "")
	m.write(filepath.Join(m.plugin, "resource-random-v4.21.2", "pulumi-resource-random"), "")
	m.write(filepath.Join(m.plugin, "resource-tls-v5.6.1", "pulumi-resource-tls"), "")
	found := m.detect()
	if missing := found.Missing(); !slices.Equal(missing, []string{"resource-docker"}) {
		t.Errorf("missing %v", missing)
	}
	if want := "stand-ins are used for resource-docker, because"; !strings.Contains(found.Sentence(), want) {
		t.Errorf("got %q", found.Sentence())
	}
	m.write(filepath.Join(m.plugin, "resource-docker-v5.2.0", "pulumi-resource-docker"), "")
	if got := m.detect().Sentence(); got != "Pulumi's official plugins are used throughout." {
		t.Errorf("got %q", got)
	}
}

func TestDetectNeedsExactVersions(t *testing.T) {
	m := newMachine(t)
	m.write(filepath.Join(m.layout.Checkout, "package.json"), `{"dependencies": {"@pulumi/kubernetes": "^4.34.2"}}`)
	_, err := Detect(context.Background(), m.layout)
	if err == nil || !strings.Contains(err.Error(), `dependencies.@pulumi/kubernetes is "^4.34.2"; must be an exact version`) {
		t.Errorf("got %v", err)
	}
}

// The plugin folder follows what is installed, in both directions.
func TestPlaceFollowsWhatIsInstalled(t *testing.T) {
	m := newMachine(t)
	m.command(m.bin, "v3.250.0")
	official := filepath.Join(m.plugin, "resource-docker-v5.2.0")
	placed := filepath.Join(m.layout.LocalPlugins(), "resource-docker-v5.2.0", "pulumi-resource-docker")
	place := func() string {
		t.Helper()
		if err := m.detect().place(m.layout, "resource-docker"); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(placed)
		if err != nil {
			return "nothing"
		}
		return string(text)
	}
	m.write(placed, "stand-in")
	if got := place(); got != "stand-in" {
		t.Errorf("without an official one: %s", got)
	}
	m.write(filepath.Join(official, "pulumi-resource-docker"), "official")
	if got := place(); got != "official" {
		t.Errorf("with an official one: %s", got)
	}
	if err := os.RemoveAll(official); err != nil {
		t.Fatal(err)
	}
	if got := place(); got != "nothing" {
		t.Errorf("without it again: %s", got)
	}
	if _, err := os.Lstat(filepath.Dir(placed)); err == nil {
		t.Error("dead links are left, in the stand-in's place")
	}
}
