// Package toolchain builds the platform's programs from their pinned Go modules and keeps them in the cache.
package toolchain

import (
	"fmt"
	"slices"
	"strings"
)

// Component is a set of programs that are built from one Go module below platform/toolchain.
type Component struct {
	// Name is the folder's.
	Name string
	// Programs maps the name of each program to the package it is built from.
	Programs map[string]string
	// Versioned is the module whose version the programs state as their own; the variables get it.
	Versioned string
	// Variables lists what the linker sets from that version.
	Variables []Variable
	// Commands are the programs a person uses; they are linked into the checkout's .local/bin.
	Commands []string
}

// Variable is a Go variable that the linker sets, and how its value is made from the version.
type Variable struct {
	Name  string
	Value func(version string) string
}

// Components lists all of them; the ones that take longest to be needed come last.
var Components = []Component{
	{
		Name: "buildkit",
		Programs: map[string]string{
			"buildkitd": "github.com/moby/buildkit/cmd/buildkitd",
			"buildctl":  "github.com/moby/buildkit/cmd/buildctl",
			"buildx":    "github.com/docker/buildx/cmd/buildx",
		},
		Commands: []string{"buildctl", "buildx"},
	},
	{
		Name:     "registry",
		Programs: map[string]string{"registry": "github.com/distribution/distribution/v3/cmd/registry"},
	},
	{
		Name: "kubernetes",
		Programs: map[string]string{
			"kube-apiserver":          "k8s.io/kubernetes/cmd/kube-apiserver",
			"kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
			"kube-proxy":              "k8s.io/kubernetes/cmd/kube-proxy",
			"kube-scheduler":          "k8s.io/kubernetes/cmd/kube-scheduler",
			"kubeadm":                 "k8s.io/kubernetes/cmd/kubeadm",
			"kubectl":                 "k8s.io/kubernetes/cmd/kubectl",
			"kubelet":                 "k8s.io/kubernetes/cmd/kubelet",
		},
		Versioned: "k8s.io/kubernetes",
		Variables: []Variable{
			{"k8s.io/component-base/version.gitVersion", whole},
			{"k8s.io/component-base/version.gitMajor", part(0)},
			{"k8s.io/component-base/version.gitMinor", part(1)},
		},
		Commands: []string{"kubectl"},
	},
	{
		Name: "etcd",
		Programs: map[string]string{
			"etcd":    "go.etcd.io/etcd/server/v3",
			"etcdctl": "go.etcd.io/etcd/etcdctl/v3",
		},
	},
	{
		Name:      "pulumi",
		Programs:  map[string]string{"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
		Versioned: "github.com/pulumi/pulumi/sdk/v3",
		// Without a version the Automation API refuses the program.
		Variables: []Variable{{"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version", whole}},
		Commands:  []string{"pulumi"},
	},
	{Name: "coredns", Programs: map[string]string{"coredns": "github.com/coredns/coredns"}},
	{Name: "metrics-server", Programs: map[string]string{"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"}},
	{
		Name: "tools",
		Programs: map[string]string{
			"staticcheck": "honnef.co/go/tools/cmd/staticcheck",
			"vegeta":      "github.com/tsenart/vegeta/v12",
		},
		Commands: []string{"staticcheck", "vegeta"},
	},
}

// Find returns the components with these names, or all without a name.
func Find(names ...string) ([]Component, error) {
	if len(names) == 0 {
		return Components, nil
	}
	var found []Component
	for _, name := range names {
		index := slices.IndexFunc(Components, func(c Component) bool { return c.Name == name })
		if index < 0 {
			var known []string
			for _, component := range Components {
				known = append(known, component.Name)
			}
			return nil, fmt.Errorf("toolchain component is %q; must be one of %s", name, strings.Join(known, ", "))
		}
		found = append(found, Components[index])
	}
	return found, nil
}

// whole is the version as it is, such as v1.34.1.
func whole(version string) string { return version }

// part is one number of a version: part(0) of v1.34.1 is 1.
func part(index int) func(version string) string {
	return func(version string) string {
		return strings.Split(strings.TrimPrefix(version, "v"), ".")[index]
	}
}
