package region

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/netspace"
	"twinstack.dev/platform/internal/supervise"
)

// links calls silenced when a region is taken off them.
type links struct{ silenced func() }

func (links) Attach(context.Context, layout.Region) error { return nil }

func (l links) Detach(context.Context, layout.Region) error { l.silenced(); return nil }

// newMachine moves the test into a network namespace that stands for the machine's own, and returns its last region.
func newMachine(t *testing.T) layout.Region {
	t.Helper()
	needRoot(t)
	runtime.LockOSThread() // Never unlocked: the thread ends with the test.
	machine, err := netns.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = machine.Close() })
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: layout.Bridge}}
	if err := errors.Join(netlink.LinkAdd(bridge), netlink.LinkSetMTU(bridge, 1400)); err != nil {
		t.Fatal(err)
	}
	r, err := layout.NewRegion(layout.MaxRegions - 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeNetwork(r); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestPowerOff(t *testing.T) {
	r, ctx := newMachine(t), context.Background()
	l := layout.Layout{State: t.TempDir()}
	silent := false
	deps := Deps{Layout: l, Supervisor: supervise.New(l.Daemons(), l.Logs()), Links: links{func() { silent = true }}}
	if _, err := PowerOff(ctx, deps, r); err == nil || err.Error() != "region g doesn't run; switch it on by `platform/run start g`" {
		t.Errorf("nothing runs: %v", err)
	}
	c := newCluster(deps, r)
	if err := c.ensureNetwork(); err != nil {
		t.Fatal(err)
	}
	asked := filepath.Join(c.paths.State, "asked to end")
	if err := os.MkdirAll(c.paths.State, 0o755); err != nil {
		t.Fatal(err)
	}
	ready := func(program string) string { return filepath.Join(c.paths.State, program) }
	for _, program := range []string{etcd, kubelet} {
		_, err := deps.Supervisor.Ensure(ctx, supervise.Spec{
			Name:    daemonName(r, program),
			Command: []string{"/bin/sh", "-c", "trap 'touch \"" + asked + "\"' TERM; sleep 60 & touch " + ready(program) + "; while :; do wait; done"},
			Ready:   func(context.Context) error { _, err := os.Stat(ready(program)); return err },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	outage, err := PowerOff(ctx, deps, r)
	if err != nil {
		t.Fatal(err)
	}
	// Each daemon has a child.
	if outage.Processes != 4 || !silent {
		t.Errorf("got %+v, silent %t", outage, silent)
	}
	if left, err := c.processes(); err != nil || len(left) != 0 {
		t.Errorf("left are %+v, %v", left, err)
	}
	if _, err := os.Stat(asked); err == nil {
		t.Error("a daemon was asked to end")
	}
	if _, err := os.Stat(ready(etcd)); err != nil {
		t.Errorf("a file is lost: %v", err)
	}
	for _, gone := range []string{r.NetnsPath(), "/sys/class/net/" + r.HostLink} {
		if _, err := os.Stat(gone); err == nil {
			t.Errorf("%s is left", gone)
		}
	}
	checks, err := Status(ctx, deps, r)
	if err != nil || len(checks) != 1 || checks[0].Problem == nil || !strings.HasPrefix(checks[0].Problem.Error(), "switched off; ") {
		t.Errorf("got %+v, %v", checks, err)
	}
}

// Nothing of a region may be heard once its processes begin to end.
func TestUnplug(t *testing.T) {
	r := newMachine(t)
	if err := unplug(r); err != nil {
		t.Errorf("a link that isn't there: %v", err)
	}
	c := newCluster(Deps{Layout: layout.Layout{State: t.TempDir()}}, r)
	if err := c.ensureNetwork(); err != nil {
		t.Fatal(err)
	}
	if err := unplug(r); err != nil {
		t.Fatal(err)
	}
	link, err := netlink.LinkByName(r.HostLink)
	if err != nil || link.Attrs().Flags&net.FlagUp != 0 {
		t.Errorf("got %+v, %v", link, err)
	}
}

func TestCutClients(t *testing.T) {
	r := newMachine(t)
	if cut, err := ClientsCut(r); err != nil || cut {
		t.Errorf("without a network: got %t, %v", cut, err)
	}
	const want = "region g has no network; switch it on by `platform/run start g`"
	if err := CutClients(r, true); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	c := newCluster(Deps{Layout: layout.Layout{State: t.TempDir()}}, r)
	expect := func(what string, want bool) {
		t.Helper()
		if cut, err := ClientsCut(r); err != nil || cut != want {
			t.Errorf("%s: got %t, %v", what, cut, err)
		}
		namespace, err := netns.GetFromPath(r.NetnsPath())
		if err != nil {
			t.Fatal(err)
		}
		defer namespace.Close()
		err = netspace.Within(namespace, func() error {
			_, err := netlink.RouteGet(net.ParseIP("198.18.1.7"))
			if _, other := netlink.RouteGet(layout.HostAddress().AsSlice()); other != nil {
				t.Errorf("%s: the machine isn't reached: %v", what, other)
			}
			return err
		})
		if (err != nil) != want {
			t.Errorf("%s: the route to a client: %v", what, err)
		}
	}
	for _, step := range []struct {
		what string
		do   func() error
		cut  bool
	}{
		{"made", c.ensureNetwork, false},
		{"cut", func() error { return CutClients(r, true) }, true},
		{"cut again", func() error { return CutClients(r, true) }, true},
		{"healed", func() error { return CutClients(r, false) }, false},
		{"cut once more", func() error { return CutClients(r, true) }, true},
		{"healed by `up`", c.ensureNetwork, false},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		expect(step.what, step.cut)
	}
}
