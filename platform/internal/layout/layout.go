// Package layout says where the local platform keeps its files. It is pure: it computes paths and touches nothing.
package layout

import (
	"fmt"
	"path/filepath"
	"strings"
)

const (
	defaultState = "/var/lib/twinstack"

	// RunDir holds sockets. It is short and fixed because the path of a Unix socket may have 107 bytes at most.
	RunDir = "/run/twinstack"

	// CgroupRoot is the cgroup, in every hierarchy, below which everything of the platform runs. `platform down` ends
	// and removes what is below it.
	CgroupRoot = "twinstack"
)

// Layout is the set of folders of one platform.
type Layout struct {
	// Cache survives `platform down` and is shared by all checkouts of a user.
	Cache string
	// State is the run-time state of the machine's one platform; `platform down` removes it.
	State string
	// Checkout is the root of the source tree that the platform was started from.
	Checkout string
}

// FromEnvironment reads the folders from environment variables, through getenv.
func FromEnvironment(getenv func(string) string) (Layout, error) {
	l := Layout{
		Cache:    getenv("TWINSTACK_CACHE"),
		State:    getenv("TWINSTACK_STATE"),
		Checkout: getenv("TWINSTACK_CHECKOUT"),
	}
	if l.Cache == "" {
		base := getenv("XDG_CACHE_HOME")
		if base == "" && getenv("HOME") != "" {
			base = filepath.Join(getenv("HOME"), ".cache")
		}
		if base == "" {
			return Layout{}, fmt.Errorf("TWINSTACK_CACHE, XDG_CACHE_HOME and HOME are all empty; " +
				"set TWINSTACK_CACHE to the folder that may hold about 6 GiB of builds")
		}
		l.Cache = filepath.Join(base, "twinstack")
	}
	if l.State == "" {
		l.State = defaultState
	}
	return l, l.validate()
}

// validate refuses paths that would be dangerous to create or to remove.
func (l Layout) validate() error {
	var problems []string
	for _, folder := range []struct{ variable, value string }{
		{"TWINSTACK_CACHE", l.Cache}, {"TWINSTACK_STATE", l.State}, {"TWINSTACK_CHECKOUT", l.Checkout},
	} {
		switch {
		case folder.value == "":
			problems = append(problems, folder.variable+" is empty; start the platform through platform/run, which sets it")
		case !filepath.IsAbs(folder.value) || filepath.Clean(folder.value) != folder.value:
			problems = append(problems, fmt.Sprintf("%s is %q; must be an absolute path without '.', '..' or a closing '/'",
				folder.variable, folder.value))
		case strings.Count(folder.value, "/") < 2:
			problems = append(problems, fmt.Sprintf("%s is %q; must be a folder of the platform's own, such as %s",
				folder.variable, folder.value, defaultState))
		}
	}
	if len(problems) == 0 && (contains(l.Cache, l.State) || contains(l.State, l.Cache) || contains(l.State, l.Checkout)) {
		problems = append(problems, fmt.Sprintf("TWINSTACK_STATE is %q, TWINSTACK_CACHE is %q and the checkout is %q; "+
			"the state must be apart from both, because `platform down` removes it", l.State, l.Cache, l.Checkout))
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s", strings.Join(problems, "\n"))
	}
	return nil
}

// contains reports whether inner is outer or lies below it.
func contains(outer, inner string) bool {
	return inner == outer || strings.HasPrefix(inner, outer+"/")
}

// Toolchain is the folder of one build of a toolchain component; its programs are in bin/ below it.
func (l Layout) Toolchain(component, key string) string {
	return filepath.Join(l.Cache, "toolchain", component, key)
}

// ToolchainSource is the Go module that pins a toolchain component.
func (l Layout) ToolchainSource(component string) string {
	return filepath.Join(l.Checkout, "platform", "toolchain", component)
}

// Packages is the folder below which Debian packages are unpacked without being installed.
func (l Layout) Packages() string { return filepath.Join(l.Cache, "packages") }

// ImageSource is the folder with the recipe of a base image.
func (l Layout) ImageSource(name string) string {
	return filepath.Join(l.Checkout, "platform", "images", name)
}

// RegistryStorage holds the blobs of the machine's registry.
func (l Layout) RegistryStorage() string { return filepath.Join(l.Cache, "registry") }

// BuildkitRoot holds BuildKit's snapshots and build cache.
func (l Layout) BuildkitRoot() string { return filepath.Join(l.Cache, "buildkit") }

// BuildkitSocket is where buildkitd listens.
func (l Layout) BuildkitSocket() string { return filepath.Join(RunDir, "buildkitd.sock") }

// WANSocket is where the daemon that joins the regions listens.
func (l Layout) WANSocket() string { return filepath.Join(RunDir, "wan.sock") }

// Daemons holds one record per daemon.
func (l Layout) Daemons() string { return filepath.Join(l.State, "daemons") }

// Logs holds one log per daemon.
func (l Layout) Logs() string { return filepath.Join(l.State, "logs") }

// Kubeconfig has one context per region.
func (l Layout) Kubeconfig() string { return filepath.Join(l.State, "kubeconfig") }

// RegionState is the folder for everything a region writes: certificates, etcd, containerd, kubelet.
func (l Layout) RegionState(r Region) string { return filepath.Join(l.State, "regions", r.Name) }

// RegionRun is the folder for a region's sockets.
func (l Layout) RegionRun(r Region) string { return filepath.Join(RunDir, r.Name) }

// LocalBin is the checkout's folder of links to programs; platform/env puts it on PATH.
func (l Layout) LocalBin() string { return filepath.Join(l.Checkout, ".local", "bin") }

// LocalPlugins is the plugin folder of the checkout's own PULUMI_HOME.
func (l Layout) LocalPlugins() string {
	return filepath.Join(l.Checkout, ".local", "pulumi", "plugins")
}
