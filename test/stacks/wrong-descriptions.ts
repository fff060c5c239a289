import { changed, descriptionOf, oneRegionOf } from "../support/description";

/** A region by itself: what is wrong there has nothing to do with others. */
export const alone = oneRegionOf("local");
/** Two regions, a witness, and what they share. */
export const peers = descriptionOf("local");

const a = peers.regions["a"] as object;
const elsewhere = changed(changed(a, "cluster.context", "other"), "routing.exposure", { kind: "clusterIp" });
const weights = (stable: number, candidate: number, canary: number) => ({
  stable: { weight: stable },
  candidate: { weight: candidate },
  canary: { weight: canary },
});
const imageRule = "an image name, such as nginx:1.30 or registry.example:5000/team/nginx:1.30";
const nameRule = "named with 1 to 30 lower-case letters, digits and inner hyphens that start with a letter";

/** What is wrong with region `a` of `local` alone once a value stands at a path: the sentences told, all of them. */
export const wrongDescriptions: [path: string, value: unknown, ...sentences: string[]][] = [
  // missing
  [
    "images",
    undefined,
    "images is missing; must be an object with registry, builder, nginx, valkey, mysql, etcd, powerdns, web, steward",
  ],
  ["service.scaling", undefined, "service.scaling is missing; must be an object with a kind"],
  ["regions", undefined, "regions is missing; must be a map of 1 or more regions by name"],
  ["regions", {}, "regions is without a region; must be a map of 1 or more regions by name"],
  ["regions.a.cluster", undefined, "regions.a.cluster is missing; must be an object with a kind"],
  [
    "regions.a.routing.algorithm",
    undefined,
    'regions.a.routing.algorithm is missing; must be one of "roundRobin", "weighted", "leastConnections", "ipHash"',
  ],
  // type
  ["regions.a", "here", 'regions.a is "here"; must be an object with cluster, network, cache, routing'],
  ["regions.a.cache", null, "regions.a.cache is empty; must be an object with memoryMebibytes"],
  [
    "service.resources.cpuMillicores",
    "50",
    'service.resources.cpuMillicores is "50"; must be an integer from 10 to 64000; write it without quotes',
  ],
  [
    "service.resources.memoryMebibytes",
    64.5,
    "service.resources.memoryMebibytes is 64.5; must be an integer from 16 to 65536",
  ],
  [
    "service.version",
    1,
    "service.version is 1; must be 1 to 128 letters, digits, dots, hyphens, underscores and plus signs, letter or digit first; put it in quotes",
  ],
  [
    "regions.a.routing.retryNonIdempotent",
    "yes",
    'regions.a.routing.retryNonIdempotent is "yes"; must be true or false',
  ],
  [
    "regions.a.routing.backends",
    [3, 2, 1],
    "regions.a.routing.backends is a list; must be a map of 1 or more backends with their weights",
  ],
  // range
  [
    "regions.a.routing.backends.canary.weight",
    120,
    "regions.a.routing.backends.canary.weight is 120; must be an integer from 0 to 100",
  ],
  [
    "regions.a.routing.backends.canary.weight",
    -1,
    "regions.a.routing.backends.canary.weight is -1; must be an integer from 0 to 100",
  ],
  ["service.scaling.minReplicas", 1, "service.scaling.minReplicas is 1; must be an integer from 2 to 100"],
  [
    "service.scaling.targetCpuPercent",
    0,
    "service.scaling.targetCpuPercent is 0; must be an integer from 1 to 100",
  ],
  [
    "service.rolloutTimeoutSeconds",
    5,
    "service.rolloutTimeoutSeconds is 5; must be an integer from 30 to 3600",
  ],
  ["regions.a.routing.replicas", 1, "regions.a.routing.replicas is 1; must be an integer from 2 to 20"],
  [
    "regions.a.routing.exposure.nodePort",
    80,
    "regions.a.routing.exposure.nodePort is 80; must be an integer from 30000 to 32767",
  ],
  // words
  [
    "service.logLevel",
    "trace",
    'service.logLevel is "trace"; must be one of "debug", "info", "warn", "error"',
  ],
  ["regions.a.cluster.kind", "gke", 'regions.a.cluster.kind is "gke"; must be one of "existing", "eks"'],
  ["regions.a.routing.kind", "istio", 'regions.a.routing.kind is "istio"; must be "nginx"'],
  [
    "regions.a.routing.exposure.kind",
    "ingress",
    'regions.a.routing.exposure.kind is "ingress"; must be one of "nodePort", "loadBalancer", "networkLoadBalancer", "clusterIp"',
  ],
  ["service.scaling.kind", "memory", 'service.scaling.kind is "memory"; must be one of "fixed", "cpu"'],
  // unknown keys
  [
    "regions.a.routing.algoritm",
    "weighted",
    "regions.a.routing.algoritm is not a known key; must be one of kind, algorithm, backends, exposure, replicas, drainSeconds, dnsTtlSeconds, retryNonIdempotent; did you mean algorithm?",
  ],
  [
    "region",
    {},
    "region is not a known key; must be one of run, images, service, quorum, database, dns, regions, aws; did you mean regions?",
  ],
  [
    "regions.a.cache.password",
    "hunter2",
    "regions.a.cache.password is not a known key; must be memoryMebibytes; remove it",
  ],
  [
    "regions.a.routing.backends.canary.wieght",
    2,
    "regions.a.routing.backends.canary.wieght is not a known key; must be one of weight, image; did you mean weight?",
  ],
  // names
  ["regions.EU", elsewhere, `regions.EU is named "EU"; must be ${nameRule}`],
  [
    "regions.a.routing.backends.blue_green",
    { weight: 1 },
    `regions.a.routing.backends.blue_green is named "blue_green"; must be ${nameRule}`,
  ],
  // images
  ["images.nginx", "nginx:", `images.nginx is "nginx:"; must be ${imageRule}`],
  [
    "images.nginx",
    "https://bob:hunter2@registry.example/nginx",
    `images.nginx is "https://***@registry.example/nginx"; must be ${imageRule}`,
  ],
  [
    "images.web",
    "registry.example/web:latest",
    'images.web is "registry.example/web:latest"; must be an image by digest, such as registry.example/team/web@sha256:<64 hex digits>',
  ],
  [
    "regions.a.routing.backends.canary.image",
    "registry.example/web:0.2.0",
    'regions.a.routing.backends.canary.image is "registry.example/web:0.2.0"; must be an image by digest, such as registry.example/team/web@sha256:<64 hex digits>',
  ],
  [
    "images.registry",
    "registry.example/x:1",
    'images.registry is "registry.example/x:1"; must be a registry and a path without tag or digest, such as registry.example:5000/team/web',
  ],
  [
    "service.source",
    "../elsewhere",
    'service.source is "../elsewhere"; must be a folder inside the project, such as services',
  ],
  [
    "regions.a.routing.exposure.host",
    "http://x",
    'regions.a.routing.exposure.host is "http://x"; must be a host name or an IPv4 address, without port',
  ],
  // a test run
  [
    "run",
    { id: "K3F9", owner: "me", created: "today", ttlSeconds: 1 },
    "run is there in stack local; must be there only in stack test-K3F9; remove it: it marks what is reaped",
    'run.id is "K3F9"; must be 1 to 40 lower-case letters, digits and inner hyphens',
    'run.created is "today"; must be a time in UTC such as 20261129T120030Z',
    "run.ttlSeconds is 1; must be an integer from 60 to 604800",
  ],
  // rules over several values
  [
    "regions.a.routing.backends",
    {},
    "regions.a.routing.backends is without a backend; must be a map of 1 or more backends with their weights",
  ],
  [
    "regions.a.routing.backends",
    weights(0, 0, 0),
    "regions.a.routing.backends is all at weight 0; must be a map with at least one weight above 0; nobody would answer: raise the weight of canary or candidate or stable",
  ],
  [
    "regions.a.routing.algorithm",
    "roundRobin",
    'regions.a.routing.algorithm is "roundRobin" over unequal weights (canary 1, candidate 2, stable 3); must be "weighted", "leastConnections" or "ipHash" where weights differ; set it to weighted, or make the weights equal (0 is allowed)',
  ],
  [
    "service.scaling.maxReplicas",
    2,
    'service.scaling.maxReplicas is 2; must be above minReplicas, which is 2; raise it, or use kind "fixed" for a number that stays',
  ],
  [
    "service.drainSeconds",
    4,
    "service.drainSeconds is 4; must be at least 5; the router needs up to 4 s to forget a pod: raise it, or leave it out for 5",
  ],
  [
    "regions.b",
    a,
    'regions.b.cluster.context is "twinstack-a"; must be a cluster of its own; region a has it too, and both would be in one namespace',
    'regions.b.routing.exposure is "198.18.0.10:30080"; must be an address of its own; region a has it too, and clients could reach only one',
  ],
];

