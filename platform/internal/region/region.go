// Package region makes one region of the platform: a real Kubernetes cluster of one node, whose daemons share a network
// namespace and a mount namespace of their own.
//
// The network namespace gives the region its addresses. The mount namespace gives it its own /run, /var/log and
// /var/lib/kubelet, so that regions don't meet on fixed paths, and nothing that containerd or the kubelet mounts shows
// up on the machine: it all goes when the region's last process ends.
package region

import (
	"context"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/progress"
	"twinstack.dev/platform/internal/supervise"
)

// Deps is what a region needs from the rest of the platform.
type Deps struct {
	Layout     layout.Layout
	Supervisor *supervise.Supervisor
	// Program returns the absolute path of a program, built by the toolchain or brought by the machine's packages.
	Program func(name string) (string, error)
	// CNIPlugins is the folder of the container network plugins.
	CNIPlugins string
	Images     Images
	// Links joins regions to each other.
	Links Links
}

// Links are what joins regions to each other.
type Links interface {
	// Attach joins a region that has a network namespace, if it isn't joined.
	Attach(ctx context.Context, r layout.Region) error
	// Detach takes a region off, if it is joined: from then on, it hears nothing and nothing of it is heard.
	Detach(ctx context.Context, r layout.Region) error
}

// Images are references into the machine's registry, which has to hold them before a region starts.
type Images struct {
	// Pause is the image of the sandbox of every pod.
	Pause string
	// CoreDNS and MetricsServer are the images of the cluster's own services.
	CoreDNS, MetricsServer string
}

// cluster is a region under construction.
type cluster struct {
	Deps
	region layout.Region
	paths  paths
}

func newCluster(deps Deps, r layout.Region) *cluster {
	return &cluster{Deps: deps, region: r, paths: newPaths(deps.Layout, r)}
}

// Steps makes the region, or heals what is missing of it. A step does nothing when there is nothing to do.
func Steps(deps Deps, r layout.Region) []progress.Step {
	c := newCluster(deps, r)
	title := func(what string) string { return "region " + r.Name + ": " + what }
	return []progress.Step{
		{Title: title("network"), Run: c.ensureNamespaces},
		{Title: title("certificates"), Run: c.ensureCredentials},
		{Title: title("control plane"), Run: c.ensureControlPlane},
		{Title: title("node"), Run: c.ensureNode},
		{Title: title("cluster services"), Run: c.ensureServices},
	}
}
