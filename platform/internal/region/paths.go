package region

import (
	"path/filepath"

	"twinstack.dev/platform/internal/layout"
)

// Where the daemons find things inside the region's mount namespace.
const (
	kubeletRoot      = "/var/lib/kubelet"
	volumePlugins    = kubeletRoot + "/volume-plugins"
	cniResults       = "/var/lib/cni"
	systemLogs       = "/var/log"
	containerdSocket = "/run/containerd/containerd.sock"
)

// Residue lists the folders that a region may have created outside the platform's own, to mount on them. They are
// empty outside of the regions and can be removed, but only when no region is left: removing a mount point unmounts it
// in every other namespace.
func Residue() []string { return []string{kubeletRoot, cniResults} }

// paths says where a region keeps its files. The templates refer to it.
type paths struct {
	// State holds all of the others.
	State string
	// Namespaces is where the mount namespace is kept, in the file MountNamespace.
	Namespaces, MountNamespace string
	// Credentials holds certificates and kubeconfigs; Drafts is where they are made.
	Credentials, Drafts folder
	// Config holds what is rendered.
	Config string
	// CNI, Registries and Manifests are folders in Config.
	CNI, Registries, Manifests string
	// ResolvConf is the pods' resolver configuration without servers.
	ResolvConf string
	// Etcd and Containerd hold data.
	Etcd, Containerd string
	// Volumes holds the volumes of the region's claims.
	Volumes string
	// Mounts says what is mounted on which folder inside the mount namespace.
	Mounts []mount
	// Kernel holds what some of the kernel's settings read as inside the mount namespace.
	Kernel string
	// ClientCache is kubectl's.
	ClientCache string
}

// mount is a folder that is mounted on another one.
type mount struct{ source, target string }

// folder is a set of credentials.
type folder string

// PKI is the folder of the certificates and keys.
func (f folder) PKI() string { return filepath.Join(string(f), "pki") }

// Kubeconfigs is the folder of the files that Kubeconfig names.
func (f folder) Kubeconfigs() string { return filepath.Join(string(f), "kubeconfig") }

// Kubeconfig holds the credentials of one of the region's own clients, such as kubelet.
func (f folder) Kubeconfig(client string) string {
	return filepath.Join(f.Kubeconfigs(), client+".conf")
}

// certificate is the path of a certificate or a key.
func (f folder) certificate(name string) string { return filepath.Join(f.PKI(), name) }

func newPaths(l layout.Layout, r layout.Region) paths {
	state := l.RegionState(r)
	below := func(names ...string) string { return filepath.Join(append([]string{state}, names...)...) }
	return paths{
		State:          state,
		Namespaces:     below("namespaces"),
		MountNamespace: below("namespaces", "mnt"),
		Credentials:    folder(below("credentials")),
		Drafts:         folder(below("credentials.new")),
		Config:         below("config"),
		CNI:            below("config", "cni"),
		Registries:     below("config", "registries"),
		Manifests:      below("config", "manifests"),
		ResolvConf:     below("config", "resolv.conf"),
		Etcd:           below("etcd"),
		Containerd:     below("containerd"),
		Volumes:        below("volumes"),
		Mounts: []mount{
			{below("kubelet"), kubeletRoot}, {below("cni"), cniResults}, {below("log"), systemLogs},
		},
		Kernel:      below("kernel"),
		ClientCache: below("client-cache"),
	}
}

// config is the path of a rendered file.
func (p paths) config(name string) string { return filepath.Join(p.Config, name) }
