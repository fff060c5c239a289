package region

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/supervise"
)

var update = flag.Bool("update", false, "rewrite the expected files in testdata")

// testCluster is region b, so that a value of region a in a template shows.
func testCluster(t *testing.T, l layout.Layout) *cluster {
	t.Helper()
	r, err := layout.NewRegion(1)
	if err != nil {
		t.Fatal(err)
	}
	return newCluster(Deps{
		Layout:     l,
		Supervisor: supervise.New(l.Daemons(), l.Logs()),
		Program:    func(name string) (string, error) { return "/programs/" + name, nil },
		CNIPlugins: "/plugins",
		Images:     Images{Pause: "registry/pause:1", CoreDNS: "registry/coredns:1", MetricsServer: "registry/metrics-server:1"},
	}, r)
}

// expect compares a text with a file in testdata, which only -update writes.
func expect(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s\nRun `go test ./internal/region -update` when that is meant.", file, got)
	}
}

func TestDocuments(t *testing.T) {
	c := testCluster(t, layout.Layout{State: "/state"})
	v := c.values()
	v.KubernetesVersion = "v1.34.1"
	names := []string{"kubeadm.yaml"}
	for _, name := range c.documents() {
		names = append(names, name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text, err := render(name, v)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, name, text)
			if !strings.HasSuffix(name, ".yaml") {
				return
			}
			for document := range strings.SplitSeq(string(text), "\n---\n") {
				var object struct{ APIVersion, Kind string }
				if err := yaml.Unmarshal([]byte(document), &object); err != nil || object.APIVersion == "" || object.Kind == "" {
					t.Errorf("%v: not an object:\n%s", err, document)
				}
			}
		})
	}
}

func TestCommands(t *testing.T) {
	c := testCluster(t, layout.Layout{State: "/state"})
	var text strings.Builder
	for _, program := range programs {
		spec, err := c.spec(program)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(spec.Name + "\n  " + strings.Join(spec.Environment, "\n  ") + "\n  " +
			strings.Join(spec.Command, "\n  ") + "\n")
		for _, file := range spec.ConfigFiles {
			text.WriteString("  reads " + file + "\n")
		}
	}
	expect(t, "commands.txt", []byte(text.String()))
}

func TestAWitnessIsLean(t *testing.T) {
	serving, r := testCluster(t, layout.Layout{State: "/state"}), layout.AllRegions()[2]
	witness := newCluster(serving.Deps, r)
	if !r.Witness {
		t.Fatalf("got %+v", r)
	}
	for name, want := range map[string]int{"metrics-server.yaml": 1, "coredns.yaml": 2, "storage.yaml": 2} {
		if got := strings.Count(strings.Join(append(serving.manifests(), witness.manifests()...), " "), name); got != want {
			t.Errorf("%s is in %d of 2", name, got)
		}
	}
	if got := witness.services(); len(got) != 1 || got[0].name != "cluster DNS" {
		t.Errorf("got %+v", got)
	}
	arguments, _ := witness.arguments(controllerManager)
	if flags := strings.Join(arguments, " "); !strings.Contains(flags, "--controllers=*,-") || strings.Contains(flags, "autoscaler-sync") {
		t.Errorf("got %s", flags)
	}
}

// Two regions run at once on one machine: whatever names a place on it has to differ.
func TestRegionsShareNothing(t *testing.T) {
	l := layout.Layout{State: "/state"}
	seen := map[string]string{}
	for _, r := range layout.AllRegions() {
		c := newCluster(Deps{Layout: l}, r)
		for _, place := range []string{c.paths.State, c.values().Cgroup, r.NetnsPath(), r.HostLink, r.APIServer(), daemonName(r, etcd)} {
			if other, taken := seen[place]; taken {
				t.Errorf("%s is of region %s and of region %s", place, other, r.Name)
			}
			seen[place] = r.Name
		}
		for _, path := range []string{c.paths.Etcd, c.paths.Containerd, c.paths.Config, string(c.paths.Credentials), c.paths.MountNamespace} {
			if !strings.HasPrefix(path, c.paths.State+"/") {
				t.Errorf("%s isn't below %s", path, c.paths.State)
			}
		}
	}
}

func TestWriteConfigLeavesWhatIsRightAlone(t *testing.T) {
	c := testCluster(t, layout.Layout{State: t.TempDir()})
	if err := c.writeConfig(); err != nil {
		t.Fatal(err)
	}
	file := c.paths.config("kubelet.yaml")
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.paths.config("kube-proxy.yaml"), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.writeConfig(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(file); err != nil || !os.SameFile(before, after) || after.ModTime() != before.ModTime() {
		t.Errorf("%s was written again, %v", file, err)
	}
	if text, err := os.ReadFile(c.paths.config("kube-proxy.yaml")); err != nil || !strings.Contains(string(text), "KubeProxyConfiguration") {
		t.Errorf("a spoilt file wasn't repaired: %q, %v", text, err)
	}
}
