package region

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/layout"
)

// CutClients loses what a region answers to clients, or no longer. Clients are those of layout.ClientPrefix; the machine
// itself, with its kubectl and its registry, still reaches the region.
func CutClients(r layout.Region, cut bool) error {
	return withRoutes(r, func(inside *netlink.Handle) error {
		route := &netlink.Route{Dst: network(layout.ClientPrefix), Type: unix.RTN_BLACKHOLE}
		if !cut {
			link, err := inside.LinkByName(nodeLink)
			if err != nil {
				return err
			}
			route = clientRoute(link)
		}
		if err := inside.RouteReplace(route); err != nil {
			return fmt.Errorf("route to clients %s: %w", layout.ClientPrefix, err)
		}
		return nil
	})
}

// ClientsCut reports whether a region's answers to clients get lost. Those of a region without a network don't: there
// are none.
func ClientsCut(r layout.Region) (bool, error) {
	cut := false
	err := withRoutes(r, func(inside *netlink.Handle) error {
		routes, err := inside.RouteListFiltered(netlink.FAMILY_V4,
			&netlink.Route{Dst: network(layout.ClientPrefix), Type: unix.RTN_BLACKHOLE}, netlink.RT_FILTER_DST|netlink.RT_FILTER_TYPE)
		cut = len(routes) > 0
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return cut, err
}

// clientRoute leads to the clients.
func clientRoute(link netlink.Link) *netlink.Route {
	return &netlink.Route{Dst: network(layout.ClientPrefix), Gw: layout.HostAddress().AsSlice(), LinkIndex: link.Attrs().Index}
}

// withRoutes calls do with a handle on the region's network namespace.
func withRoutes(r layout.Region, do func(inside *netlink.Handle) error) error {
	namespace, err := netns.GetFromPath(r.NetnsPath())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("region %s has no network; switch it on by `platform/run start %s`: %w", r.Name, r.Name, err)
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
	return do(inside)
}
