package wan

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/netspace"
)

const echoPort = 7

// place is a region's network namespace without the rest of the region.
type place struct {
	region    layout.Region
	namespace netns.NsHandle
}

// newPlace makes one, whose node's address is on a link that leads nowhere.
func newPlace(t *testing.T, name string) place {
	t.Helper()
	r, err := layout.ParseRegion(name)
	if err != nil {
		t.Fatal(err)
	}
	p := place{region: r}
	if err := netspace.Keeping(func() (err error) { p.namespace, err = netns.NewNamed(r.Netns); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.namespace.Close(), netns.DeleteNamed(r.Netns)); err != nil {
			t.Error(err)
		}
	})
	inside, err := netlink.NewHandleAt(p.namespace)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	node := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: nodeLink, MTU: 1400}}
	address := &netlink.Addr{IPNet: &net.IPNet{IP: r.Node.Addr().AsSlice(), Mask: net.CIDRMask(r.Node.Bits(), 32)}}
	if err := errors.Join(inside.LinkAdd(node), inside.AddrAdd(node, address), inside.LinkSetUp(node)); err != nil {
		t.Fatal(err)
	}
	return p
}

// in calls do in the region's network namespace.
func (p place) in(t *testing.T, do func() error) {
	t.Helper()
	if err := netspace.Within(p.namespace, do); err != nil {
		t.Fatal(err)
	}
}

// echo answers with what it gets, and tells who asked.
func (p place) echo(t *testing.T) <-chan netip.Addr {
	t.Helper()
	asked := make(chan netip.Addr, 16)
	p.in(t, func() error {
		listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: p.region.Node.Addr().AsSlice(), Port: echoPort})
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				connection, err := listener.AcceptTCP()
				if err != nil {
					return
				}
				asked <- connection.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
				go func() { _, _ = io.Copy(connection, connection); _ = connection.Close() }()
			}
		}()
		return nil
	})
	return asked
}

// connect opens a connection to another region's node.
func (p place) connect(t *testing.T, to place, patience time.Duration) (connection net.Conn, err error) {
	t.Helper()
	p.in(t, func() error {
		connection, err = net.DialTimeout("tcp4", netip.AddrPortFrom(to.region.Node.Addr(), echoPort).String(), patience)
		return nil
	})
	if err == nil {
		t.Cleanup(func() { _ = connection.Close() })
	}
	return connection, err
}

// ask sends a text and reports whether it comes back in time.
func ask(t *testing.T, connection net.Conn, text string, patience time.Duration) bool {
	t.Helper()
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len(text))
	_, errWrite := io.WriteString(connection, text)
	_, errRead := io.ReadFull(connection, answer)
	if err := errors.Join(errWrite, errRead); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the connection is lost: %v", err)
	}
	return string(answer) == text
}

// start runs the daemon's interface, and returns a client of it.
func start(t *testing.T) Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "wan.sock")
	// One that was killed leaves its socket.
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	fabric, ended := NewFabric(), make(chan error, 1)
	go func() { ended <- Serve(ctx, fabric, socket) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for _, r := range layout.AllRegions() {
			if err := fabric.Detach(r); err != nil {
				t.Error(err)
			}
		}
	})
	client := NewClient(socket)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := client.Links(ctx); err == nil {
			return client
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// Two regions far from those that a platform on this machine may have.
func TestLinksBetweenNamespaces(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may make network namespaces")
	}
	ctx, client := context.Background(), start(t)
	e, f := newPlace(t, "e"), newPlace(t, "f")
	asked := f.echo(t)
	if _, err := e.connect(t, f, time.Second); err == nil {
		t.Fatal("the regions reach each other without a link")
	}
	// Attaching is repeated by every `platform up`.
	for range 2 {
		if err := errors.Join(client.Attach(ctx, e.region), client.Attach(ctx, f.region)); err != nil {
			t.Fatal(err)
		}
	}
	connection, err := e.connect(t, f, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if from := <-asked; from != e.region.Node.Addr() {
		t.Errorf("%s asked; must be the node %s", from, e.region.Node.Addr())
	}
	// Far more than fits into one packet.
	if !ask(t, connection, strings.Repeat("full link. ", 100_000), 30*time.Second) {
		t.Error("a perfect link lost something")
	}
	set := func(oneWay bool, settings Settings) {
		t.Helper()
		change, _, err := settings.Change()
		if err != nil {
			t.Fatal(err)
		}
		if err := client.Set(ctx, Between("f", "e", oneWay), change); err != nil {
			t.Fatal(err)
		}
	}
	set(true, Settings{Cut: "true"})
	if ask(t, connection, "nobody hears the answer", 300*time.Millisecond) {
		t.Error("an answer came over a link that is cut in its direction")
	}
	if links, err := client.Links(ctx); err != nil || len(links) != 2 || links[0].Cut || !links[1].Cut || links[1].Dropped == 0 {
		t.Errorf("got %+v, %v", links, err)
	}
	if err := client.Heal(ctx); err != nil {
		t.Fatal(err)
	}
	// What was lost is sent again.
	rest := make([]byte, len("nobody hears the answer"))
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(connection, rest); err != nil {
		t.Errorf("the connection didn't outlive the cut: %v", err)
	}
	set(false, Settings{Delay: "50ms", Jitter: "5ms"})
	begin := time.Now()
	if !ask(t, connection, "there and back", 10*time.Second) {
		t.Error("a slow link lost something")
	}
	if took := time.Since(begin); took < 90*time.Millisecond {
		t.Errorf("a round trip took %s; must be at least 90ms", took)
	}
	if err := client.Detach(ctx, e.region); err != nil {
		t.Fatal(err)
	}
	if _, err := f.connect(t, e, 300*time.Millisecond); err == nil {
		t.Error("a region that was taken off is still reached")
	}
	if again, err := e.connect(t, f, 300*time.Millisecond); err == nil {
		t.Errorf("a region that was taken off still reaches others: %v", again)
	}
}

func TestAttachRefusesARegionWithoutANetwork(t *testing.T) {
	client := start(t)
	r, err := layout.ParseRegion("d")
	if err != nil {
		t.Fatal(err)
	}
	const want = "region d has no network namespace /run/netns/twinstack-d; bring it up by `make up`"
	if err := client.Attach(context.Background(), r); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if err := client.Detach(context.Background(), r); err != nil {
		t.Error(err)
	}
}

func TestClientWithoutDaemon(t *testing.T) {
	client := NewClient(filepath.Join(t.TempDir(), "wan.sock"))
	if _, err := client.Links(context.Background()); !errors.Is(err, ErrDown) {
		t.Errorf("got %v", err)
	}
	if err := client.Detach(context.Background(), layout.AllRegions()[0]); err != nil {
		t.Error(err)
	}
}
