package wan

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/netspace"
)

const (
	// Device is the name of a region's end.
	Device = "wan0"
	// nodeLink is the region's link to the machine, whose packets have to fit through ours.
	nodeLink = "eth0"
	// queueLength is how many packets the kernel keeps for the daemon; a burst that is longer loses some.
	queueLength = 4096
)

// Attach makes a region's end in its network namespace. It does nothing when it is there.
func (f *Fabric) Attach(r layout.Region) error {
	f.change.Lock()
	defer f.change.Unlock()
	id, err := netspace.ID(r.NetnsPath())
	if err != nil {
		return err
	}
	if id == 0 {
		return fmt.Errorf("region %s has no network namespace %s; bring it up by `make up`", r.Name, r.NetnsPath())
	}
	namespace, err := netns.GetFromPath(r.NetnsPath())
	if err != nil {
		return fmt.Errorf("network namespace %s: %w", r.Netns, err)
	}
	defer namespace.Close()
	if p := f.ports[r.Index].Load(); p == nil || p.namespace != id {
		device, err := newDevice(namespace)
		if err != nil {
			return fmt.Errorf("link %s in %s: %w", Device, r.Netns, err)
		}
		if err := f.attach(r, device, id); err != nil {
			return err
		}
	}
	return configure(namespace, r)
}

// Detach removes a region's end.
func (f *Fabric) Detach(r layout.Region) error {
	f.change.Lock()
	defer f.change.Unlock()
	return f.detach(r)
}

// newDevice makes a TUN device in a network namespace. It lasts until it is closed.
func newDevice(namespace netns.NsHandle) (*os.File, error) {
	descriptor := -1
	err := netspace.Within(namespace, func() error {
		var err error
		descriptor, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
			return fmt.Errorf("/dev/net/tun: %w; the links between regions need it: load the kernel's module tun", err)
		}
		if err != nil {
			return fmt.Errorf("/dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(Device)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		return unix.IoctlIfreq(descriptor, unix.TUNSETIFF, request)
	})
	if err != nil {
		if descriptor >= 0 {
			_ = unix.Close(descriptor)
		}
		return nil, err
	}
	return os.NewFile(uintptr(descriptor), "/dev/net/tun"), nil
}

// configure sets the device up and routes the other regions' nodes and pods through it.
func configure(namespace netns.NsHandle, r layout.Region) error {
	inside, err := netlink.NewHandleAt(namespace)
	if err != nil {
		return err
	}
	defer inside.Close()
	node, err := inside.LinkByName(nodeLink)
	if err != nil {
		return fmt.Errorf("link %s in %s: %w", nodeLink, r.Netns, err)
	}
	device, err := inside.LinkByName(Device)
	if err != nil {
		return fmt.Errorf("link %s in %s: %w", Device, r.Netns, err)
	}
	if err := errors.Join(inside.LinkSetMTU(device, node.Attrs().MTU), inside.LinkSetTxQLen(device, queueLength),
		inside.LinkSetUp(device)); err != nil {
		return fmt.Errorf("set up link %s in %s: %w", Device, r.Netns, err)
	}
	for _, other := range layout.AllRegions() {
		if other == r {
			continue
		}
		for _, prefix := range []netip.Prefix{netip.PrefixFrom(other.Node.Addr(), other.Node.Addr().BitLen()), other.Pods} {
			route := netlink.Route{
				LinkIndex: device.Attrs().Index,
				Scope:     netlink.SCOPE_LINK,
				Dst:       &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())},
				// The device has no address of its own.
				Src: r.Node.Addr().AsSlice(),
			}
			if err := inside.RouteReplace(&route); err != nil {
				return fmt.Errorf("route to %s in %s: %w", prefix, r.Netns, err)
			}
		}
	}
	return nil
}
