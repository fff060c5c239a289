package registry

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twinstack.dev/platform/internal/layout"
)

func TestSpec(t *testing.T) {
	l := layout.Layout{Cache: "/cache", State: filepath.Join(t.TempDir(), "state")}
	spec, err := newSpec(l, "/bin/registry")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(l.State, "registry.yaml")
	if !slices.Equal(spec.Command, []string{"/bin/registry", "serve", file}) || !slices.Contains(spec.ConfigFiles, file) {
		t.Errorf("got %+v", spec)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"rootdirectory: /cache/registry\n", "addr: 198.18.0.1:5000\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestClient(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "GET /v2/":
		case "HEAD /v2/base/go/manifests/trixie":
			if !slices.Contains(r.Header["Accept"], "application/vnd.oci.image.index.v1+json") {
				w.WriteHeader(http.StatusNotAcceptable)
			}
			w.Header().Set("Docker-Content-Digest", "sha256:1")
		case "HEAD /v2/base/go/manifests/broken":
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	client := Client{Address: strings.TrimPrefix(server.URL, "http://")}
	ctx := context.Background()
	if err := client.Ready(ctx); err != nil {
		t.Error(err)
	}
	if digest, found, err := client.Digest(ctx, "base/go", "trixie"); digest != "sha256:1" || !found || err != nil {
		t.Errorf("got %q, %t, %v", digest, found, err)
	}
	if digest, found, err := client.Digest(ctx, "base/go", "missing"); digest != "" || found || err != nil {
		t.Errorf("missing: got %q, %t, %v", digest, found, err)
	}
	if _, _, err := client.Digest(ctx, "base/go", "broken"); err == nil || !strings.HasSuffix(err.Error(), "answered 500") {
		t.Errorf("broken: got %v", err)
	}
	server.Close()
	if err := client.Ready(ctx); err == nil {
		t.Error("a registry that is gone is said to be ready")
	}
}
