import { createCluster, Topology, type TopologyRegion } from "../components";

// Two regions that both serve, over one database that loses no acknowledged write when either is lost. The third
// cluster only votes: without it nobody could tell a lost region from a lost link.
const region = (
  context: string,
  address: string,
  blocks: [pod: string, service: string],
): TopologyRegion => ({
  cluster: createCluster(`two-regions-${context}-cluster`, { kind: "existing", context }),
  network: { address, podCidr: blocks[0], serviceCidr: blocks[1] },
  routing: {
    kind: "nginx",
    algorithm: "weighted",
    backends: { stable: { weight: 9 }, canary: { weight: 1 } },
    exposure: { kind: "nodePort", host: address, nodePort: 30080 },
  },
});

const { endpoints, fqdn, database } = new Topology("two-regions", {
  project: "twinstack",
  stack: "two-regions",
  images: {
    registry: "registry.example/twinstack",
    builder: "golang:1.25",
    nginx: "nginx:1.30",
    valkey: "valkey/valkey:9",
    mysql: "mysql:9.7",
    etcd: "registry.example/etcd:3.5",
    powerdns: "powerdns/pdns-auth-51",
  },
  service: {
    version: "1.0.0",
    scaling: { kind: "cpu", minReplicas: 2, maxReplicas: 10, targetCpuPercent: 50 },
    resources: { cpuMillicores: 250, memoryMebibytes: 128 },
  },
  regions: {
    east: region("east", "192.0.2.10", ["10.1.0.0/16", "10.2.0.0/16"]),
    west: region("west", "198.51.100.10", ["10.3.0.0/16", "10.4.0.0/16"]),
  },
  witness: {
    name: "witness",
    cluster: createCluster("two-regions-witness-cluster", { kind: "existing", context: "witness" }),
    network: { address: "203.0.113.10", podCidr: "10.5.0.0/16", serviceCidr: "10.6.0.0/16" },
  },
  quorum: { kind: "etcd", storage: { gibibytes: 2 } },
  database: {
    kind: "mysql",
    // With "async" the next line does not compile: it can't promise that.
    mode: "semi-sync",
    rpoSeconds: 0,
    preferredWriter: "east",
    storage: { gibibytes: 50 },
    memoryMebibytes: 4096,
  },
  dns: {
    kind: "powerdns",
    zone: "shop.example",
    name: "web",
    policy: "active-active",
    ttlSeconds: 5,
    rtoSeconds: 15,
    port: 30053,
  },
});

export { database, endpoints, fqdn };
