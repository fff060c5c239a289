package region

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/mounts"
	"twinstack.dev/platform/internal/netspace"
)

// nodeLink is the region's end of the link to the bridge.
const nodeLink = "eth0"

// ensureNetwork makes the network namespace, and joins it to the bridge.
func (c *cluster) ensureNetwork() error {
	r := c.region
	namespace, err := netns.GetFromPath(r.NetnsPath())
	if errors.Is(err, fs.ErrNotExist) {
		namespace, err = newNetns(r.Netns)
	}
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", r.Netns, err)
	}
	defer namespace.Close()
	inside, err := netlink.NewHandleAt(namespace)
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", r.Netns, err)
	}
	defer inside.Close()
	if err := ensureLink(inside, namespace, r); err != nil {
		return err
	}
	if err := configure(inside, r); err != nil {
		return err
	}
	return netspace.Within(namespace, func() error {
		return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1\n"), 0)
	})
}

// newNetns makes a named network namespace.
func newNetns(name string) (netns.NsHandle, error) {
	namespace := netns.None()
	err := netspace.Keeping(func() error {
		var err error
		namespace, err = netns.NewNamed(name)
		return err
	})
	return namespace, err
}

// ensureLink makes the pair of links between the bridge and the namespace when one of its ends is missing.
func ensureLink(inside *netlink.Handle, namespace netns.NsHandle, r layout.Region) error {
	bridge, err := netlink.LinkByName(layout.Bridge)
	if err != nil {
		return fmt.Errorf("bridge %s: %w", layout.Bridge, err)
	}
	outer, errOuter := netlink.LinkByName(r.HostLink)
	_, errInner := inside.LinkByName(nodeLink)
	if errOuter != nil || errInner != nil {
		if err := removeLink(r); err != nil {
			return err
		}
		attributes := netlink.NewLinkAttrs()
		attributes.Name, attributes.MTU = r.HostLink, bridge.Attrs().MTU
		pair := netlink.NewVeth(attributes)
		pair.PeerName, pair.PeerNamespace = nodeLink, netlink.NsFd(namespace)
		if err := netlink.LinkAdd(pair); err != nil {
			return fmt.Errorf("link %s: %w", r.HostLink, err)
		}
		outer = pair
	}
	if err := netlink.LinkSetMaster(outer, bridge); err != nil {
		return fmt.Errorf("join link %s to bridge %s: %w", r.HostLink, layout.Bridge, err)
	}
	// The way from one region to another is the one whose quality can be set, not the bridge.
	if err := netlink.LinkSetIsolated(outer, true); err != nil {
		return fmt.Errorf("isolate link %s: %w", r.HostLink, err)
	}
	return netlink.LinkSetUp(outer)
}

// removeLink removes the pair of links, whichever of its ends is left.
func removeLink(r layout.Region) error {
	link, err := netlink.LinkByName(r.HostLink)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link %s: %w", r.HostLink, err)
	}
	if err := netlink.LinkDel(link); err != nil {
		return fmt.Errorf("remove link %s: %w", r.HostLink, err)
	}
	return nil
}

// configure gives the namespace its addresses and routes. There is no default route: a region has no way out.
func configure(inside *netlink.Handle, r layout.Region) error {
	loopback, err := inside.LinkByName("lo")
	if err != nil {
		return err
	}
	link, err := inside.LinkByName(nodeLink)
	if err != nil {
		return err
	}
	if hardware := layout.HardwareAddress(r.Node.Addr()); !bytes.Equal(link.Attrs().HardwareAddr, hardware) {
		if err := inside.LinkSetHardwareAddr(link, hardware); err != nil {
			return fmt.Errorf("address %s: %w", hardware, err)
		}
	}
	if err := inside.AddrReplace(link, &netlink.Addr{IPNet: network(r.Node)}); err != nil {
		return fmt.Errorf("address %s: %w", r.Node, err)
	}
	for _, each := range []netlink.Link{loopback, link} {
		if err := inside.LinkSetUp(each); err != nil {
			return fmt.Errorf("set link %s up: %w", each.Attrs().Name, err)
		}
	}
	for _, route := range []*netlink.Route{
		clientRoute(link),
		// Programs on the node reach services too: kube-proxy rewrites the address, but only if there is some route.
		{Dst: network(r.Services), Scope: netlink.SCOPE_LINK, LinkIndex: link.Attrs().Index},
	} {
		if err := inside.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %s: %w", route.Dst, err)
		}
	}
	return nil
}

// removeNetwork removes the namespace's name and link; the namespace itself goes with its last process.
func removeNetwork(r layout.Region) error {
	if err := removeLink(r); err != nil {
		return err
	}
	if _, err := mounts.Unmount(r.NetnsPath()); err != nil {
		return err
	}
	if err := os.Remove(r.NetnsPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// network is a prefix as the netlink package has it.
func network(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{
		IP:   prefix.Addr().AsSlice(),
		Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen()),
	}
}
