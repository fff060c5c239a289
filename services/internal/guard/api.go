package guard

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"twinstack.dev/services/internal/identity"
	"twinstack.dev/services/internal/mysql"
	"twinstack.dev/services/internal/problem"
)

const (
	headerTimeout = 5 * time.Second
	readyTimeout  = time.Second
	longestBody   = 64 << 10
)

// serve listens and answers in the background.
func (g *Guard) serve() (*http.Server, error) {
	listener, err := net.Listen("tcp", g.settings.ListenAddress)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: g.routes(), ReadHeaderTimeout: headerTimeout,
		ErrorLog: slog.NewLogLogger(g.log.Handler(), slog.LevelDebug),
	}
	trust := mysql.TrustIn(g.settings.TrustDirectory)
	secured := tls.NewListener(listener, &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return serverTLS(trust) },
	})
	go func() { _ = server.Serve(secured) }() // It ends by Close alone, which says nothing new.
	g.log.Info("listening", "address", listener.Addr().String())
	return server, nil
}

// serverTLS reads the files anew for each connection, since they are renewed. Probes have no certificate; everything
// else asks for one.
func serverTLS(trust mysql.TrustFiles) (*tls.Config, error) {
	config, err := trust.Client("")
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: config.Certificates,
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: config.RootCAs,
	}, nil
}

func (g *Guard) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+healthPath, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "alive") })
	mux.HandleFunc("GET "+readyPath, g.ready)
	mux.HandleFunc("GET "+statePath, g.only(g.answerState))
	mux.HandleFunc("POST "+openPath, g.only(body(g, g.answerOpen)))
	mux.HandleFunc("POST "+renewPath, g.only(body(g, g.answerRenew)))
	mux.HandleFunc("POST "+closePath, g.only(body(g, g.answerClose)))
	mux.HandleFunc("POST "+restartPath, g.only(body(g, g.answerRestart)))
	mux.HandleFunc("POST "+tailPath, g.only(body(g, g.answerTail)))
	return mux
}

// only lets in whom the authority named as one of our clients.
func (g *Guard) only(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !g.isClient(r.TLS) {
			g.refuse(w, problem.Problem{Status: http.StatusForbidden, Detail: fmt.Sprintf(
				"the client certificate must be of the stack's authority and name one of %q", g.settings.Clients)})
			return
		}
		next(w, r)
	}
}

func (g *Guard) isClient(state *tls.ConnectionState) bool {
	if state == nil || len(state.VerifiedChains) == 0 {
		return false
	}
	leaf := state.VerifiedChains[0][0]
	return slices.ContainsFunc(append(leaf.DNSNames, leaf.Subject.CommonName), func(name string) bool {
		return slices.Contains(g.settings.Clients, name)
	})
}

// body decodes a request and answers with what work returns.
func body[T any](g *Guard, work func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var request T
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestBody))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&request); err != nil {
			g.refuse(w, problem.Problem{Type: problem.TypeInvalid, Status: http.StatusBadRequest, Detail: err.Error()})
			return
		}
		answer, err := work(r.Context(), request)
		if err != nil {
			typ, status := problemOf(err)
			g.refuse(w, problem.Problem{Type: typ, Status: status, Detail: err.Error()})
			return
		}
		writeJSON(w, answer)
	}
}

func (g *Guard) refuse(w http.ResponseWriter, p problem.Problem) {
	problem.Write(w, identity.Identity{Version: g.version, Backend: "guard", Region: g.settings.Region}, p)
}

func writeJSON(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// An error here means that the caller has gone.
	_ = json.NewEncoder(w).Encode(answer)
}

// State returns what the steward gets.
func (g *Guard) State() State {
	state := g.gate.State()
	state.Restarts = int(g.restarts.Load())
	return state
}

func (g *Guard) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	l, up := g.gate.current().(*local)
	if !up || l.ping(ctx) != nil {
		g.refuse(w, problem.Problem{Status: http.StatusServiceUnavailable, Detail: ErrNotRunning.Error()})
		return
	}
	writeJSON(w, "ready")
}

func (g *Guard) answerState(w http.ResponseWriter, _ *http.Request) { writeJSON(w, g.State()) }

func (g *Guard) answerOpen(_ context.Context, t term) (any, error) {
	err := g.gate.Open(t.BootID, t.Epoch, t.Until)
	return g.State(), err
}

func (g *Guard) answerRenew(_ context.Context, t term) (any, error) {
	err := g.gate.Renew(t.BootID, t.Epoch, t.Until)
	return g.State(), err
}

// answerClose waits for a mysqld that had to be killed, since the caller needs to know what it has.
func (g *Guard) answerClose(ctx context.Context, c closing) (any, error) {
	g.gate.Close(c.Reason)
	for {
		if s := g.gate.current(); s != nil {
			if executed, err := s.Executed(ctx); err == nil {
				return closed{executed}, nil
			}
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("closed, but: %w", ErrNotRunning)
		case <-time.After(startPoll):
		}
	}
}

func (g *Guard) answerRestart(_ context.Context, r restarting) (any, error) {
	err := g.gate.Restart(r.BootID, r.Reason)
	return g.State(), err
}

func (g *Guard) answerTail(ctx context.Context, request tailRequest) (any, error) {
	l, up := g.gate.current().(*local)
	if !up {
		return nil, ErrNotRunning
	}
	path, record, err := g.saveTail(ctx, l, request.GTIDs)
	if err != nil {
		return nil, fmt.Errorf("saving the tail: %w", err)
	}
	g.log.Info("saved a tail", "path", path, "transactions", record.Transactions, "bytes", record.Bytes)
	return tailAnswer{path, record.Bytes}, nil
}