const b = peers.regions["b"] as object;

/** What is wrong with `local`, its two regions and their witness, once a value stands at a path. */
export const wrongPeers: [path: string, value: unknown, ...sentences: string[]][] = [
  // the promise
  [
    "database.mode",
    "async",
    'database.rpoSeconds is 0; must be left out with mode "async"; it acknowledges writes that no other region has: set mode to "semi-sync" or "group" for 0',
  ],
  [
    "database.rpoSeconds",
    30,
    'database.rpoSeconds is 30; must be 0 with mode "semi-sync"; it loses no acknowledged write',
  ],
  ["database.mode", "sync", 'database.mode is "sync"; must be one of "async", "semi-sync", "group"'],
  ["database.preferredWriter", "c", 'database.preferredWriter is "c"; must be a region that serves: a or b'],
  ["database.memoryMebibytes", 64, "database.memoryMebibytes is 64; must be an integer from 256 to 1048576"],
  // who votes
  [
    "quorum.witness",
    undefined,
    "quorum is of 2 voters (a, b); must be of an odd number of voters, 3 to 7; add quorum.witness",
  ],
  ["quorum.witness.name", "a", 'quorum.witness.name is "a"; must be a name of its own; region a has it too'],
  [
    "quorum.witness.cluster.context",
    "twinstack-b",
    'quorum.witness.cluster.context is "twinstack-b"; must be a cluster that serves no region; region b is there: one failure would take both',
  ],
  [
    "quorum.leaseSeconds",
    1,
    "quorum.leaseSeconds is 1; must be at least 4; an election over round trips of 100 ms would outlast a shorter one",
  ],
  [
    "quorum",
    undefined,
    "quorum is missing; must be there beside database; who may write is decided by a majority of its voters",
  ],
  // addresses
  [
    "regions.b.network.podCidr",
    "198.19.8.0/21",
    'regions.b.network.podCidr is "198.19.8.0/21"; must be apart from every other address that sites use; podCidr of a is 198.19.0.0/20, and packets for the one would end at the other',
  ],
  [
    "regions.b.network.serviceCidr",
    "198.19.48.1/20",
    'regions.b.network.serviceCidr is "198.19.48.1/20"; must be an IPv4 block that starts at its first address, such as 10.1.0.0/16',
  ],
  [
    "regions.b.network.address",
    "198.19.1.1",
    'regions.b.network.address is "198.19.1.1"; must be apart from every other address that sites use; podCidr of a is 198.19.0.0/20, and packets for the one would end at the other',
  ],
  [
    "regions.b.network",
    undefined,
    "regions.b.network is missing; must be an object with address, podCidr, serviceCidr, since the other sites need to reach it",
  ],
  // regions
  [
    "regions.b.cluster.context",
    "twinstack-a",
    'regions.b.cluster.context is "twinstack-a"; must be a cluster of its own; region a has it too, and both would be in one namespace',
  ],
  [
    "regions",
    { a },
    "quorum is of 2 voters (a, w); must be of an odd number of voters, 3 to 7; leave quorum.witness out, or add a region",
    "database is over 1 region (a); must be over 2 regions; one writes and the other one takes over: add or remove regions, or leave the database out",
  ],
  [
    "regions.b",
    changed(b, "routing.exposure", { kind: "clusterIp" }),
    'regions.b.routing.exposure.kind is "clusterIp"; must be "nodePort" where there is a dns; what DNS may answer must be known before anything is made',
  ],
  // DNS
  [
    "dns.ttlSeconds",
    60,
    "dns.ttlSeconds is 60; must be at most 6; lease 5 + detection 4 + TTL must fit dns.rtoSeconds 15",
  ],
  ["dns.policy", "nearest", 'dns.policy is "nearest"; must be one of "active-active", "failover"'],
  [
    "dns.zone",
    "Twinstack.test",
    'dns.zone is "Twinstack.test"; must be names of 1 to 63 lower-case letters, digits and inner hyphens that start with a letter, joined by dots',
  ],
  [
    "images.powerdns",
    undefined,
    "images.powerdns is missing; must be the name of an image with powerdns, since there is a dns",
  ],
];
