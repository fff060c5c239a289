package layout

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// MaxRegions is how many regions fit into 198.19.0.0/16, with 8,192 addresses each.
const MaxRegions = 8

const (
	// Bridge is the link in the root namespace that joins all regions.
	Bridge = "twinstack0"
	// DefaultRegions are those of `platform up`: two that serve, and a witness.
	DefaultRegions = "a,b," + witness
	// NetnsDir is where named network namespaces are mounted.
	NetnsDir = "/run/netns"
	// RegistryPort is the port of the machine's registry on HostAddress.
	RegistryPort = 5000
	// APIServerPort is the port of a region's API server on its node's address.
	APIServerPort = 6443
)

// The network plan. All of it lies in 198.18.0.0/15, which RFC 2544 sets aside for tests.
var (
	// HostPrefix is the address of the root namespace on the bridge.
	HostPrefix = netip.MustParsePrefix("198.18.0.1/24")
	// ClientPrefix is the range that tests in the root namespace may use as source addresses.
	ClientPrefix = netip.MustParsePrefix("198.18.1.0/24")
)

// HostAddress is the bridge's address without the length of its prefix.
func HostAddress() netip.Addr { return HostPrefix.Addr() }

// Registry is the host:port of the machine's image registry (plain HTTP).
func Registry() string { return netip.AddrPortFrom(HostAddress(), RegistryPort).String() }

// names are those of the regions by index. The witness comes third, so that two regions and a witness leave no gap.
const names = "ab" + witness + "cdefg"

// witness is the name of the one region that serves nothing: it has a vote when the others must agree.
const witness = "w"

// Region is one Kubernetes cluster in a network namespace of its own, and its part of the network plan.
type Region struct {
	// Index counts from 0; region a has index 0.
	Index int
	// Name is one letter.
	Name string
	// Witness tells that the region runs only what has a vote: its cluster does without what voters don't need.
	Witness bool
	// Netns is the name of the network namespace, and of the region's context in the kubeconfig.
	Netns string
	// HostLink is the region's end of the link in the root namespace; the other end is eth0 in the region.
	HostLink string
	// Node is the address of the region's one node, on eth0.
	Node netip.Prefix
	// Pods and Services are the region's cluster ranges.
	Pods, Services netip.Prefix
}

// NewRegion computes the region with an index from 0 to MaxRegions-1.
func NewRegion(index int) (Region, error) {
	if index < 0 || index >= MaxRegions {
		return Region{}, fmt.Errorf("region index is %d; must be from 0 to %d", index, MaxRegions-1)
	}
	name := names[index : index+1]
	third := byte(32 * index)
	return Region{
		Index:    index,
		Name:     name,
		Witness:  name == witness,
		Netns:    "twinstack-" + name,
		HostLink: "twinstack-" + name,
		Node:     netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, byte(10 + index)}), HostPrefix.Bits()),
		Pods:     netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 19, third, 0}), 20),
		Services: netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 19, third + 16, 0}), 20),
	}, nil
}

// ParseRegions reads a comma-separated list of region names such as "a,b".
func ParseRegions(list string) ([]Region, error) {
	var regions []Region
	seen := map[string]bool{}
	for _, name := range strings.Split(list, ",") {
		region, err := ParseRegion(name)
		if err != nil {
			return nil, fmt.Errorf("--regions is %q; must be a comma-separated list of names among %s, such as a,b,w",
				list, namesInWords())
		}
		if seen[name] {
			return nil, fmt.Errorf("--regions is %q; names %s twice", list, name)
		}
		seen[name] = true
		regions = append(regions, region)
	}
	return regions, nil
}

// ParseRegion reads the name of one region.
func ParseRegion(name string) (Region, error) {
	index := strings.Index(names, name)
	if len(name) != 1 || index < 0 {
		return Region{}, fmt.Errorf("region is %q; must be one of %s", name, namesInWords())
	}
	return NewRegion(index)
}

// namesInWords lists all names, for a person.
func namesInWords() string { return strings.Join(strings.Split(names, ""), ", ") }

// AllRegions lists every region there can be; cleaning up looks at all of them.
func AllRegions() []Region {
	regions := make([]Region, 0, MaxRegions)
	for index := range MaxRegions {
		region, err := NewRegion(index)
		if err != nil {
			panic(err)
		}
		regions = append(regions, region)
	}
	return regions
}

// NetnsPath is the file that names the region's network namespace.
func (r Region) NetnsPath() string { return NetnsDir + "/" + r.Netns }

// KubernetesService is the cluster address of the API server: the first one of the service range.
func (r Region) KubernetesService() netip.Addr { return nth(r.Services, 1) }

// ClusterDNS is the cluster address of CoreDNS: the tenth one of the service range.
func (r Region) ClusterDNS() netip.Addr { return nth(r.Services, 10) }

// APIServer is the URL of the region's API server.
func (r Region) APIServer() string {
	return "https://" + netip.AddrPortFrom(r.Node.Addr(), APIServerPort).String()
}

// Context is the name of the region's context in the kubeconfig.
func (r Region) Context() string { return r.Netns }

// HardwareAddress is that of the link which has an IPv4 address. It follows from the address, so that a region which
// is switched off and on again is reached at once by those who remember it.
func HardwareAddress(address netip.Addr) net.HardwareAddr {
	// The first byte says that the address was not given by a maker.
	return append(net.HardwareAddr{0x02, 0x00}, address.AsSlice()...)
}

// nth is the address n after the start of an IPv4 prefix, for n below 256.
func nth(prefix netip.Prefix, n byte) netip.Addr {
	bytes := prefix.Masked().Addr().As4()
	bytes[3] += n
	return netip.AddrFrom4(bytes)
}
