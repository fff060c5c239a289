package region

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// credentials is a file such as kubeadm writes, with a field the platform knows nothing of.
func credentials(server string) string {
	return `apiVersion: v1
kind: Config
current-context: kubernetes-super-admin@twinstack
clusters:
- name: twinstack
  cluster: {server: "` + server + `", certificate-authority-data: Y2E=, proxy-url: "http://proxy"}
users:
- name: kubernetes-super-admin
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}
contexts:
- name: kubernetes-super-admin@twinstack
  context: {cluster: twinstack, user: kubernetes-super-admin}
`
}

func parsed(t *testing.T, text string) kubeconfig {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := readKubeconfig(file)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// merge adds regions to a kubeconfig, in this order, and returns the file's text.
func merge(t *testing.T, file string, regions ...string) string {
	t.Helper()
	for _, region := range regions {
		all, err := readKubeconfig(file)
		if err != nil {
			t.Fatal(err)
		}
		merged, err := all.with("twinstack-"+region, parsed(t, credentials("https://"+region)))
		if err != nil {
			t.Fatal(err)
		}
		if err := merged.write(file); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestKubeconfigMerge(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "kubeconfig")
	expect(t, "kubeconfig.yaml", []byte(merge(t, file, "a", "b")))
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v; want 0600", info.Mode(), err)
	}
	once := merge(t, file)
	if again := merge(t, file, "b", "a"); again != once {
		t.Errorf("merging again changed\n%s\nto\n%s", once, again)
	}
	if other := merge(t, filepath.Join(t.TempDir(), "kubeconfig"), "b", "a"); strings.Count(other, "current-context: twinstack-b") != 1 {
		t.Errorf("the first region isn't the current context:\n%s", other)
	}
}

func TestKubeconfigReplacesARegionMadeAnew(t *testing.T) {
	first, err := kubeconfig{}.with("twinstack-a", parsed(t, credentials("https://old")))
	if err != nil {
		t.Fatal(err)
	}
	second, err := first.with("twinstack-a", parsed(t, credentials("https://new")))
	if err != nil {
		t.Fatal(err)
	}
	if len(second.Clusters) != 1 || second.Clusters[0].Cluster["server"] != "https://new" || second.CurrentContext != "twinstack-a" {
		t.Errorf("got %+v", second)
	}
	if first.Clusters[0].Cluster["server"] != "https://old" {
		t.Error("the kubeconfig that was merged into has changed itself")
	}
}

func TestKubeconfigWithout(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	merge(t, file, "a", "b")
	both, err := readKubeconfig(file)
	if err != nil {
		t.Fatal(err)
	}
	rest := both.without("twinstack-a")
	if len(rest.Clusters) != 1 || len(rest.Users) != 1 || len(rest.Contexts) != 1 || rest.CurrentContext != "twinstack-b" {
		t.Errorf("got %+v", rest)
	}
	if none := rest.without("twinstack-b"); len(none.Contexts) != 0 || none.CurrentContext != "" {
		t.Errorf("got %+v", none)
	}
	if len(both.Contexts) != 2 {
		t.Error("the kubeconfig that was reduced has changed itself")
	}
}

func TestKubeconfigRefuses(t *testing.T) {
	if _, err := (kubeconfig{}).with("twinstack-a", kubeconfig{}); err == nil ||
		err.Error() != "credentials of twinstack-a have 0 clusters and 0 users; must have one of each" {
		t.Errorf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte("clusters: {"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readKubeconfig(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestDecoded(t *testing.T) {
	fields := map[string]any{"good": base64.StdEncoding.EncodeToString([]byte("ca")), "bad": "%", "number": 1}
	if data, err := decoded(fields, "good"); err != nil || string(data) != "ca" {
		t.Errorf("got %q, %v", data, err)
	}
	for name, want := range map[string]string{"bad": "bad: illegal base64", "number": "number is missing", "none": "none is missing"} {
		if _, err := decoded(fields, name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
