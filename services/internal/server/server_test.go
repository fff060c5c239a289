package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twinstack.dev/services/internal/config"
	"twinstack.dev/services/internal/dependency"
	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/metrics"
	"twinstack.dev/services/internal/process"
	"twinstack.dev/services/internal/readiness"
)

const textDigest = "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixedCounter is a counter in a known state; the real one is tested against redis in its own package and, with this
// server, in cmd/web.
type fixedCounter struct {
	count    *int64
	degraded bool
	status   dependency.Status
}

func (f fixedCounter) Next(context.Context) (*int64, bool) { return f.count, f.degraded }
func (f fixedCounter) Status() dependency.Status           { return f.status }

func newService(log io.Writer) *Service {
	id := identity.Identity{Version: "1.2.3", Backend: "canary", Region: "a"}
	return &Service{
		Config:    config.Config{Request: 5 * time.Second},
		Identity:  id,
		Pod:       "web-0",
		Pool:      process.NewPool(2, 16),
		Readiness: &readiness.Readiness{},
		Metrics:   metrics.New(id),
		Log:       slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
}

func processRequest(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/process", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	return r
}

func serve(s *Service, r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	s.Public().Handler.ServeHTTP(recorder, r)
	return recorder.Result()
}

func bodyOf(t testing.TB, response *http.Response) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return body
}

func expectFields(t *testing.T, body map[string]any, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if got, ok := body[name]; !ok || got != value {
			t.Errorf("%s is %v, want %v", name, got, value)
		}
	}
}

func TestStatusOfEveryPathAndMethod(t *testing.T) {
	get, head, post := http.MethodGet, http.MethodHead, http.MethodPost
	paths := map[string][]string{"/health": {get, head}, "/ready": {get, head}, "/metrics": {get, head}, "/v1/process": {post}}
	for path, allowed := range paths {
		for _, method := range []string{get, head, post, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			request := processRequest(`{"input":"text","iterations":1}`)
			request.Method, request.URL.Path = method, path
			response := serve(newService(io.Discard), request)
			want := http.StatusMethodNotAllowed
			if slices.Contains(allowed, method) {
				want = http.StatusOK
			}
			if response.StatusCode != want {
				t.Errorf("%s %s: %d, want %d", method, path, response.StatusCode, want)
			}
			if allow := response.Header.Get("Allow"); want == http.StatusMethodNotAllowed && allow != strings.Join(allowed, ", ") {
				t.Errorf("%s %s: Allow is %q", method, path, allow)
			}
		}
	}
}

func TestEveryAnswerCarriesIdentityAndRequestID(t *testing.T) {
	for _, request := range []*http.Request{
		httptest.NewRequest("GET", "/health", nil), httptest.NewRequest("GET", "/ready", nil), httptest.NewRequest("GET", "/metrics", nil),
		httptest.NewRequest("GET", "/nowhere", nil), httptest.NewRequest("GET", "/v1/process", nil),
		processRequest(`{"input":"text"}`), processRequest(`{`),
	} {
		response := serve(newService(io.Discard), request)
		for name, want := range map[string]string{"X-Version": "1.2.3", "X-Backend": "canary", "X-Region": "a"} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q", request.Method, request.URL, name, got)
			}
		}
		id := response.Header.Get("X-Request-Id")
		if len(id) < 16 {
			t.Errorf("%s %s: request id is %q", request.Method, request.URL, id)
		}
		if request.URL.Path == "/metrics" {
			continue
		}
		body := bodyOf(t, response)
		expectFields(t, body, map[string]any{"version": "1.2.3", "backend": "canary", "region": "a"})
		if response.StatusCode >= http.StatusBadRequest {
			expectFields(t, body, map[string]any{
				"request_id": id, "status": float64(response.StatusCode), "title": http.StatusText(response.StatusCode),
			})
			if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("%s %s: Content-Type is %q", request.Method, request.URL, got)
			}
		}
	}
}

func TestRequestIDIsTakenOverWhenHarmless(t *testing.T) {
	for given, kept := range map[string]bool{
		"order-66.a_B": true, "": false, "a b": false, "a\"b": false, strings.Repeat("a", 65): false,
	} {
		request := httptest.NewRequest("GET", "/health", nil)
		request.Header.Set("X-Request-Id", given)
		if got := serve(newService(io.Discard), request).Header.Get("X-Request-Id"); (got == given) != kept {
			t.Errorf("%q became %q", given, got)
		}
	}
}

func TestReady(t *testing.T) {
	up := &fixedCounter{status: dependency.Status{State: "up", Breaker: "closed"}}
	down := &fixedCounter{status: dependency.Status{State: "down", Breaker: "open"}}
	for _, test := range []struct {
		name    string
		prepare func(*Service)
		code    int
		status  string
	}{
		{"no redis", func(*Service) {}, 200, "ready"},
		{"redis up", func(s *Service) { s.Counter = up }, 200, "ready"},
		{"redis down", func(s *Service) { s.Counter = down }, 200, "degraded"},
		{"disabled", func(s *Service) { s.Readiness.SetEnabled(false) }, 503, "disabled"},
		{"disabled, redis down", func(s *Service) { s.Counter = down; s.Readiness.SetEnabled(false) }, 503, "disabled"},
		{"draining", func(s *Service) { s.Readiness.Drain() }, 503, "draining"},
	} {
		s := newService(io.Discard)
		test.prepare(s)
		response := serve(s, httptest.NewRequest("GET", "/ready", nil))
		body := bodyOf(t, response)
		if response.StatusCode != test.code || body["status"] != test.status {
			t.Errorf("%s: %d %v", test.name, response.StatusCode, body)
		}
		if s.Counter != nil {
			want := map[string]any{"state": s.Counter.Status().State, "breaker": s.Counter.Status().Breaker}
			expectFields(t, body["dependencies"].(map[string]any)["redis"].(map[string]any), want)
		}
		if code := serve(s, httptest.NewRequest("GET", "/health", nil)).StatusCode; code != http.StatusOK {
			t.Errorf("%s: /health is %d", test.name, code)
		}
	}
}

