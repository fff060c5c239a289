package wan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"time"

	"twinstack.dev/platform/internal/layout"
)

// closeTimeout is how long requests under way may take when the daemon ends.
const closeTimeout = time.Second

// Serve answers requests on a Unix socket until the context ends. Then the regions' ends go with the fabric's process.
func Serve(ctx context.Context, f *Fabric, socket string) error {
	// One that was killed leaves its socket.
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return err
	}
	server := &http.Server{Handler: f.handler(), ReadHeaderTimeout: closeTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return server.Shutdown(last)
}

// request is what changes links.
type request struct {
	Pairs  []Pair `json:"pairs"`
	Change Change `json:"change"`
}

// handler is the daemon's interface.
func (f *Fabric) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /links", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(f.Links())
	})
	mux.HandleFunc("PATCH /links", answering(func(r *http.Request) error {
		var wanted request
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			return fmt.Errorf("links: %w", err)
		}
		return f.Set(wanted.Pairs, wanted.Change)
	}))
	mux.HandleFunc("DELETE /links", answering(func(*http.Request) error { f.Heal(); return nil }))
	mux.HandleFunc("PUT /regions/{name}", onRegion(f.Attach))
	mux.HandleFunc("DELETE /regions/{name}", onRegion(f.Detach))
	return mux
}

// onRegion handles requests about the region in their path.
func onRegion(do func(r layout.Region) error) http.HandlerFunc {
	return answering(func(r *http.Request) error {
		region, err := layout.ParseRegion(r.PathValue("name"))
		if err != nil {
			return err
		}
		return do(region)
	})
}

// answering handles requests whose answer is nothing, or an error in plain text.
func answering(do func(r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(r); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}
