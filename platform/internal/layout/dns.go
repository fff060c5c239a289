package layout

import "net/netip"

const (
	// Zone is what the names end in that the platform's resolver knows.
	Zone = "twinstack.test"
	// AuthorityPort is where a region's own DNS server answers for the zone, on the region's node, when its stack has one.
	AuthorityPort = 30053

	domainPort = 53
)

// Plan is all that the platform's addresses are taken from.
var Plan = netip.MustParsePrefix("198.18.0.0/15")

// ResolverSource is the address that the resolver asks regions from. It is a client's, so that what cuts clients off a
// region cuts the resolver off too.
var ResolverSource = netip.MustParseAddr("198.18.1.250")

// Resolver is where the machine's caching resolver listens.
func Resolver() netip.AddrPort { return netip.AddrPortFrom(HostAddress(), domainPort) }

// Authority is where a region's own DNS server is asked.
func (r Region) Authority() netip.AddrPort { return netip.AddrPortFrom(r.Node.Addr(), AuthorityPort) }
