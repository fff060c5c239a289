package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"twinstack.dev/services/internal/nettest"
	"twinstack.dev/services/internal/redistest"
)

const patience = 20 * time.Second

// web is the command, running as a process of its own.
type web struct {
	t       *testing.T
	url     string
	command *exec.Cmd
	log     *bytes.Buffer
	done    chan struct{}
}

func startWeb(t *testing.T, environment ...string) *web {
	t.Helper()
	address := nettest.FreeAddress(t)
	w := &web{t: t, url: "http://" + address, command: exec.Command(os.Args[0]), log: &bytes.Buffer{}, done: make(chan struct{})}
	w.command.Env = append(os.Environ(), asWeb+"=1", "LISTEN_ADDRESS="+address, "ADMIN_ADDRESS=127.0.0.1:0", "BACKEND=stable")
	w.command.Env = append(w.command.Env, environment...)
	w.command.Stdout, w.command.Stderr = w.log, w.log
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.done)
		_ = w.command.Wait()
	}()
	t.Cleanup(func() {
		_ = w.command.Process.Kill()
		<-w.done
	})
	w.eventually("an answer", func() bool { return w.ready() != 0 })
	return w
}

func (w *web) eventually(what string, condition func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("no %s within %s", what, patience)
		}
	}
}

func (w *web) signal() {
	w.t.Helper()
	if err := w.command.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
}

// end waits for the process and returns its exit code.
func (w *web) end() int {
	w.t.Helper()
	select {
	case <-w.done:
	case <-time.After(patience):
		w.t.Fatalf("the process did not end within %s", patience)
	}
	if strings.Contains(w.log.String(), "DATA RACE") {
		w.t.Errorf("log: %s", w.log)
	}
	return w.command.ProcessState.ExitCode()
}

// ready is the status code of /ready over a new connection, as a kubelet asks, or 0 without an answer.
func (w *web) ready() int {
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Get(w.url + "/ready")
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

type answer struct {
	Count    *int64 `json:"count"`
	Degraded bool   `json:"degraded"`
}

// process sends one request with some work in it.
func (w *web) process(client *http.Client) (answer, *http.Response, error) {
	response, err := client.Post(w.url+"/v1/process", "application/json", strings.NewReader(`{"input":"text","iterations":20000}`))
	if err != nil {
		return answer{}, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, nil, err
	}
	var a answer
	return a, response, json.Unmarshal(body, &a)
}

// Clients behave as a router does: they keep connections and stop some time after /ready says 503.
func TestDrainUnderLoadFailsNoRequest(t *testing.T) {
	const clients = 8
	w := startWeb(t, "DRAIN_SECONDS=2")
	ctx, stopClients := context.WithCancel(t.Context())
	var all sync.WaitGroup
	var served, servedDraining, kept atomic.Int64
	var draining atomic.Bool
	for range clients {
		all.Add(1)
		go func() {
			defer all.Done()
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				late := draining.Load()
				_, response, err := w.process(client)
				switch {
				case err != nil:
					t.Errorf("failed request (draining: %t): %v", draining.Load(), err)
					return
				case response.StatusCode != http.StatusOK:
					t.Errorf("answer %d", response.StatusCode)
				case late && !response.Close:
					kept.Add(1)
				}
				served.Add(1)
				if late {
					servedDraining.Add(1)
				}
			}
		}()
	}
	w.eventually("load", func() bool { return served.Load() > 5*clients })
	w.signal()
	begin := time.Now()
	w.eventually("503 from /ready", func() bool { return w.ready() == http.StatusServiceUnavailable })
	if took := time.Since(begin); took > time.Second {
		t.Errorf("/ready answered 503 only %s after SIGTERM", took)
	}
	draining.Store(true)
	w.eventually("requests served while draining", func() bool {
		return servedDraining.Load() > 5*clients && time.Since(begin) > time.Second
	})
	stopClients()
	all.Wait()
	if kept.Load() > 0 {
		t.Errorf("%d answers while draining did not close their connection", kept.Load())
	}
	if code := w.end(); code != 0 {
		t.Errorf("exit code %d after a clean drain; log:\n%s", code, w.log)
	}
	if took := time.Since(begin); took < 2*time.Second {
		t.Errorf("ended after %s of a drain of 2s", took)
	}
	t.Logf("%d requests, %d of them while draining, 0 failed", served.Load(), servedDraining.Load())
}

func TestSecondSignalForcesExit(t *testing.T) {
	w := startWeb(t, "DRAIN_SECONDS=300")
	w.signal()
	w.eventually("503 from /ready", func() bool { return w.ready() == http.StatusServiceUnavailable })
	w.signal()
	if code := w.end(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if !strings.Contains(w.log.String(), "stopped at once by a second signal") {
		t.Errorf("log:\n%s", w.log)
	}
}

func TestRedisKilledUnderLoadDegradesAndRecovers(t *testing.T) {
	redis := redistest.Start(t)
	w := startWeb(t, "REDIS_ADDRESS="+redis.Address, "BREAKER_THRESHOLD=2", "BREAKER_COOL_DOWN_SECONDS=1", "DRAIN_SECONDS=0")
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	next := func() answer {
		t.Helper()
		a, response, err := w.process(client)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("failed request: %v %v", response, err)
		}
		return a
	}
	if a := next(); a.Degraded || a.Count == nil || *a.Count != 1 {
		t.Errorf("with redis: %+v", a)
	}
	redis.Kill()
	for range 20 {
		if a := next(); !a.Degraded || a.Count == nil || *a.Count != 1 {
			t.Errorf("without redis: %+v, want the last count, degraded", a)
		}
	}
	if status := w.readyStatus(); status != "degraded" {
		t.Errorf("/ready says %q", status)
	}
	redis.Restart()
	// No request is needed for that, nor does one suffer from it.
	w.eventually("recovery", func() bool { return w.readyStatus() == "ready" })
	if next().Degraded {
		t.Error("still degraded")
	}
	w.signal()
	if code := w.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, change := range []string{`"from":"closed","to":"open"`, `"from":"open","to":"half-open"`, `"from":"half-open","to":"closed"`} {
		if !strings.Contains(w.log.String(), change) {
			t.Errorf("log lacks the breaker's %s", change)
		}
	}
}

// readyStatus is what /ready says, which must be with 200.
func (w *web) readyStatus() string {
	w.t.Helper()
	response, err := http.Get(w.url + "/ready")
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var body struct{ Status string }
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatalf("%d %v", response.StatusCode, err)
	}
	return body.Status
}
