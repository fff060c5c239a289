package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"twinstack.dev/services/internal/process"
)

func TestProcessAnswers(t *testing.T) {
	seven := int64(7)
	for _, test := range []struct {
		name    string
		counter Counter
		want    map[string]any
	}{
		{"without redis", nil, map[string]any{"count": nil, "degraded": false}},
		{"counted", fixedCounter{count: &seven}, map[string]any{"count": 7.0, "degraded": false}},
		{"last known count", fixedCounter{count: &seven, degraded: true}, map[string]any{"count": 7.0, "degraded": true}},
		{"no count known", fixedCounter{degraded: true}, map[string]any{"count": nil, "degraded": true}},
	} {
		s := newService(io.Discard)
		s.Counter = test.counter
		response := serve(s, processRequest(`{"input":"text","iterations":1}`))
		body := bodyOf(t, response)
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %v", test.name, response.StatusCode, body)
		}
		expectFields(t, body, test.want)
		expectFields(t, body, map[string]any{"digest": textDigest, "iterations": 1.0, "pod": "web-0"})
	}
}

func TestProcessRefuses(t *testing.T) {
	wrongType := processRequest(`{"input":"text"}`)
	wrongType.Header.Set("Content-Type", "text/plain")
	noType := processRequest(`{"input":"text"}`)
	noType.Header.Del("Content-Type")
	for _, test := range []struct {
		name    string
		request *http.Request
		code    int
		problem string
		detail  string
	}{
		{"type", wrongType, 415, "about:blank", "Content-Type must be application/json"},
		{"no type", noType, 415, "about:blank", "Content-Type must be application/json"},
		{"size", processRequest(`{"input":"` + strings.Repeat("a", maxBodyBytes) + `"}`), 413, "about:blank",
			"body is too large; must be at most 65536 bytes"},
		{"value", processRequest(`{"input":"text","iterations":0}`), 400, "tag:twinstack.dev,2026:invalid-request",
			"iterations is 0; must be an integer from 1 to 1000000; send e.g. 1000"},
	} {
		response := serve(newService(io.Discard), test.request)
		body := bodyOf(t, response)
		if response.StatusCode != test.code || body["type"] != test.problem || body["detail"] != test.detail {
			t.Errorf("%s: %d %v", test.name, response.StatusCode, body)
		}
	}
	body := bodyOf(t, serve(newService(io.Discard), processRequest(`{"input":1,"iterations":0}`)))
	if errors := body["errors"].([]any); len(errors) != 2 {
		t.Errorf("errors are %v, want one for each wrong field", errors)
	}
}

func TestOverloadIsRefusedAtOnce(t *testing.T) {
	s := newService(io.Discard)
	s.Pool = process.NewPool(1, 1)
	leave, _ := s.Pool.Admit()
	start := time.Now()
	response := serve(s, processRequest(`{"input":"text"}`))
	body := bodyOf(t, response)
	if response.StatusCode != 503 || body["type"] != "tag:twinstack.dev,2026:overloaded" || response.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %v", response.StatusCode, body)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("refused only after %s", took)
	}
	leave()
	for range 2 {
		if code := serve(s, processRequest(`{"input":"text"}`)).StatusCode; code != http.StatusOK {
			t.Errorf("after the load: %d", code)
		}
	}
}

// occupy takes the only processor of s until the returned function is called.
func occupy(s *Service) (release func()) {
	s.Pool = process.NewPool(1, 16)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = s.Pool.Digest(ctx, process.Request{Iterations: 1 << 40})
	}()
	for taken := false; !taken; {
		probe, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
		_, err := s.Pool.Digest(probe, process.Request{Iterations: 1})
		stop()
		taken = err != nil
	}
	return func() { cancel(); <-done }
}

