package network

import (
	"bytes"
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

// isolated moves the test into a network namespace of its own.
func isolated(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may make a network namespace")
	}
	// Never unlocked: the thread ends with the test's goroutine, and its namespace with it.
	runtime.LockOSThread()
	namespace, err := netns.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = namespace.Close() })
}

// up runs the step on the calling thread, which is in the test's namespace.
func up() error {
	return Step().Run(context.Background(), &progress.Running{})
}

func TestStepIsIdempotent(t *testing.T) {
	isolated(t)
	for range 2 {
		if err := up(); err != nil {
			t.Fatal(err)
		}
	}
	bridge, err := netlink.LinkByName(layout.Bridge)
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := netlink.AddrList(bridge, netlink.FAMILY_V4)
	if err != nil || len(addresses) != 1 || addresses[0].IPNet.String() != "198.18.0.1/24" {
		t.Errorf("got %v, %v", addresses, err)
	}
	if bridge.Attrs().HardwareAddr.String() != "02:00:c6:12:00:01" {
		t.Errorf("got %s", bridge.Attrs().HardwareAddr)
	}
	// Every client address is one of this machine's: a socket may be bound to it.
	for _, address := range []string{"198.18.1.1:0", "198.18.1.254:0"} {
		listener, err := net.Listen("tcp4", address)
		if err != nil {
			t.Error(err)
			continue
		}
		_ = listener.Close()
	}
}

func TestStepHealsALostAddress(t *testing.T) {
	isolated(t)
	if err := up(); err != nil {
		t.Fatal(err)
	}
	bridge, err := netlink.LinkByName(layout.Bridge)
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.AddrDel(bridge, &netlink.Addr{IPNet: toIPNet(layout.HostPrefix)}); err != nil {
		t.Fatal(err)
	}
	if err := up(); err != nil {
		t.Fatal(err)
	}
	if addresses, err := netlink.AddrList(bridge, netlink.FAMILY_V4); err != nil || len(addresses) != 1 {
		t.Errorf("got %v, %v", addresses, err)
	}
}

func TestStepRefusesATakenNetwork(t *testing.T) {
	isolated(t)
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "lab0"
	lab := &netlink.Bridge{LinkAttrs: attributes}
	if err := netlink.LinkAdd(lab); err != nil {
		t.Fatal(err)
	}
	address, err := netlink.ParseAddr("198.19.7.1/24")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.AddrAdd(lab, address); err != nil {
		t.Fatal(err)
	}
	const want = "198.19.7.1/24 is on link lab0; the platform needs 198.18.0.0/15 for itself"
	if err := up(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if _, err := netlink.LinkByName(layout.Bridge); err == nil {
		t.Error("the bridge was made all the same")
	}
}

func TestStepRefusesALinkThatIsNoBridge(t *testing.T) {
	isolated(t)
	attributes := netlink.NewLinkAttrs()
	attributes.Name = layout.Bridge
	if err := netlink.LinkAdd(&netlink.Dummy{LinkAttrs: attributes}); err != nil {
		t.Skipf("no dummy links here: %v", err)
	}
	if err := up(); err == nil || !strings.Contains(err.Error(), "is a dummy; must be the platform's bridge") {
		t.Errorf("got %v", err)
	}
}

func TestRemove(t *testing.T) {
	isolated(t)
	if err := up(); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{1, 0} {
		removed, err := Remove()
		if err != nil || len(removed) != want {
			t.Errorf("time %d: removed %v, %v; want %d", i+1, removed, err, want)
		}
	}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range routes {
		if route.Dst != nil && bytes.HasPrefix(route.Dst.IP.To4(), []byte{198}) {
			t.Errorf("route %s was left", route)
		}
	}
}
