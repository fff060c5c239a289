package routes

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// api plays the part of Kubernetes that routes need: Services exist, and what is applied is kept.
type api struct {
	t       *testing.T
	token   string
	applied map[string]map[string]any
	refuse  bool
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+a.token || a.refuse {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind":"Status","message":"no right to do that"}`)
		return
	}
	switch {
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/shop/services/"):
		_, _ = io.WriteString(w, `{"metadata":{"uid":"uid-1"},"spec":{"ports":[{"name":"mysql","port":3306}]}}`)
	case r.Method == http.MethodPatch && r.Header.Get("Content-Type") == "application/apply-patch+yaml" &&
		r.URL.RawQuery == "force=true&fieldManager=twinstack-steward":
		var object map[string]any
		if err := json.NewDecoder(r.Body).Decode(&object); err != nil {
			a.t.Error(err)
		}
		a.applied[strings.TrimPrefix(r.URL.Path, "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/")] = object
	default:
		a.t.Errorf("unexpected %s %s", r.Method, r.URL)
	}
}

func start(t *testing.T) (*api, *Routes, string) {
	a := &api{t: t, token: "first", applied: map[string]map[string]any{}}
	server := httptest.NewTLSServer(a)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	r := New(Config{Region: "a", LocalHost: "database", LocalPort: 3306, Peers: map[string]Target{"b": {"198.18.0.11", 30306}}},
		NewCluster(server.URL, "shop", file, pool))
	r.resolve = func(context.Context, string) ([]string, error) { return []string{"fd00::1", "198.19.0.7"}, nil }
	return a, r, file
}

func TestSlicesLeadToTheRegions(t *testing.T) {
	a, r, _ := start(t)
	if err := r.Apply(context.Background(), "b", "a"); err != nil {
		t.Fatal(err)
	}
	writer := a.applied["database-writer-steward"]
	want := map[string]any{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
		"metadata": map[string]any{
			"name": "database-writer-steward", "namespace": "shop",
			"labels": map[string]any{"kubernetes.io/service-name": "database-writer", "endpointslice.kubernetes.io/managed-by": "twinstack-steward"},
			"ownerReferences": []any{map[string]any{
				"apiVersion": "v1", "kind": "Service", "name": "database-writer", "uid": "uid-1",
			}},
		},
		"endpoints": []any{map[string]any{"addresses": []any{"198.18.0.11"}, "conditions": map[string]any{"ready": true}}},
		"ports":     []any{map[string]any{"name": "mysql", "port": float64(30306), "protocol": "TCP"}},
	}
	if !reflect.DeepEqual(writer, want) {
		t.Errorf("got  %v\nwant %v", writer, want)
	}
	reader := a.applied["database-reader-steward"]["endpoints"].([]any)[0].(map[string]any)["addresses"]
	if !reflect.DeepEqual(reader, []any{"198.19.0.7"}) {
		t.Errorf("the reader is %v", reader)
	}
}

func TestNowhereIsAnEmptySlice(t *testing.T) {
	a, r, _ := start(t)
	if err := r.Apply(context.Background(), "", "a"); err != nil {
		t.Fatal(err)
	}
	if got := a.applied["database-writer-steward"]["endpoints"]; !reflect.DeepEqual(got, []any{}) {
		t.Errorf("endpoints are %v", got)
	}
}

func TestGateTakesAllClients(t *testing.T) {
	a, r, _ := start(t)
	toGate := NewToGate(Gate{Region: "a", Address: "10.0.0.7", Writer: 3306, Forward: 3307, Reader: 3308}, r.cluster)
	for write, want := range map[string]float64{"a": 3306, "b": 3307, "": 0} {
		if err := toGate.Apply(context.Background(), write, "b"); err != nil {
			t.Fatal(err)
		}
		if writer := a.applied["database-writer-steward"]; want == 0 && !reflect.DeepEqual(writer["endpoints"], []any{}) || want != 0 && leadsTo(writer) != want {
			t.Errorf("writes of region %q: %v", write, writer)
		}
		if reader := a.applied["database-reader-steward"]; leadsTo(reader) != 3308 {
			t.Errorf("reads: %v", reader)
		}
	}
}

// leadsTo is the port of the gate that a slice leads to.
func leadsTo(slice map[string]any) float64 {
	endpoints, ports := slice["endpoints"].([]any), slice["ports"].([]any)
	if len(endpoints) != 1 || len(ports) != 1 || !reflect.DeepEqual(endpoints[0].(map[string]any)["addresses"], []any{"10.0.0.7"}) {
		return -1
	}
	return ports[0].(map[string]any)["port"].(float64)
}

func TestTokenIsReadAnew(t *testing.T) {
	a, r, file := start(t)
	a.token = "second"
	err := r.Apply(context.Background(), "b", "b")
	if err == nil || !strings.Contains(err.Error(), "GET /api/v1/namespaces/shop/services/database-writer: 403 Forbidden: no right to do that") {
		t.Errorf("with an old token: %v", err)
	}
	if strings.Contains(err.Error(), "first") {
		t.Error("the error shows the token")
	}
	if err := os.WriteFile(file, []byte("second"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(context.Background(), "b", "b"); err != nil {
		t.Error(err)
	}
}

func TestAddressesThatCantBeHad(t *testing.T) {
	_, r, _ := start(t)
	if err := r.Apply(context.Background(), "x", ""); err == nil || err.Error() != `database-writer: there is no region "x"` {
		t.Errorf("%v", err)
	}
	r.resolve = func(context.Context, string) ([]string, error) { return []string{"fd00::1"}, nil }
	if err := r.Apply(context.Background(), "", "a"); err == nil || err.Error() != "database-reader: database has no IPv4 address" {
		t.Errorf("%v", err)
	}
	r.resolve = func(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }
	if err := r.Apply(context.Background(), "", "a"); err == nil || err.Error() != "database-reader: no such host" {
		t.Errorf("%v", err)
	}
}

func TestOutsideAPod(t *testing.T) {
	_, err := InPod(func(string) (string, bool) { return "", false }, "shop")
	if err == nil || err.Error() != "KUBERNETES_SERVICE_HOST is unset; must be what Kubernetes sets in a pod; run there, or leave NAMESPACE empty" {
		t.Errorf("%v", err)
	}
}
