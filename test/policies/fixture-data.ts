import type { Resource } from "../../policies/rule";

const namespace = "shop-data";
const image = `registry.example/data@sha256:${"a".repeat(64)}`;

/** What every pod of these fixtures has, so that the rules over pods are content with it. */
const hardened = {
  readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
  livenessProbe: { httpGet: { path: "/health", port: 8080 } },
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
};

interface Part {
  readonly kind: "Deployment" | "StatefulSet";
  readonly component: string;
  readonly region: string;
  readonly container: object;
  readonly spec?: object;
}

const labelsOf = ({ component, region }: Part) => ({
  "app.kubernetes.io/component": component,
  "app.kubernetes.io/instance": `${component}-${region}`,
});

function workload(part: Part): Resource {
  const labels = labelsOf(part);
  return {
    type: `kubernetes:apps/v1:${part.kind}`,
    name: `shop-${part.component}-${part.region}`,
    props: {
      metadata: {
        name: `${part.component}-${part.region}`,
        namespace,
        labels: { ...labels, "twinstack.dev/region": part.region },
        annotations: { "twinstack.dev/single-replica": "one a region" },
      },
      spec: {
        replicas: 1,
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
            containers: [{ name: part.component, image, ...hardened, ...part.container }],
          },
        },
        ...part.spec,
      },
    },
  };
}

const onVolumes = {
  volumeClaimTemplates: [{ metadata: { name: "data" } }],
  persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
};

const member = (region: string): Resource =>
  workload({
    kind: "StatefulSet",
    component: "database",
    region,
    container: {
      name: "mysql",
      command: ["/twinstack/steward", "guard", "--", "/usr/sbin/mysqld"],
      env: [{ name: "DATABASE_MODE", value: "semi-sync" }],
    },
    spec: onVolumes,
  });

const voter = (region: string): Resource =>
  workload({
    kind: "StatefulSet",
    component: "quorum",
    region,
    container: {
      args: [
        "--listen-client-urls=https://0.0.0.0:2379",
        "--listen-peer-urls=https://0.0.0.0:2380",
        "--initial-cluster=a=https://a:2380,b=https://b:2380,w=https://w:2380",
        "--client-cert-auth=true",
        "--peer-client-cert-auth=true",
      ],
    },
    spec: onVolumes,
  });

const steward = (region: string): Resource =>
  workload({
    kind: "Deployment",
    component: "steward",
    region,
    container: {
      env: [
        { name: "DATABASE_MODE", value: "semi-sync" },
        { name: "LEASE_SECONDS", value: "5" },
        { name: "REGION", value: region },
      ],
    },
  });

const policy = (component: string, region: string): Resource => ({
  type: "kubernetes:networking.k8s.io/v1:NetworkPolicy",
  name: `shop-${component}-${region}-policy`,
  props: {
    metadata: { name: `${component}-${region}`, namespace, labels: { "twinstack.dev/region": region } },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/instance": `${component}-${region}` } },
      ingress: [{ from: [{ podSelector: {} }, { ipBlock: { cidr: "198.19.0.0/20" } }] }],
    },
  } as object,
});

const configuration = (name: string, lines: readonly string[]): Resource => ({
  type: "kubernetes:core/v1:ConfigMap",
  name,
  props: {
    metadata: { name, namespace },
    data: { "my.cnf": ["[mysqld]", "# Said once.", ...lines].join("\n") },
  },
});

const everyServer = [
  "sync_binlog = 1",
  "innodb_flush_log_at_trx_commit = 1",
  "gtid_mode = ON",
  "enforce_gtid_consistency = ON",
  "skip_replica_start = ON",
  "require_secure_transport = ON",
  "tls_version = TLSv1.3",
];

/** Lines of a good server of each mode. */
export const serverLines = {
  "semi-sync": [
    ...everyServer,
    "plugin_load_add = semisync_source.so",
    "loose_rpl_semi_sync_source_wait_point = AFTER_SYNC",
    "loose_rpl_semi_sync_source_wait_for_replica_count = 1",
    "loose_rpl_semi_sync_source_wait_no_replica = ON",
    "loose_rpl_semi_sync_source_timeout = 4294967295",
  ],
  group: [
    ...everyServer,
    "plugin_load_add = group_replication.so",
    "loose_group_replication_single_primary_mode = ON",
    "loose_group_replication_start_on_boot = OFF",
    "loose_group_replication_exit_state_action = READ_ONLY",
    "loose_group_replication_consistency = BEFORE_ON_PRIMARY_FAILOVER",
    "loose_group_replication_unreachable_majority_timeout = 3",
    "loose_group_replication_ssl_mode = VERIFY_IDENTITY",
  ],
} as const;

/** The text of a `my.cnf` with one setting changed, or left out where the value is undefined. */
export const serverText = (
  mode: keyof typeof serverLines,
  setting: string,
  value: string | undefined,
): string =>
  ["[mysqld]", ...serverLines[mode]]
    .flatMap((line) => {
      if (!line.startsWith(setting)) return [line];
      return value === undefined ? [] : [`${setting} = ${value}`];
    })
    .join("\n");

/** What the data rules look at, in a state that they are content with, by what tests call it. */
export const goodData = () => ({
  stack: {
    type: "pulumi:pulumi:Stack",
    name: "shop-production",
    props: { database: { mode: "semi-sync", rpoSeconds: 0, rtoSeconds: 9 } } as object,
  } as Resource,
  memberA: member("a"),
  memberB: member("b"),
  voterA: voter("a"),
  voterB: voter("b"),
  voterW: voter("w"),
  stewardA: steward("a"),
  stewardB: steward("b"),
  memberPolicyA: policy("database", "a"),
  memberPolicyB: policy("database", "b"),
  voterPolicyA: policy("quorum", "a"),
  voterPolicyB: policy("quorum", "b"),
  voterPolicyW: policy("quorum", "w"),
  server: configuration("shop-server", serverLines["semi-sync"]),
  groupServer: configuration("shop-group-server", serverLines.group),
  zone: {
    type: "kubernetes:core/v1:ConfigMap",
    name: "shop-dns",
    props: {
      metadata: { name: "dns", namespace },
      data: {
        "pdns.conf": "launch=bind\nlua-health-checks-interval=1\n",
        zone: "$ORIGIN shop.test.\nweb 3 IN LUA A \"regionAnswer('active-active')\"\n",
      },
    },
  } as Resource,
});