func TestAdminSwitchesReadiness(t *testing.T) {
	s := newService(io.Discard)
	admin := s.Admin().Handler
	for _, step := range []struct {
		method, path string
		code         int
		ready        int
	}{
		{"POST", "/ready/disable", 204, 503},
		{"GET", "/ready/enable", 405, 503},
		{"POST", "/ready/enable", 204, 200},
		{"GET", "/debug/pprof/", 200, 200},
		{"GET", "/debug/pprof/cmdline", 200, 200},
		{"GET", "/metrics", 404, 200},
	} {
		recorder := httptest.NewRecorder()
		admin.ServeHTTP(recorder, httptest.NewRequest(step.method, step.path, nil))
		if ready := serve(s, httptest.NewRequest("GET", "/ready", nil)).StatusCode; recorder.Code != step.code || ready != step.ready {
			t.Errorf("%s %s: %d, want %d; /ready %d, want %d", step.method, step.path, recorder.Code, step.code, ready, step.ready)
		}
	}
	if code := serve(s, httptest.NewRequest("POST", "/ready/disable", nil)).StatusCode; code != http.StatusNotFound {
		t.Errorf("the public server answers /ready/disable with %d", code)
	}
}

func TestDrainingAsksToCloseConnections(t *testing.T) {
	s := newService(io.Discard)
	if got := serve(s, processRequest(`{"input":"text"}`)).Header.Get("Connection"); got != "" {
		t.Errorf("before the drain: Connection is %q", got)
	}
	s.Readiness.Drain()
	response := serve(s, processRequest(`{"input":"text"}`))
	if got := response.Header.Get("Connection"); got != "close" || response.StatusCode != http.StatusOK {
		t.Errorf("draining: %d, Connection is %q", response.StatusCode, got)
	}
}

func TestMetricsCountByRouteAndCode(t *testing.T) {
	s := newService(io.Discard)
	for _, request := range []*http.Request{
		processRequest(`{"input":"text"}`), processRequest(`{"input":"text"}`), processRequest(`{}`),
		httptest.NewRequest("GET", "/made/up", nil), httptest.NewRequest("GET", "/made/up/too", nil),
	} {
		serve(s, request)
	}
	text, _ := io.ReadAll(serve(s, httptest.NewRequest("GET", "/metrics", nil)).Body)
	for _, line := range []string{
		`http_requests_total{code="200",route="/v1/process"} 2`,
		`http_requests_total{code="400",route="/v1/process"} 1`,
		`http_requests_total{code="404",route="unmatched"} 2`,
		`http_request_duration_seconds_count{code="200",route="/v1/process"} 2`,
		`http_request_duration_seconds_bucket{code="200",route="/v1/process",le="0.2"} 2`,
		`http_requests_in_flight 1`,
	} {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("metrics lack %q", line)
		}
	}
	if build := `build_info{backend="canary",go_version="go1.`; !strings.Contains(string(text), build) {
		t.Errorf("metrics lack %q", build)
	}
}

func TestLogLines(t *testing.T) {
	var log bytes.Buffer
	s := newService(&log)
	request := processRequest(`{"input":"hunter2"}`)
	request.URL.RawQuery = "token=hunter2"
	request.Header.Set("Authorization", "Bearer hunter2")
	request.Header.Set("X-Request-Id", "order-66")
	serve(s, request)
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	expectFields(t, line, map[string]any{
		"level": "INFO", "msg": "request", "request_id": "order-66", "method": "POST", "route": "/v1/process", "status": 200.0,
	})
	serve(s, httptest.NewRequest("GET", "/health", nil))
	if text := log.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, `"level":"DEBUG"`) {
		t.Errorf("log is %s", text)
	}
}

func TestPanicIsAnsweredAndLogged(t *testing.T) {
	var log bytes.Buffer
	s := newService(&log)
	mux := http.NewServeMux()
	mux.HandleFunc("/early", func(http.ResponseWriter, *http.Request) { panic("boom") })
	mux.HandleFunc("/late", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("half")); panic("boom") })
	server := httptest.NewServer(s.observe(mux))
	defer server.Close()
	defer http.DefaultClient.CloseIdleConnections()
	response, err := http.Get(server.URL + "/early")
	if err != nil {
		t.Fatal(err)
	}
	body := bodyOf(t, response)
	_ = response.Body.Close()
	if id := body["request_id"].(string); response.StatusCode != 500 || !strings.Contains(log.String(), id) {
		t.Errorf("%d %v, log %s", response.StatusCode, body, log.String())
	}
	if response, err = http.Get(server.URL + "/late"); err == nil {
		_, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looks like a whole one")
	}
}
