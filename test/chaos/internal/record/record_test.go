package record_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"twinstack.dev/chaos/internal/history"
	"twinstack.dev/chaos/internal/record"
)

// patience is generous: these tests share their machine.
const patience = 20 * time.Second

func newLog(t *testing.T) *history.Log {
	t.Helper()
	log, err := history.Create(filepath.Join(t.TempDir(), "log.jsonl"), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// until waits until something has been recorded.
func until(t *testing.T, log *history.Log, what string, seen func(history.History) bool) {
	t.Helper()
	for begin := time.Now(); !seen(log.History()); time.Sleep(10 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// nameServer answers questions about web.twinstack.test as it is told to.
type nameServer struct {
	address string
	answer  atomic.Pointer[func(*dns.Msg)]
	asked   atomic.Int64
}

func newNameServer(t *testing.T) *nameServer {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &nameServer{address: packets.LocalAddr().String()}
	n.says("127.0.0.1")
	server := &dns.Server{PacketConn: packets, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		n.asked.Add(1)
		answer := new(dns.Msg)
		answer.SetReply(question)
		fill := *n.answer.Load()
		if fill == nil {
			return
		}
		fill(answer)
		if err := w.WriteMsg(answer); err != nil {
			t.Error(err)
		}
	})}
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return n
}

func (n *nameServer) does(fill func(*dns.Msg)) { n.answer.Store(&fill) }

func (n *nameServer) says(addresses ...string) {
	n.does(func(m *dns.Msg) {
		for _, address := range addresses {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: m.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 3},
				A:   netip.MustParseAddr(address).AsSlice(),
			})
		}
	})
}

func (n *nameServer) resolver() record.Resolver {
	return record.Resolver{Server: n.address, Source: "127.0.0.1", Name: "web.twinstack.test", Try: 50 * time.Millisecond}
}

