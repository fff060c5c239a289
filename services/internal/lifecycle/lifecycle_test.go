package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"twinstack.dev/services/internal/lifecycle"
	"twinstack.dev/services/internal/nettest"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run is a lifecycle under way, around one server that holds GET /hold until told to let go.
type run struct {
	url     string
	signals chan os.Signal
	drained chan struct{}
	held    chan struct{}
	letGo   chan struct{}
	result  chan error
	client  *http.Client
}

func start(t *testing.T, drain, shutdown time.Duration) *run {
	t.Helper()
	address := nettest.FreeAddress(t)
	r := &run{
		url: "http://" + address, signals: make(chan os.Signal, 2), drained: make(chan struct{}),
		held: make(chan struct{}), letGo: make(chan struct{}), result: make(chan error, 1), client: &http.Client{},
	}
	t.Cleanup(r.client.CloseIdleConnections)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/hold", func(w http.ResponseWriter, request *http.Request) {
		r.held <- struct{}{}
		select {
		case <-r.letGo:
		case <-request.Context().Done():
		}
		_, _ = io.WriteString(w, "done")
	})
	life := lifecycle.Lifecycle{
		Drain: drain, Shutdown: shutdown, OnDrain: func() { close(r.drained) }, Log: slog.New(slog.DiscardHandler),
	}
	go func() {
		r.result <- life.Run(r.signals, &lifecycle.Server{Name: "public", HTTP: &http.Server{Addr: address, Handler: mux}})
	}()
	for deadline := time.Now().Add(patience); !r.answers(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server never answered")
		}
	}
	return r
}

// answers tells whether a new connection gets an answer.
func (r *run) answers() bool {
	response, err := r.client.Get(r.url)
	r.client.CloseIdleConnections()
	if err == nil {
		_ = response.Body.Close()
	}
	return err == nil
}

// hold starts a request and returns, once the server works on it, where its outcome will be.
func (r *run) hold() <-chan error {
	outcome := make(chan error, 1)
	go func() {
		response, err := r.client.Get(r.url + "/hold")
		if err == nil {
			_, err = io.ReadAll(response.Body)
			_ = response.Body.Close()
		}
		outcome <- err
	}()
	<-r.held
	return outcome
}

func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(patience):
		t.Fatalf("no %s within %s", what, patience)
		panic("unreachable")
	}
}

func TestServesWhileDrainingAndFinishesWhatIsInFlight(t *testing.T) {
	drain := 300 * time.Millisecond
	r := start(t, drain, patience)
	outcome := r.hold()
	begin := time.Now()
	r.signals <- syscall.SIGTERM
	receive(t, "drain", r.drained)
	if !r.answers() {
		t.Error("stopped serving at the beginning of the drain")
	}
	for deadline := time.Now().Add(patience); r.answers(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still accepts connections long after the drain")
		}
	}
	if served := time.Since(begin); served < drain {
		t.Errorf("stopped serving after %s of a drain of %s", served, drain)
	}
	select {
	case err := <-r.result:
		t.Fatalf("ended with a request in flight: %v", err)
	default:
	}
	close(r.letGo)
	if err := receive(t, "answer", outcome); err != nil {
		t.Errorf("the request in flight failed: %v", err)
	}
	if err := receive(t, "end", r.result); err != nil {
		t.Error(err)
	}
}

func TestShutdownIsBounded(t *testing.T) {
	r := start(t, 0, 50*time.Millisecond)
	outcome := r.hold()
	r.signals <- syscall.SIGTERM
	err := receive(t, "end", r.result)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "public server: requests still in flight: ") {
		t.Errorf("got %v", err)
	}
	receive(t, "broken answer", outcome)
}

func TestSecondSignalForces(t *testing.T) {
	t.Run("while draining", func(t *testing.T) {
		r := start(t, time.Hour, time.Hour)
		r.signals <- syscall.SIGTERM
		receive(t, "drain", r.drained)
		r.signals <- syscall.SIGTERM
		if err := receive(t, "end", r.result); !errors.Is(err, lifecycle.ErrForced) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("while shutting down", func(t *testing.T) {
		r := start(t, 0, time.Hour)
		outcome := r.hold()
		r.signals <- syscall.SIGTERM
		for deadline := time.Now().Add(patience); r.answers(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("still accepts connections")
			}
		}
		r.signals <- syscall.SIGTERM
		if err := receive(t, "end", r.result); !errors.Is(err, lifecycle.ErrForced) {
			t.Errorf("got %v", err)
		}
		receive(t, "broken answer", outcome)
	})
}

func TestTakenAddressEndsEverything(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free := nettest.FreeAddress(t)
	life := lifecycle.Lifecycle{OnDrain: func() {}, Log: slog.New(slog.DiscardHandler)}
	err = life.Run(make(chan os.Signal),
		&lifecycle.Server{Name: "public", HTTP: &http.Server{Addr: free}},
		&lifecycle.Server{Name: "admin", HTTP: &http.Server{Addr: taken.Addr().String()}})
	if err == nil || !strings.HasPrefix(err.Error(), "admin server: listen tcp "+taken.Addr().String()) {
		t.Errorf("got %v", err)
	}
	if again, err := net.Listen("tcp", free); err != nil {
		t.Errorf("the other server's address was not released: %v", err)
	} else {
		_ = again.Close()
	}
}
