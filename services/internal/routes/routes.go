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

// Config says where each region's database is.
type Config struct {
	Region string
	// LocalHost resolves to the address of the local member's pod; LocalPort is MySQL's there.
	LocalHost string
	LocalPort int
	// Peers are the other regions' databases.
	Peers map[string]Target
}

// Routes writes the slices.
type Routes struct {
	config  Config
	cluster *Cluster
	resolve func(ctx context.Context, host string) ([]string, error)
}

// New returns routes in the cluster's namespace.
func New(config Config, cluster *Cluster) *Routes {
	return &Routes{config: config, cluster: cluster, resolve: net.DefaultResolver.LookupHost}
}

// Apply leads clients of this region to the databases of these regions; an empty name leads nowhere.
func (r *Routes) Apply(ctx context.Context, write, read string) error {
	return errors.Join(r.apply(ctx, WriterService, write), r.apply(ctx, ReaderService, read))
}

func (r *Routes) apply(ctx context.Context, service, region string) error {
	var target *Target
	if region != "" {
		found, err := r.target(ctx, region)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		target = &found
	}
	return r.cluster.apply(ctx, service, target)
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
