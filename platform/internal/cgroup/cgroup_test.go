package cgroup

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHierarchies(t *testing.T) {
	tests := map[string]struct {
		files, links []string
		want         []string
	}{
		"v2": {files: []string{"cgroup.procs", "user.slice/cgroup.procs"}, want: []string{""}},
		"v1": {
			files: []string{"cpu,cpuacct/cgroup.procs", "memory/cgroup.procs", "notes/readme"},
			links: []string{"cpu"},
			want:  []string{"/cpu,cpuacct", "/memory"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			mount := t.TempDir()
			for _, file := range test.files {
				if err := os.MkdirAll(filepath.Join(mount, filepath.Dir(file)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(mount, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, link := range test.links {
				if err := os.Symlink("cpu,cpuacct", filepath.Join(mount, link)); err != nil {
					t.Fatal(err)
				}
			}
			got, err := hierarchies(mount)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], mount)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if _, err := hierarchies(t.TempDir()); err == nil || !strings.Contains(err.Error(), "holds no cgroup hierarchy") {
		t.Errorf("got %v", err)
	}
}

func TestCreatePassesControllersOn(t *testing.T) {
	mount := t.TempDir()
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(mount, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(file string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(mount, file))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const control = "cgroup.subtree_control"
	write("cgroup.controllers", "cpuset cpu io memory pids rdma\n")
	write(control, "")
	if err := os.Mkdir(filepath.Join(mount, "twinstack"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("twinstack/cgroup.controllers", "cpu memory\n")
	write("twinstack/"+control, "")
	if err := create(mount, "twinstack/a", true); err != nil {
		t.Fatal(err)
	}
	if got := read(control); got != "+cpuset +cpu +memory +pids" {
		t.Errorf("the root passes on %q", got)
	}
	if got := read("twinstack/" + control); got != "+cpu +memory" {
		t.Errorf("twinstack passes on %q", got)
	}
	if _, err := os.Stat(filepath.Join(mount, "twinstack/a")); err != nil {
		t.Error(err)
	}
}

// The test runs a process in a cgroup of the machine, which takes root.
func TestLifecycle(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may make cgroups")
	}
	name := fmt.Sprintf("twinstack-test-%d", os.Getpid())
	for range 2 {
		if err := Create(name + "/below"); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := Remove(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	folders, err := hierarchies(root)
	if err != nil {
		t.Fatal(err)
	}
	join := fmt.Sprintf("echo $$ > %q && echo joined && exec sleep 60", filepath.Join(folders[0], name, "below", procs))
	cmd := exec.Command("/bin/sh", "-c", join)
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	if pids, err := Processes(name); err != nil || !slices.Equal(pids, []int{cmd.Process.Pid}) {
		t.Errorf("got %d, %v; want %d", pids, err, cmd.Process.Pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if err := Remove(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(folder, name)); !os.IsNotExist(err) {
			t.Errorf("%s is left in %s", name, folder)
		}
	}
	if pids, err := Processes(name); err != nil || len(pids) != 0 {
		t.Errorf("of a cgroup that isn't there: %d, %v", pids, err)
	}
}
