// Package routes leads clients to the database: it owns the EndpointSlices of two Services without a selector, one for
// writing and one for reading, in its own namespace.
//
// It speaks with the Kubernetes API by three plain requests. The client library for them would triple the binary.
package routes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// Names of the Services.
const (
	WriterService = "database-writer"
	ReaderService = "database-reader"
)

// Target is where a database is reached.
type Target struct {
	Address string
	Port    int
}

// Config says where each region's database is, for clients that go there themselves.
type Config struct {
	Region string
	// LocalHost resolves to the address of the local member's pod; LocalPort is MySQL's there.
	LocalHost string
	LocalPort int
	// Peers are the other regions' databases.
	Peers map[string]Target
}

// Gate says where clients go that always go through this region's gate.
type Gate struct {
	Region string
	// Address is where the gate is; the ports are those of its doors.
	Address                 string
	Writer, Forward, Reader int
}

// Routes writes the slices.
type Routes struct {
	config  Config
	gate    *Gate
	cluster *Cluster
	resolve func(ctx context.Context, host string) ([]string, error)
}

// New returns routes in the cluster's namespace.
func New(config Config, cluster *Cluster) *Routes {
	return &Routes{config: config, cluster: cluster, resolve: net.DefaultResolver.LookupHost}
}

// NewToGate returns routes that lead to a gate.
func NewToGate(gate Gate, cluster *Cluster) *Routes { return &Routes{gate: &gate, cluster: cluster} }

// Apply leads clients of this region to the databases of these regions; an empty name leads nowhere.
func (r *Routes) Apply(ctx context.Context, write, read string) error {
	return errors.Join(r.apply(ctx, WriterService, write), r.apply(ctx, ReaderService, read))
}

func (r *Routes) apply(ctx context.Context, service, region string) error {
	var target *Target
	switch {
	case region == "":
	case r.gate != nil:
		found := r.gate.target(service, region)
		target = &found
	default:
		found, err := r.target(ctx, region)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		target = &found
	}
	return r.cluster.apply(ctx, service, target)
}

// target is a door: whoever reads does so near by, and whoever writes has it handed on where another region is the writer.
func (g Gate) target(service, region string) Target {
	switch {
	case service == ReaderService:
		return Target{g.Address, g.Reader}
	case region == g.Region:
		return Target{g.Address, g.Writer}
	}
	return Target{g.Address, g.Forward}
}

func (r *Routes) target(ctx context.Context, region string) (Target, error) {
	if region != r.config.Region {
		peer, known := r.config.Peers[region]
		if !known {
			return Target{}, fmt.Errorf("there is no region %q", region)
		}
		return peer, nil
	}
	addresses, err := r.resolve(ctx, r.config.LocalHost)
	if err != nil {
		return Target{}, err
	}
	for _, text := range addresses {
		if address, err := netip.ParseAddr(text); err == nil && address.Is4() {
			return Target{Address: text, Port: r.config.LocalPort}, nil
		}
	}
	return Target{}, fmt.Errorf("%s has no IPv4 address", r.config.LocalHost)
}
