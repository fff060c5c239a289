package region

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"twinstack.dev/platform/internal/layout"
	"twinstack.dev/platform/internal/supervise"
)

// Where the daemons listen on the node's address, beside the API server.
const (
	etcdMetricsPort       = 2381
	kubeletHealthPort     = 10248
	proxyHealthPort       = 10256
	controllerManagerPort = 10257
	schedulerPort         = 10259
	storagePort           = 10261
)

const (
	etcd              = "etcd"
	containerd        = "containerd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kubelet           = "kubelet"
	proxy             = "kube-proxy"
	// volumes is the service that makes the region's volumes.
	volumes = "storage"
)

// Self is the name by which Deps.Program finds the program that is running: it is also the region's storage service.
const Self = "platform"

// programs lists them in the order in which they start.
var programs = []string{etcd, containerd, apiServer, controllerManager, scheduler, volumes, kubelet, proxy}

// daemonName is the name under which a region's daemon is supervised.
func daemonName(r layout.Region, program string) string { return r.Name + "-" + program }

// daemonNames are those of all of a region's daemons.
func daemonNames(r layout.Region) []string {
	var names []string
	for _, program := range programs {
		names = append(names, daemonName(r, program))
	}
	return names
}

// stopTimeout is short because the API server, asked to end, would wait for its watchers.
const stopTimeout = 3 * time.Second

// systemPath is where daemons look for programs that the machine's packages installed, such as iptables. It is fixed,
// so that a daemon isn't restarted because the platform was called from another shell.
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// spec says how a program runs as a daemon in the region's namespaces.
func (c *cluster) spec(program string) (supervise.Spec, error) {
	search := systemPath
	binary := program
	if program == volumes {
		binary = Self
	}
	var found []string
	for _, name := range []string{"nsenter", binary, "runc"} {
		path, err := c.Program(name)
		if err != nil {
			return supervise.Spec{}, err
		}
		found = append(found, path)
		// containerd looks for its shim, and the shim for runc, on PATH.
		if folder := filepath.Dir(path); name != "nsenter" && !strings.Contains(":"+search+":", ":"+folder+":") {
			search = folder + ":" + search
		}
	}
	arguments, configFiles := c.arguments(program)
	enter := []string{found[0], "--mount=" + c.paths.MountNamespace, "--net=" + c.region.NetnsPath(), "--", found[1]}
	return supervise.Spec{
		Name:        daemonName(c.region, program),
		Command:     slices.Concat(enter, arguments),
		Environment: []string{"PATH=" + search},
		ConfigFiles: configFiles,
		Ready:       c.probe(program),
		StopTimeout: stopTimeout,
	}, nil
}

// flags turns pairs of a name and a value into --name=value.
func flags(pairs ...string) []string {
	var all []string
	for pair := range slices.Chunk(pairs, 2) {
		all = append(all, "--"+strings.Join(pair, "="))
	}
	return all
}

// arguments are a daemon's, and the files among them that it reads.
func (c *cluster) arguments(program string) (arguments, configFiles []string) {
	switch program {
	case etcd:
		return c.etcdFlags(), nil
	case apiServer:
		return c.apiServerFlags(), nil
	case controllerManager:
		return c.controllerManagerFlags(), nil
	case scheduler:
		return c.clientFlags("scheduler", schedulerPort), nil
	case containerd:
		// A running containerd notices changes of the networks' and registries' folders by itself.
		file := c.paths.config("containerd.toml")
		return []string{"--config", file}, []string{file}
	case kubelet:
		file := c.paths.config("kubelet.yaml")
		return flags("config", file, "kubeconfig", c.paths.Credentials.Kubeconfig("kubelet"),
			"hostname-override", c.region.Netns, "node-ip", c.region.Node.Addr().String()), []string{file, c.paths.ResolvConf}
	case volumes:
		file := c.paths.Credentials.Kubeconfig(admin)
		listen := netip.AddrPortFrom(c.region.Node.Addr(), storagePort).String()
		return append([]string{volumes}, flags("volumes", c.paths.Volumes, "kubeconfig", file, "listen", listen)...), []string{file}
	default:
		file := c.paths.config("kube-proxy.yaml")
		return flags("config", file), []string{file}
	}
}

