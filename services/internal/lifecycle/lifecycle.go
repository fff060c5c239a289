// Package lifecycle runs HTTP servers from start to a graceful end.
//
// A stopping process first tells the world (the drain) and keeps serving, since endpoints, routers and DNS learn of
// its leaving only some time later; only then does it stop accepting and finish what is in flight (the shutdown).
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// ErrForced means that a second signal cut the drain or the shutdown short.
var ErrForced = errors.New("stopped at once by a second signal")

// Server is an HTTP server with a name for logs and the address it listens on.
type Server struct {
	Name     string
	HTTP     *http.Server
	listener net.Listener
}

// Lifecycle says how servers stop.
type Lifecycle struct {
	// Drain is how long servers keep serving after the first signal.
	Drain time.Duration
	// Shutdown is how long requests in flight may take after that.
	Shutdown time.Duration
	// OnDrain is called when the drain begins.
	OnDrain func()
	Log     *slog.Logger
}

// Run listens, serves until a signal comes, then drains and shuts the servers down in order. It returns nil after a
// clean end, and closes every server before it returns.
func (l *Lifecycle) Run(signals <-chan os.Signal, servers ...*Server) error {
	defer closeAll(servers)
	for _, s := range servers {
		listener, err := net.Listen("tcp", s.HTTP.Addr)
		if err != nil {
			return fmt.Errorf("%s server: %w", s.Name, err)
		}
		s.listener = listener
	}
	failed := make(chan error, len(servers))
	for _, s := range servers {
		l.Log.Info("listening", "server", s.Name, "address", s.listener.Addr().String())
		go func() {
			if err := s.HTTP.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s server: %w", s.Name, err)
			}
		}()
	}
	select {
	case err := <-failed:
		return err
	case received := <-signals:
		l.Log.Info("draining", "signal", received.String(), "seconds", l.Drain.Seconds())
	}
	return l.stop(signals, failed, servers)
}

func (l *Lifecycle) stop(signals <-chan os.Signal, failed <-chan error, servers []*Server) error {
	l.OnDrain()
	select {
	case <-time.After(l.Drain):
	case err := <-failed:
		return err
	case <-signals:
		return ErrForced
	}
	l.Log.Info("shutting down", "seconds", l.Shutdown.Seconds())
	ctx, cancel := context.WithTimeout(context.Background(), l.Shutdown)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- shutdownAll(ctx, servers) }()
	select {
	case err := <-done:
		return err
	case <-signals:
		return ErrForced
	}
}

func shutdownAll(ctx context.Context, servers []*Server) error {
	for _, s := range servers {
		if err := s.HTTP.Shutdown(ctx); err != nil {
			return fmt.Errorf("%s server: requests still in flight: %w", s.Name, err)
		}
	}
	return nil
}

func closeAll(servers []*Server) {
	for _, s := range servers {
		// Closing also closes the listener once Serve has it; a second close does no harm.
		_ = s.HTTP.Close()
		if s.listener != nil {
			_ = s.listener.Close()
		}
	}
}
