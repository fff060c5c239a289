import { gone, type Mutation, replace, set, variable } from "./mutation";

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;

const local = (what: string, of: string, change: Mutation["change"]): Mutation => ({
  what,
  golden: "local",
  of: `twinstack-${of}`,
  change,
});

/** Dangerous changes of the golden on clusters. */
export const localMutations: readonly Mutation[] = [
  local(
    "an image that can be moved",
    "a-web-stable-deployment",
    set(`${container}.image`, "198.18.0.1:5000/twinstack/web:0.1.0"),
  ),
  local(
    "one build in a, another in b",
    "b-web-stable-deployment",
    set(`${container}.image`, `198.18.0.1:5000/twinstack/web@sha256:${"0".repeat(64)}`),
  ),
  local("a single router", "a-router-deployment", set("spec.replicas", 1)),
  local("fewer routers in one region", "b-router-deployment", set("spec.replicas", 5)),
  local("an autoscaler down to one pod", "a-web-stable-autoscaler", set("spec.minReplicas", 1)),
  local("an autoscaler that can't scale", "a-web-stable-autoscaler", set("spec.maxReplicas", 2)),
  local("an autoscaler of nothing", "a-web-stable-autoscaler", set("spec.scaleTargetRef.name", "web")),
  local("an update that resets the autoscaler", "a-web-stable-deployment", set("spec.replicas", 2)),
  local("a budget that blocks every drain", "a-router-disruption-budget", set("spec.maxUnavailable", 0)),
  local(
    "a budget of nothing",
    "a-web-canary-disruption-budget",
    set("spec.selector.matchLabels", { "app.kubernetes.io/name": "wbe" }),
  ),
  local("no budget", "b-web-canary-disruption-budget", gone),
  local("a canary in one region only", "b-web-canary-deployment", gone),
  local(
    "a restart for every overload",
    "a-web-stable-deployment",
    set(`${container}.livenessProbe.httpGet.path`, "/ready"),
  ),
  local("no readiness", "a-web-stable-deployment", set(`${container}.readinessProbe`, undefined)),
  local(
    "a rollout that takes pods away first",
    "a-web-stable-deployment",
    set("spec.strategy.rollingUpdate.maxUnavailable", "25%"),
  ),
  local(
    "pods that leave before the router forgets them",
    "a-web-canary-deployment",
    set(`${container}.lifecycle.preStop.sleep.seconds`, 1),
  ),
  local(
    "pods that are killed with requests in flight",
    "a-web-canary-deployment",
    set(`${pod}.terminationGracePeriodSeconds`, 3),
  ),
  local(
    "all pods on one node",
    "a-web-stable-deployment",
    set(`${pod}.topologySpreadConstraints`, undefined),
  ),
  local(
    "a pod that the scheduler knows nothing of",
    "a-router-deployment",
    set(`${container}.resources.requests`, undefined),
  ),
  local(
    "a leak that takes the node",
    "a-web-stable-deployment",
    set(`${container}.resources.limits`, undefined),
  ),
  local(
    "a Service of nothing",
    "a-router-service",
    set("spec.selector", { "app.kubernetes.io/name": "ruoter" }),
  ),
  local(
    "a writable root",
    "a-cache-deployment",
    set(`${container}.securityContext.readOnlyRootFilesystem`, false),
  ),
  local("a container as root", "a-web-stable-deployment", set(`${pod}.securityContext.runAsNonRoot`, false)),
  local(
    "a way to become root",
    "a-router-deployment",
    set(`${container}.securityContext.allowPrivilegeEscalation`, true),
  ),
  local(
    "a privileged container",
    "a-router-deployment",
    set(`${container}.securityContext.privileged`, true),
  ),
  local(
    "a capability more",
    "a-router-deployment",
    set(`${container}.securityContext.capabilities.add`, ["NET_ADMIN"]),
  ),
  local(
    "no system call filter",
    "a-web-stable-deployment",
    set(`${pod}.securityContext.seccompProfile.type`, "Unconfined"),
  ),
  local(
    "a key to the cluster in every pod",
    "a-web-stable-deployment",
    set(`${pod}.automountServiceAccountToken`, true),
  ),
  local("the node's network", "a-web-stable-deployment", set(`${pod}.hostNetwork`, true)),
  local(
    "the node's files",
    "a-web-stable-deployment",
    set(`${pod}.volumes`, [{ name: "node", hostPath: { path: "/" } }]),
  ),
  local(
    "a password for all to read",
    "a-web-stable-deployment",
    set(`${container}.env`, [{ name: "REDIS_PASSWORD", value: "hunter2" }]),
  ),
  local(
    "a private key in a ConfigMap",
    "peers-database-a-authority",
    set("data", { "ca.crt": "-----BEGIN PRIVATE KEY-----" }),
  ),
  local(
    "a namespace for every kind of pod",
    "a-site-namespace",
    set("metadata.labels", { "pod-security.kubernetes.io/enforce": "privileged" }),
  ),
  local("a steward that may do everything", "peers-a-steward-role", set("rules.0.verbs", ["*"])),
  local("a steward that reads all Secrets", "peers-a-steward-role", set("rules.1.resources", ["secrets"])),
  local(
    "the steward's rights for everybody",
    "peers-a-steward-role-binding",
    set("subjects.0.name", "system:authenticated"),
  ),
  local("a backend past the router", "a-web-stable-service", set("spec.type", "NodePort")),
  local("a steward for everybody", "peers-a-steward-service", set("spec.type", "LoadBalancer")),
  local("a database for every pod", "peers-database-a-network-policy", gone),
  local("a quorum for everybody", "peers-quorum-a-network-policy", set("spec.ingress.0.from", [])),
  local(
    "commits that a power cut takes back",
    "peers-database-a-config",
    replace("sync_binlog = 1", "sync_binlog = 0"),
  ),
  local(
    "commits flushed once a second",
    "peers-database-a-config",
    replace("trx_commit = 1", "trx_commit = 2"),
  ),
  local(
    "transactions without names",
    "peers-database-a-config",
    replace("\ngtid_mode = ON", "\ngtid_mode = OFF"),
  ),
  local(
    "a database in clear",
    "peers-database-a-config",
    replace("require_secure_transport = ON", "require_secure_transport = OFF"),
  ),
  local(
    "TLS of old",
    "peers-database-a-config",
    replace("tls_version = TLSv1.3", "tls_version = TLSv1,TLSv1.3"),
  ),
  local(
    "writes seen before another region has them",
    "peers-database-a-config",
    replace("AFTER_SYNC", "AFTER_COMMIT"),
  ),
  local("semi-sync that gives up after a second", "peers-database-a-config", replace("4294967295", "1000")),
  local(
    "semi-sync with nobody",
    "peers-database-a-config",
    replace("wait_for_replica_count = 1", "wait_for_replica_count = 0"),
  ),
  local(
    "a database that starts open",
    "peers-database-a-config",
    replace("skip_name_resolve = ON", "skip_name_resolve = ON\nsuper_read_only = OFF"),
  ),
  local(
    "a replica that follows by itself",
    "peers-database-a-config",
    replace("skip_replica_start = ON", "skip_replica_start = OFF"),
  ),
  local(
    "a database without its guard",
    "peers-database-a-stateful-set",
    set(`${container}.command`, ["/usr/sbin/mysqld"]),
  ),
  local("a member in another mode", "peers-database-b-stateful-set", variable("DATABASE_MODE", "async")),
  local(
    "data that goes with its StatefulSet",
    "peers-database-a-stateful-set",
    set("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"),
  ),
  local(
    "data in a scratch directory",
    "peers-database-a-stateful-set",
    set("spec.volumeClaimTemplates", undefined),
  ),
  {
    what: "a promise that async can't keep",
    golden: "local",
    of: "local",
    change: set("database.mode", "async"),
  },
  local("two voters", "peers-quorum-w-stateful-set", gone),
  local(
    "two voters in one region",
    "peers-quorum-w-stateful-set",
    set("metadata.labels", { "twinstack.dev/region": "a" }),
  ),
  local(
    "a voter for everybody",
    "peers-quorum-a-stateful-set",
    replace("--client-cert-auth=true", "--client-cert-auth=false"),
  ),
  local(
    "leases in clear",
    "peers-quorum-a-stateful-set",
    replace("--listen-client-urls=https:", "--listen-client-urls=http:"),
  ),
  local(
    "an outage of a minute for every lost writer",
    "peers-a-steward-deployment",
    variable("LEASE_SECONDS", "60"),
  ),
  local("stewards of two leases", "peers-b-steward-deployment", variable("LEASE_SECONDS", "4")),
  local(
    "stewards of two quorums",
    "peers-b-steward-deployment",
    variable("QUORUM_PREFIX", "/twinstack/other/"),
  ),
  local("two preferred writers", "peers-b-steward-deployment", variable("PREFERRED_WRITER", "b")),
  local("answers that are kept for five minutes", "dns-a-config", replace("web 3 IN LUA", "web 300 IN LUA")),
  local("a password of four letters", "peers-database-app-password", set("length", 4)),
  local(
    "an authority for two thousand years",
    "peers-authority-certificate",
    set("validityPeriodHours", 17_520_000),
  ),
];