func (c *cluster) etcdFlags() []string {
	const clients, peers = "https://127.0.0.1:2379", "https://127.0.0.1:2380"
	certificate := c.paths.Credentials.certificate
	return append(flags(
		"name", c.region.Netns,
		"data-dir", c.paths.Etcd,
		"listen-client-urls", clients,
		"advertise-client-urls", clients,
		"listen-peer-urls", peers,
		"initial-advertise-peer-urls", peers,
		"initial-cluster", c.region.Netns+"="+peers,
		"listen-metrics-urls", c.url("http", etcdMetricsPort, ""),
		"client-cert-auth", "true",
		"trusted-ca-file", certificate("etcd/ca.crt"),
		"cert-file", certificate("etcd/server.crt"),
		"key-file", certificate("etcd/server.key"),
		"peer-client-cert-auth", "true",
		"peer-trusted-ca-file", certificate("etcd/ca.crt"),
		"peer-cert-file", certificate("etcd/peer.crt"),
		"peer-key-file", certificate("etcd/peer.key"),
		"auto-compaction-retention", "1h",
	), "--unsafe-no-fsync") // The data outlives etcd, not a loss of power; neither does the platform.
}

func (c *cluster) apiServerFlags() []string {
	certificate := c.paths.Credentials.certificate
	return flags(
		"advertise-address", c.region.Node.Addr().String(),
		"secure-port", strconv.Itoa(layout.APIServerPort),
		"allow-privileged", "true",
		"authorization-mode", "Node,RBAC",
		"enable-admission-plugins", "NodeRestriction",
		"client-ca-file", certificate("ca.crt"),
		"tls-cert-file", certificate("apiserver.crt"),
		"tls-private-key-file", certificate("apiserver.key"),
		"etcd-servers", "https://127.0.0.1:2379",
		"etcd-cafile", certificate("etcd/ca.crt"),
		"etcd-certfile", certificate("apiserver-etcd-client.crt"),
		"etcd-keyfile", certificate("apiserver-etcd-client.key"),
		"kubelet-client-certificate", certificate("apiserver-kubelet-client.crt"),
		"kubelet-client-key", certificate("apiserver-kubelet-client.key"),
		"kubelet-preferred-address-types", "InternalIP",
		"service-cluster-ip-range", c.region.Services.String(),
		"service-account-issuer", "https://kubernetes.default.svc.cluster.local",
		"service-account-key-file", certificate("sa.pub"),
		"service-account-signing-key-file", certificate("sa.key"),
		"requestheader-client-ca-file", certificate("front-proxy-ca.crt"),
		"requestheader-allowed-names", "front-proxy-client",
		"requestheader-extra-headers-prefix", "X-Remote-Extra-",
		"requestheader-group-headers", "X-Remote-Group",
		"requestheader-username-headers", "X-Remote-User",
		"proxy-client-cert-file", certificate("front-proxy-client.crt"),
		"proxy-client-key-file", certificate("front-proxy-client.key"),
	)
}

func (c *cluster) controllerManagerFlags() []string {
	certificate := c.paths.Credentials.certificate
	common := append(c.clientFlags("controller-manager", controllerManagerPort), flags(
		"cluster-name", c.region.Context(),
		"client-ca-file", certificate("ca.crt"),
		"requestheader-client-ca-file", certificate("front-proxy-ca.crt"),
		"cluster-signing-cert-file", certificate("ca.crt"),
		"cluster-signing-key-file", certificate("ca.key"),
		"root-ca-file", certificate("ca.crt"),
		"service-account-private-key-file", certificate("sa.key"),
		"use-service-account-credentials", "true",
		"flex-volume-plugin-dir", volumePlugins,
	)...)
	if c.region.Witness {
		return append(common, flags("controllers", witnessControllers)...)
	}
	// As often as there are new metrics.
	return append(common, flags("horizontal-pod-autoscaler-sync-period", "10s")...)
}

// clientFlags are those of a client of the API server that there is one of: it need not wait for another's lease.
func (c *cluster) clientFlags(client string, port uint16) []string {
	credentials := c.paths.Credentials.Kubeconfig(client)
	return flags(
		"kubeconfig", credentials,
		"authentication-kubeconfig", credentials,
		"authorization-kubeconfig", credentials,
		"bind-address", c.region.Node.Addr().String(),
		"secure-port", strconv.Itoa(int(port)),
		"leader-elect", "false",
	)
}
