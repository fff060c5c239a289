package region

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/mounts"
	"twinstack.dev/platform/internal/netspace"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root may make namespaces")
	}
}

// inside runs a shell command in a mount namespace.
func inside(t *testing.T, namespace, script string) string {
	t.Helper()
	text, err := exec.Command("nsenter", "--mount="+namespace, "--", "/bin/sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, text)
	}
	return strings.TrimSpace(string(text))
}

// mountTable is this thread's: the process's first thread may have been given to another namespace for good.
func mountTable(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("/proc/thread-self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMountNamespace(t *testing.T) {
	needRoot(t)
	folder := t.TempDir()
	c := testCluster(t, layout.Layout{State: folder})
	source, target := filepath.Join(folder, "source"), filepath.Join(folder, "target")
	c.paths.Mounts = []mount{{source, target}}
	if err := c.newMountNamespace(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := mounts.Unmount(c.paths.Namespaces); err != nil {
			t.Error(err)
		}
		if left := mountTable(t); strings.Contains(left, folder) {
			t.Errorf("mounts are left:\n%s", left)
		}
	})
	if id, err := netspace.ID(c.paths.MountNamespace); err != nil || id == 0 {
		t.Fatalf("no namespace is kept: %d, %v", id, err)
	}
	if listed := inside(t, c.paths.MountNamespace, "ls -A /run"); listed != "" {
		t.Errorf("/run isn't empty: %s", listed)
	}
	before := mountTable(t)
	inside(t, c.paths.MountNamespace, "mkdir /run/x && mount -t tmpfs tmpfs /run/x && touch "+target+"/file")
	if after := mountTable(t); after != before {
		t.Errorf("a mount inside shows outside:\n%s", after)
	}
	if _, err := os.Stat(filepath.Join(source, "file")); err != nil {
		t.Errorf("the folder isn't mounted: %v", err)
	}
	// A write shows that the kubelet would change nothing of the machine's.
	panicBefore, err := os.ReadFile("/proc/sys/kernel/panic")
	if err != nil {
		t.Fatal(err)
	}
	if shown := inside(t, c.paths.MountNamespace, "cat /proc/sys/kernel/panic && echo 7 >/proc/sys/kernel/panic"); shown != "10" {
		t.Errorf("kernel.panic reads as %q", shown)
	}
	if panicAfter, err := os.ReadFile("/proc/sys/kernel/panic"); err != nil || string(panicAfter) != string(panicBefore) {
		t.Errorf("kernel.panic went from %s to %s, %v", panicBefore, panicAfter, err)
	}
	// The namespace outlives the processes in it.
	inside(t, c.paths.MountNamespace, "mountpoint /run/x")
}

// The test makes the last region's network, in a network namespace that stands for the machine's own.
func TestNetwork(t *testing.T) {
	r := newMachine(t)
	c := newCluster(Deps{Layout: layout.Layout{State: t.TempDir()}}, r)
	if err := c.ensureNetwork(); err != nil {
		t.Fatal(err)
	}
	link := checkNetwork(t, r)
	if err := c.ensureNetwork(); err != nil {
		t.Fatal(err)
	}
	if again := checkNetwork(t, r); again != link {
		t.Errorf("the link was made anew: %d became %d", link, again)
	}
	if err := removeLink(r); err != nil {
		t.Fatal(err)
	}
	if err := c.ensureNetwork(); err != nil {
		t.Fatal(err)
	}
	checkNetwork(t, r)
	for range 2 {
		if err := removeNetwork(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(r.NetnsPath()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", r.NetnsPath(), err)
	}
	if _, err := netlink.LinkByName(r.HostLink); err == nil {
		t.Errorf("link %s is left", r.HostLink)
	}
}

// checkNetwork looks from outside and from inside, and returns the number of the region's end of the link.
func checkNetwork(t *testing.T, r layout.Region) int {
	t.Helper()
	outer, err := netlink.LinkByName(r.HostLink)
	if err != nil {
		t.Fatal(err)
	}
	if port, err := netlink.LinkGetProtinfo(outer); err != nil || !port.Isolated {
		t.Errorf("other regions can be reached over the bridge: %+v, %v", port, err)
	}
	namespace, err := netns.GetFromPath(r.NetnsPath())
	if err != nil {
		t.Fatal(err)
	}
	defer namespace.Close()
	var index int
	err = netspace.Within(namespace, func() error {
		link, err := net.InterfaceByName(nodeLink)
		if err != nil {
			return err
		}
		index = link.Index
		if link.HardwareAddr.String() != layout.HardwareAddress(r.Node.Addr()).String() {
			t.Errorf("the hardware address is %s", link.HardwareAddr)
		}
		if addresses, err := link.Addrs(); err != nil || addresses[0].String() != r.Node.String() || link.MTU != 1400 {
			t.Errorf("addresses %v, MTU %d, %v", addresses, link.MTU, err)
		}
		for _, target := range []string{r.KubernetesService().String(), "198.18.1.7"} {
			if routes, err := netlink.RouteGet(net.ParseIP(target)); err != nil || len(routes) != 1 || routes[0].LinkIndex != link.Index {
				t.Errorf("route to %s: %v, %v", target, routes, err)
			}
		}
		if _, err := netlink.RouteGet(net.ParseIP("192.0.2.1")); err == nil {
			t.Error("there is a way out")
		}
		if forward, err := os.ReadFile("/proc/sys/net/ipv4/ip_forward"); err != nil || strings.TrimSpace(string(forward)) != "1" {
			t.Errorf("ip_forward is %q, %v", forward, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return index
}