func TestDeadlineLeavesTimeToAnswer(t *testing.T) {
	for _, test := range []struct {
		prefer  string
		applied string
		want    time.Duration
	}{
		{"", "", 1900 * time.Millisecond},
		{"respond-async, wait=1", "wait=1", 950 * time.Millisecond},
		{"wait=2", "wait=2", 1900 * time.Millisecond},
		{"wait=60", "", 1900 * time.Millisecond},
	} {
		s := newService(io.Discard)
		s.Config.Request = 2 * time.Second
		request := processRequest("")
		request.Header.Set("Prefer", test.prefer)
		recorder := httptest.NewRecorder()
		before := time.Now()
		ctx, cancel := s.withDeadline(recorder, request)
		cancel()
		after := time.Now()
		if deadline, _ := ctx.Deadline(); deadline.Before(before.Add(test.want)) || deadline.After(after.Add(test.want)) {
			t.Errorf("%q: the deadline is in %s, want %s", test.prefer, deadline.Sub(before), test.want)
		}
		if got := recorder.Header().Get("Preference-Applied"); got != test.applied {
			t.Errorf("%q: Preference-Applied is %q", test.prefer, got)
		}
	}
}

func TestDeadlineIsAnswered(t *testing.T) {
	s := newService(io.Discard)
	defer occupy(s)()
	request := processRequest(`{"input":"text"}`)
	request.Header.Set("Prefer", "wait=1")
	start := time.Now()
	response := serve(s, request)
	body := bodyOf(t, response)
	if response.StatusCode != 503 || body["type"] != "tag:twinstack.dev,2026:deadline-exceeded" || response.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %v", response.StatusCode, body)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("answered only after %s", took)
	}
}

func TestCallerWhoLeaves(t *testing.T) {
	s := newService(io.Discard)
	defer occupy(s)()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := serve(s, processRequest(`{"input":"text"}`).WithContext(ctx)).StatusCode; code != 499 {
		t.Errorf("recorded as %d", code)
	}
}

func TestPreferredWait(t *testing.T) {
	for _, test := range []struct {
		headers []string
		want    time.Duration
	}{
		{nil, 0},
		{[]string{"wait=10"}, 10 * time.Second},
		{[]string{"respond-async", ` Wait = "3" ; x=y`}, 3 * time.Second},
		{[]string{"wait=2, wait=9"}, 2 * time.Second},
		{[]string{"wait"}, 0},
		{[]string{"wait=0"}, 0},
		{[]string{"wait=-1"}, 0},
		{[]string{"wait=1.5"}, 0},
		{[]string{"wait=99999999999999999999"}, 0},
	} {
		if got, ok := preferredWait(test.headers); got != test.want || ok != (test.want > 0) {
			t.Errorf("%q: %s, %t", test.headers, got, ok)
		}
	}
}

// A body that trickles in must not outlast the deadline.
func TestSlowAndShortBodies(t *testing.T) {
	s := newService(io.Discard)
	s.Config.Request = time.Second
	server := httptest.NewUnstartedServer(nil)
	server.Config = s.Public()
	server.Start()
	defer server.Close()
	head := "POST /v1/process HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
	for _, test := range []struct {
		name   string
		send   string
		hangUp bool
		code   int
	}{
		{"slow", head + `{"input"`, false, http.StatusRequestTimeout},
		{"short", head + `{"input"`, true, http.StatusBadRequest},
		{"whole", head + `{"input":"text"}`, false, http.StatusOK},
	} {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		fmt.Fprint(connection, test.send)
		if test.hangUp {
			_ = connection.(*net.TCPConn).CloseWrite()
		}
		_ = connection.SetReadDeadline(start.Add(10 * time.Second))
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if took := time.Since(start); response.StatusCode != test.code || took > 2*time.Second {
			t.Errorf("%s: %d after %s, want %d", test.name, response.StatusCode, took, test.code)
		}
		_ = connection.Close()
	}
}

func BenchmarkProcess(b *testing.B) {
	for _, iterations := range []int{1, process.DefaultIterations} {
		b.Run(fmt.Sprintf("iterations=%d", iterations), func(b *testing.B) {
			s := newService(io.Discard)
			count := int64(1)
			s.Counter = fixedCounter{count: &count}
			handler := s.Public().Handler
			body := fmt.Sprintf(`{"input":"text","iterations":%d}`, iterations)
			b.RunParallel(func(loop *testing.PB) {
				for loop.Next() {
					recorder := httptest.NewRecorder()
					handler.ServeHTTP(recorder, processRequest(body))
					if recorder.Code != http.StatusOK {
						b.Errorf("%d %s", recorder.Code, recorder.Body)
					}
				}
			})
		})
	}
}

func BenchmarkHealth(b *testing.B) {
	handler := newService(io.Discard).Public().Handler
	request := httptest.NewRequest("GET", "/health", nil)
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), request)
	}
}
