// Package network makes the root namespace's side of the platform's network: the bridge that joins the regions.
package network

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
)

// Step makes the bridge, its address and the route for the tests' client addresses.
func Step() progress.Step {
	return progress.Step{Title: "network " + layout.HostPrefix.String(), Run: func(_ context.Context, r *progress.Running) error {
		if err := free(); err != nil {
			return err
		}
		bridge, created, err := ensureBridge()
		if err != nil {
			return err
		}
		if err := ensureAddresses(bridge); err != nil {
			return err
		}
		if err := netlink.LinkSetUp(bridge); err != nil {
			return fmt.Errorf("set %s up: %w", layout.Bridge, err)
		}
		if err := ensureClientRoute(bridge); err != nil {
			return err
		}
		r.Done("already there")
		if created {
			r.Done("made")
		}
		return nil
	}}
}

// free makes sure that no link but ours has an address from the plan.
func free() error {
	addresses, err := netlink.AddrList(nil, netlink.FAMILY_V4)
	if err != nil {
		return fmt.Errorf("list addresses: %w", err)
	}
	for _, address := range addresses {
		link, err := netlink.LinkByIndex(address.LinkIndex)
		if err != nil {
			return fmt.Errorf("look at link %d: %w", address.LinkIndex, err)
		}
		prefix, ok := toPrefix(address.IPNet)
		if ok && link.Attrs().Name != layout.Bridge && prefix.Overlaps(layout.Plan) {
			return fmt.Errorf("%s is on link %s; the platform needs %s for itself: remove the address or run on another machine",
				prefix, link.Attrs().Name, layout.Plan)
		}
	}
	return nil
}

// ensureBridge returns the bridge, and whether it had to be made.
func ensureBridge() (netlink.Link, bool, error) {
	link, err := netlink.LinkByName(layout.Bridge)
	if err == nil {
		if link.Type() != "bridge" {
			return nil, false, fmt.Errorf("link %s is a %s; must be the platform's bridge: rename or remove it",
				layout.Bridge, link.Type())
		}
		return link, false, nil
	}
	if !errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil, false, fmt.Errorf("look for %s: %w", layout.Bridge, err)
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name = layout.Bridge
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	if err := netlink.LinkAdd(bridge); err != nil {
		return nil, false, fmt.Errorf("add bridge %s: %w", layout.Bridge, err)
	}
	return bridge, true, nil
}

func ensureAddresses(bridge netlink.Link) error {
	// A bridge without a hardware address of its own has one of its links', and another one when that link goes: the
	// regions would send their answers nowhere for a while.
	hardware := layout.HardwareAddress(layout.HostAddress())
	if !bytes.Equal(bridge.Attrs().HardwareAddr, hardware) {
		if err := netlink.LinkSetHardwareAddr(bridge, hardware); err != nil {
			return fmt.Errorf("give %s the address %s: %w", layout.Bridge, hardware, err)
		}
	}
	address := &netlink.Addr{IPNet: toIPNet(layout.HostPrefix)}
	if err := netlink.AddrReplace(bridge, address); err != nil {
		return fmt.Errorf("give %s the address %s: %w", layout.Bridge, layout.HostPrefix, err)
	}
	return nil
}

// ensureClientRoute makes every address of the client range one of this machine's, so that tests can be many clients.
func ensureClientRoute(bridge netlink.Link) error {
	route := &netlink.Route{
		LinkIndex: bridge.Attrs().Index,
		Dst:       toIPNet(layout.ClientPrefix),
		Table:     unix.RT_TABLE_LOCAL,
		Type:      unix.RTN_LOCAL,
		Scope:     netlink.SCOPE_HOST,
		Protocol:  unix.RTPROT_STATIC,
	}
	if err := netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("route %s to this machine: %w", layout.ClientPrefix, err)
	}
	return nil
}

// Remove removes the bridge and the links of regions; addresses and routes go with them. It returns what it removed.
func Remove() ([]string, error) {
	names := []string{}
	for _, region := range layout.AllRegions() {
		names = append(names, region.HostLink)
	}
	var removed []string
	for _, name := range append(names, layout.Bridge) {
		link, err := netlink.LinkByName(name)
		if errors.As(err, &netlink.LinkNotFoundError{}) {
			continue
		}
		if err != nil {
			return removed, fmt.Errorf("look for link %s: %w", name, err)
		}
		if err := netlink.LinkDel(link); err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, unix.ENODEV) {
			return removed, fmt.Errorf("remove link %s: %w", name, err)
		}
		removed = append(removed, name)
	}
	return removed, nil
}

func toIPNet(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())}
}

func toPrefix(network *net.IPNet) (netip.Prefix, bool) {
	address, ok := netip.AddrFromSlice(network.IP)
	if !ok {
		return netip.Prefix{}, false
	}
	bits, _ := network.Mask.Size()
	return netip.PrefixFrom(address.Unmap(), bits), true
}
