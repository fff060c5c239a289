package host

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/progress"
)

// tools replaces PATH by a folder with scripts. Each appends its name and arguments to the log that is returned.
func tools(t *testing.T, scripts map[string]string) (log string) {
	t.Helper()
	folder := t.TempDir()
	log = filepath.Join(folder, "log")
	for name, script := range scripts {
		text := "#!/bin/sh\nPATH=/usr/bin:/bin\necho " + name + " \"$@\" >>" + log + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
	return log
}

func TestMissingPackages(t *testing.T) {
	tools(t, map[string]string{"ip": "", "nsenter": "", "modprobe": "", "mmdebstrap": ""})
	got := strings.Join(missingPackages(), " ")
	if !strings.HasPrefix(got, "iptables conntrack") || strings.Contains(got, "iproute2") {
		t.Errorf("got %q", got)
	}
}

// Package lists are brought up to date only when the first attempt fails.
func TestInstallRefreshesPackageListsWhenNeeded(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		want   []string
		fails  bool
	}{
		"works":         {"", []string{"install"}, false},
		"stale lists":   {`case "$*" in *install*) grep -q update "$LOG" ;; esac`, []string{"install", "update", "install"}, false},
		"no such thing": {`case "$*" in *install*) echo "E: Unable to locate package" >&2; exit 100 ;; esac`, []string{"install", "update", "install"}, true},
		"no network":    {`echo "E: no network" >&2; exit 100`, []string{"install", "update"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			log := tools(t, map[string]string{"apt-get": test.script})
			t.Setenv("LOG", log)
			err := install(context.Background(), []string{"conntrack"})
			if (err != nil) != test.fails || test.fails && !strings.Contains(err.Error(), "E: ") {
				t.Errorf("got %v", err)
			}
			text, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			if len(lines) != len(test.want) {
				t.Fatalf("got calls %q, want %q", lines, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(lines[i], " "+want) {
					t.Errorf("call %d is %q, want %s", i, lines[i], want)
				}
			}
		})
	}
}

// The step unpacks real archives, made here, once.
func TestStepUnpacks(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip("dpkg-deb isn't here")
	}
	archive := filepath.Join(t.TempDir(), "containerd.deb")
	tree := t.TempDir()
	for name, text := range map[string]string{
		"DEBIAN/control":         "Package: containerd\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n",
		"usr/bin/containerd":     "#!/bin/sh\n",
		"usr/lib/cni/host-local": "#!/bin/sh\n",
	} {
		path := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if output, err := exec.Command(dpkg, "--build", tree, archive).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	log := tools(t, map[string]string{
		"apt-get": "cp " + archive + " .", "dpkg-deb": "exec " + dpkg + ` "$@"`,
		"ip": "", "iptables": "", "conntrack": "", "modprobe": "", "nsenter": "", "mmdebstrap": "",
	})
	packages, err := NewPackages(filepath.Join(t.TempDir(), "packages"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := packages.unpack(context.Background(), &progress.Running{}); err != nil {
			t.Fatal(err)
		}
	}
	program, err := packages.Program("containerd")
	if err != nil || !strings.HasPrefix(program, packages.folder) {
		t.Errorf("got %s, %v", program, err)
	}
	if _, err := os.Stat(filepath.Join(packages.CNI(), "host-local")); err != nil {
		t.Error(err)
	}
	if program, err := packages.Program("iptables"); err != nil || filepath.Dir(program) != filepath.Dir(log) {
		t.Errorf("an installed program: %s, %v", program, err)
	}
	calls, err := os.ReadFile(log)
	if err != nil || strings.Count(string(calls), "apt-get") != 1 {
		t.Errorf("calls %q, %v; want one download", calls, err)
	}
}
