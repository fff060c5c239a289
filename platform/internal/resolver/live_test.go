package resolver

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

var web = dnsmessage.MustNewName("web." + layout.Zone + ".")

// authority answers for the zone, with its own address and a time to live of one second, and counts questions.
type authority struct {
	connection *net.UDPConn
	asked      atomic.Int64
	silent     atomic.Bool
	from       atomic.Value
}

func newAuthority(t *testing.T, address string) *authority {
	t.Helper()
	connection, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address)))
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{connection: connection}
	t.Cleanup(func() { connection.Close() })
	go a.serve()
	return a
}

func (a *authority) address() netip.AddrPort {
	return a.connection.LocalAddr().(*net.UDPAddr).AddrPort()
}

func (a *authority) serve() {
	buffer := make([]byte, 4096)
	for {
		n, from, err := a.connection.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		a.asked.Add(1)
		a.from.Store(from.Addr())
		var message dnsmessage.Message
		if a.silent.Load() || message.Unpack(buffer[:n]) != nil {
			continue
		}
		message.Response, message.Authoritative, message.Additionals = true, true, nil
		message.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: message.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 1},
			Body:   &dnsmessage.AResource{A: a.address().Addr().As4()},
		}}
		if packet, err := message.Pack(); err == nil {
			_, _ = a.connection.WriteToUDPAddrPort(packet, from)
		}
	}
}

// start runs the real resolver, when `platform up` has unpacked it, and returns what asks it for the zone's one name.
func start(t *testing.T, authorities ...*authority) func() (dnsmessage.RCode, []netip.Addr) {
	t.Helper()
	l, err := layout.FromEnvironment(func(name string) string {
		return map[string]string{"TWINSTACK_CACHE": os.Getenv("TWINSTACK_CACHE"), "XDG_CACHE_HOME": os.Getenv("XDG_CACHE_HOME"),
			"HOME": os.Getenv("HOME"), "TWINSTACK_STATE": "/nonexistent/state", "TWINSTACK_CHECKOUT": "/nonexistent/checkout"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	folder, err := packagesFolder(l.Packages())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err != nil || os.Geteuid() != 0 {
		t.Skip("needs root, and the resolver that `platform up` unpacks")
	}
	program, err := unpack(context.Background(), &progress.Running{}, l.Packages(), "")
	if err != nil {
		t.Fatal(err)
	}
	s := settings{Listen: freePort(t), Clients: netip.MustParsePrefix("127.0.0.0/8"), Source: netip.MustParseAddr("127.0.0.9"), Folder: t.TempDir()}
	for _, a := range authorities {
		s.Authorities = append(s.Authorities, a.address())
	}
	run(t, program, s)
	return func() (dnsmessage.RCode, []netip.Addr) { return lookup(t, s.Listen) }
}

// run runs the resolver until the test ends, and waits until it answers.
func run(t *testing.T, program program, s settings) {
	t.Helper()
	text, err := s.render()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.Folder, "recursor.yml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(s.Folder, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	command := program.command("--config-dir=" + s.Folder)
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	ready := answers(s.Listen)
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		err := ready(ctx)
		cancel()
		if err == nil {
			return
		}
		if time.Since(begin) > 20*time.Second {
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("%v; the resolver said\n%s", err, said)
		}
	}
}

// freePort is a port that nobody has on the loopback, by UDP and by TCP: a server listens on both.
func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	for range 20 {
		connection, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		free := connection.LocalAddr().(*net.UDPAddr).AddrPort()
		listener, err := net.Listen("tcp", free.String())
		connection.Close()
		if err == nil {
			listener.Close()
			return free
		}
	}
	t.Fatal("no port is free by UDP and TCP")
	return netip.AddrPort{}
}

func lookup(t *testing.T, server netip.AddrPort) (dnsmessage.RCode, []netip.Addr) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	message, err := exchange(ctx, server, web, dnsmessage.TypeA)
	if err != nil {
		t.Fatal(err)
	}
	var found []netip.Addr
	for _, answer := range message.Answers {
		if a, ok := answer.Body.(*dnsmessage.AResource); ok {
			found = append(found, netip.AddrFrom4(a.A))
		}
	}
	return message.RCode, found
}

func TestAnswersLiveAsLongAsTheirAuthoritySays(t *testing.T) {
	only := newAuthority(t, "127.0.0.2:0")
	ask := start(t, only)
	for only.asked.Load() < 2 {
		if code, found := ask(); code != dnsmessage.RCodeSuccess || !slices.Equal(found, []netip.Addr{only.address().Addr()}) {
			t.Fatalf("got %s, %v", code, found)
		}
		time.Sleep(20 * time.Millisecond)
	}
	// The answer of the second question lives for a second.
	for range 10 {
		ask()
	}
	if asked := only.asked.Load(); asked > 3 {
		t.Errorf("the authority was asked %d times; its answers aren't kept", asked)
	}
	if from := only.from.Load(); from != netip.MustParseAddr("127.0.0.9") {
		t.Errorf("it was asked from %s", from)
	}
}

// An authority that says nothing, or isn't there, is passed over. When none is left there is no answer, not an old one,
// and when one is back there is one.
func TestDeadAuthoritiesArePassedOver(t *testing.T) {
	first, second := newAuthority(t, "127.0.0.2:0"), newAuthority(t, "127.0.0.3:0")
	ask := start(t, first, second)
	first.silent.Store(true)
	until := func(what string, wanted func(code dnsmessage.RCode, found []netip.Addr) bool) {
		t.Helper()
		for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			code, found := ask()
			if wanted(code, found) {
				return
			}
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%s: still %s, %v", what, code, found)
			}
		}
	}
	from := func(a *authority) func(dnsmessage.RCode, []netip.Addr) bool {
		return func(_ dnsmessage.RCode, found []netip.Addr) bool {
			return slices.Equal(found, []netip.Addr{a.address().Addr()})
		}
	}
	for begin := second.asked.Load(); second.asked.Load() < begin+2; time.Sleep(100 * time.Millisecond) {
		if code, found := ask(); !from(second)(code, found) {
			t.Fatalf("the first is silent: got %s, %v", code, found)
		}
	}
	second.connection.Close()
	until("both are dead", func(code dnsmessage.RCode, _ []netip.Addr) bool { return code == dnsmessage.RCodeServerFailure })
	first.silent.Store(false)
	until("the first is back", from(first))
}