func TestLookups(t *testing.T) {
	server, log := newNameServer(t), newLog(t)
	stop := record.Start(t.Context(), record.Lookups{
		Log: log, Name: "authority-a", Resolver: server.resolver(), Every: time.Millisecond, Patience: 200 * time.Millisecond,
	})
	defer stop()
	saw := func(what string, matches func(history.Lookup) bool) {
		t.Helper()
		until(t, log, what, func(h history.History) bool { return slices.ContainsFunc(h.Lookups, matches) })
	}
	server.says("10.0.0.2", "10.0.0.1")
	saw("both addresses, sorted", func(l history.Lookup) bool {
		return slices.Equal(l.Addresses, []string{"10.0.0.1", "10.0.0.2"}) && l.Problem == ""
	})
	server.does(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	saw("a failure", func(l history.Lookup) bool {
		return len(l.Addresses) == 0 && strings.Contains(l.Problem, "answers SERVFAIL")
	})
	server.does(func(*dns.Msg) {})
	saw("an empty answer", func(l history.Lookup) bool { return strings.Contains(l.Problem, "answers no address") })
	before := server.asked.Load()
	server.does(nil)
	saw("silence", func(l history.Lookup) bool {
		return strings.Contains(l.Problem, "timeout") && l.End-l.Begin >= 200*time.Millisecond
	})
	if server.asked.Load() < before+2 {
		t.Error("a lost question is asked again while there is time")
	}
}

// ledger is a service that keeps transfers.
type ledger struct {
	mu      sync.Mutex
	tokens  map[string]string
	forgets bool
	status  int
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w.Header().Set("X-Region", "a")
	if l.status != 0 {
		w.WriteHeader(l.status)
		return
	}
	if r.Method == http.MethodPost {
		var transfer struct {
			ID, From, To string
			Amount       int
		}
		if err := json.NewDecoder(r.Body).Decode(&transfer); err != nil || transfer.From == transfer.To || transfer.Amount < 1 || l.tokens[transfer.ID] != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		l.tokens[transfer.ID] = "token of " + transfer.ID
		w.Header().Set("X-Write-Token", l.tokens[transfer.ID])
		return
	}
	id := filepath.Base(r.URL.Path)
	if l.forgets || l.tokens[id] == "" || r.Header.Get("X-Write-Token") != l.tokens[id] || r.Host != "web.twinstack.test" {
		w.WriteHeader(http.StatusNotFound)
	}
}

func (l *ledger) set(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

func TestClient(t *testing.T) {
	names, log, service := newNameServer(t), newLog(t), &ledger{tokens: map[string]string{}}
	server := httptest.NewServer(service)
	defer server.Close()
	address := netip.MustParseAddrPort(server.Listener.Addr().String())
	stop := record.Start(t.Context(), &record.Client{
		Log: log, Name: "a", Resolver: names.resolver(), Source: "127.0.0.1", Port: int(address.Port()),
		Accounts: []string{"one", "two", "three"}, Prefix: "run", Seed: 1,
	})
	defer stop()
	saw := func(what string, matches func(history.Request) bool) {
		t.Helper()
		until(t, log, what, func(h history.History) bool { return slices.ContainsFunc(h.Requests, matches) })
	}
	saw("an acknowledged write", func(r history.Request) bool {
		return r.Kind == history.Write && r.Good && r.Region == "a" && r.Status == 200 && r.Address == "127.0.0.1" && strings.HasPrefix(r.ID, "run-a-")
	})
	saw("a read of it", func(r history.Request) bool { return r.Kind == history.Read && r.Good })
	service.set(func() { service.forgets = true })
	saw("an acknowledged write that is gone", func(r history.Request) bool { return r.Gone && !r.Good && r.Status == 404 })
	service.set(func() { service.status = 503 })
	saw("a write that is refused", func(r history.Request) bool {
		return r.Kind == history.Write && !r.Good && r.Status == 503 && strings.Contains(r.Problem, "answered 503")
	})
	names.says("127.0.0.9")
	server.Listener.Close()
	saw("nobody there", func(r history.Request) bool {
		return !r.Good && r.Status == 0 && r.Address == "127.0.0.9" && r.Problem != ""
	})
	names.does(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	saw("no name", func(r history.Request) bool {
		return !r.Good && r.Address == "" && strings.Contains(r.Problem, "SERVFAIL")
	})
	stop()
	h := log.History()
	service.set(func() {
		for _, id := range h.Acknowledged() {
			if service.tokens[id] == "" {
				t.Errorf("%s was recorded as acknowledged, but never made", id)
			}
		}
	})
}

func TestHealth(t *testing.T) {
	var status atomic.Int64
	status.Store(200)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		if status.Load() == 502 {
			return
		}
		if err := json.NewEncoder(w).Encode(map[string]any{
			"region": "a", "inService": status.Load() == 200, "writer": "b", "epoch": 7, "reason": "because",
		}); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	log := newLog(t)
	stop := record.Start(t.Context(), record.Health{Log: log, Region: "a", URL: server.URL, Every: time.Millisecond, Patience: patience})
	defer stop()
	saw := func(what string, matches func(history.Health) bool) {
		t.Helper()
		until(t, log, what, func(h history.History) bool { return slices.ContainsFunc(h.Health, matches) })
	}
	saw("in service", func(h history.Health) bool { return h.InService && h.Writer == "b" && h.Epoch == 7 && h.Problem == "" })
	status.Store(503)
	saw("out of service", func(h history.Health) bool { return !h.InService && h.Reason == "because" && h.Problem == "" })
	status.Store(502)
	saw("no answer of the steward", func(h history.Health) bool { return h.Region == "a" && h.Writer == "" && h.Problem != "" })
}

func TestLogIsBoundedAndWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	log, err := history.Create(path, 2)
	if err != nil {
		t.Fatal(err)
	}
	log.Begin("a", 7)
	log.Mark(history.Fault)
	log.Sample(history.Sample{Region: "a", Outcome: history.Accepted})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); err != nil || len(lines) != 3 || !strings.HasPrefix(lines[2], `{"sample":{"beginNanoseconds":0`) {
		t.Errorf("log is %q, %v", text, err)
	}
	if _, err := history.Create(path, 2); err == nil {
		t.Error("a log must not be written over")
	}
	full, err := history.Create(path+"2", 1)
	if err != nil {
		t.Fatal(err)
	}
	full.Mark(history.Fault)
	full.Mark(history.Heal)
	if err := full.Close(); err == nil || !strings.Contains(err.Error(), "the log is full") {
		t.Errorf("got %v, want that the log is full", err)
	}
}
