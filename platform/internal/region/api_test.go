package region

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestGet(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/node":
			_, _ = w.Write([]byte(`{"status":{"conditions":[{"type":"Ready","status":"True"}]}}`))
		default:
			http.Error(w, "no rights", http.StatusForbidden)
		}
	}))
	defer server.Close()
	asked := api{client: server.Client(), server: server.URL}
	var node object
	if err := asked.get(context.Background(), "/node", &node); err != nil || node.holds("Ready") != nil {
		t.Errorf("got %+v, %v", node, err)
	}
	if err := asked.get(context.Background(), "/secret", &node); err == nil || err.Error() != "GET /secret: 403 Forbidden: no rights" {
		t.Errorf("got %v", err)
	}
}

func TestRolledOut(t *testing.T) {
	const available = `"conditions":[{"type":"Available","status":"True"}]`
	for text, want := range map[string]string{
		`{"metadata":{"generation":2},"status":{"observedGeneration":2,"replicas":1,"updatedReplicas":1,` + available + `}}`: "",
		`{"metadata":{"generation":2},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,` + available + `}}`: "the latest change isn't observed yet",
		`{"metadata":{"generation":2},"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":1,` + available + `}}`: "1 of 2 pods are up to date",
		`{"status":{"conditions":[{"type":"Available","status":"False","message":"no pods"}]}}`:                              "Available is False: no pods",
		`{}`: "Available isn't known yet",
	} {
		var deployment object
		if err := json.Unmarshal([]byte(text), &deployment); err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := deployment.rolledOut(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestAwait(t *testing.T) {
	tries := 0
	err := await(context.Background(), time.Minute, func(context.Context) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Errorf("got %v after %d tries", err, tries)
	}
	err = await(context.Background(), 20*time.Millisecond, func(context.Context) error { return errors.New("no pods") })
	if err == nil || !strings.HasSuffix(err.Error(), "not ready after 20ms: no pods") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	err = await(ctx, time.Minute, func(context.Context) error { cancel(); return errors.New("not yet") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
