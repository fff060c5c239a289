import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import {
  accountVolume,
  hardenedContainer,
  hardenedPodWithVolumes,
  hostAliases,
  type NamedHost,
  probeTiming,
  resourceRequirements,
  secretDirectories,
  trustVolume,
} from "../core";
import type { ReplicationMode } from "./replication";

type Container = types.input.core.v1.Container;
type PodSpec = types.input.core.v1.PodSpec;

/** Ports that a member listens on in its pod; those for its group are `groupPort` of {@link MysqlPod}. */
export const mysqlPorts = { mysql: 3306, admin: 33062, guard: 8443 } as const;

/** The volume. */
export const dataVolume = "data";

/** The user that the server runs as, by the convention of every MySQL image. */
const mysqlId = 999;

/** The guard gives the server this long to end; then it kills it. */
const stopSeconds = 20;
const marginSeconds = 10;

const directories = {
  ...secretDirectories,
  config: "/etc/twinstack",
  data: "/var/lib/mysql",
  program: "/twinstack",
  run: "/run/mysqld",
  temp: "/tmp",
} as const;

/** File in the program's folder: the guard. */
const guardProgram = `${directories.program}/steward`;

/** What a member's pod is made of. */
export interface MysqlPod {
  readonly images: { readonly database: Input<string>; readonly steward: Input<string> };
  readonly site: string;
  /** The name that its peers know it by. */
  readonly member: string;
  readonly serverId: number;
  readonly mode: ReplicationMode;
  /** The port that peers reach it on, as it tells them. */
  readonly reportPort: number;
  /** The port that members of a group talk on, inside the pod and outside. */
  readonly groupPort: number;
  /** All members of a group as `host:port`. */
  readonly groupSeeds: readonly string[];
  /** How likely it is voted for, from 0 to 100. */
  readonly groupWeight: number;
  /** The other members. Its own name must lead to its own pod, which is what Kubernetes writes. */
  readonly peers: readonly NamedHost[];
  readonly memoryMebibytes: number;
  /** ConfigMap with `my.cnf`. */
  readonly configName: Input<string>;
  /** Secret with `ca.crt`, `tls.crt` and `tls.key`. */
  readonly trustSecretName: Input<string>;
  /** Secrets with `username` and `password`, by account. */
  readonly accounts: Readonly<Record<string, Input<string>>>;
}

/** What the guard must know; it hands on to the server what concerns that. */
export function guardEnvironment(pod: MysqlPod): types.input.core.v1.EnvVar[] {
  const group = {
    GROUP_PORT: String(pod.groupPort),
    GROUP_SEEDS: pod.groupSeeds.join(","),
    GROUP_WEIGHT: String(pod.groupWeight),
  };
  const settings = {
    ACCOUNTS_DIRECTORY: directories.accounts,
    CONFIG_FILE: `${directories.config}/my.cnf`,
    DATABASE_MODE: pod.mode,
    DATA_DIRECTORY: `${directories.data}/data`,
    ...(pod.mode === "group" ? group : {}),
    LISTEN_ADDRESS: `:${mysqlPorts.guard}`,
    MEMBER: pod.member,
    REGION: pod.site,
    REPORT_PORT: String(pod.reportPort),
    SERVER_ID: String(pod.serverId),
    STOP_SECONDS: String(stopSeconds),
    TRUST_DIRECTORY: directories.trust,
  };
  return [
    ...Object.entries(settings).map(([name, value]) => ({ name, value })),
    { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
  ];
}

/** Brings the guard's program into the pod: the database's image is somebody else's. */
const install = ({ images }: MysqlPod): Container => ({
  name: "install",
  image: images.steward,
  args: ["install", guardProgram],
  resources: resourceRequirements({ cpuMillicores: 10, memoryMebibytes: 64 }),
  securityContext: hardenedContainer,
  volumeMounts: [{ name: "program", mountPath: directories.program }],
});

const ask = (path: string) => ({ httpGet: { path, port: "guard", scheme: "HTTPS" } });

/** The server under its guard, which is process 1: when the guard ends, however it ends, so does the server. */
const mysql = (pod: MysqlPod): Container => ({
  name: "mysql",
  image: pod.images.database,
  command: [guardProgram, "guard", "--", "/usr/sbin/mysqld"],
  env: guardEnvironment(pod),
  ports: Object.entries({
    ...mysqlPorts,
    ...(pod.mode === "group" ? { group: pod.groupPort } : {}),
  }).map(([name, containerPort]) => ({ name, containerPort })),
  resources: resourceRequirements({ cpuMillicores: 100, memoryMebibytes: pod.memoryMebibytes }),
  securityContext: hardenedContainer,
  startupProbe: { ...ask("/health"), ...probeTiming(60, { failures: 59, timeoutSeconds: 1 }) },
  // Asks for the guard only: the server is the guard's to start again, and what takes long may be a recovery.
  livenessProbe: { ...ask("/health"), ...probeTiming(20, { failures: 3, timeoutSeconds: 2 }) },
  // The server answers, if only to readers: who writes is the steward's to say.
  readinessProbe: { ...ask("/ready"), ...probeTiming(5, { failures: 2, timeoutSeconds: 1 }) },
  volumeMounts: [
    { name: dataVolume, mountPath: directories.data },
    ...(["program", "config", "trust", "accounts"] as const).map((name) => ({
      name,
      mountPath: directories[name],
      readOnly: true,
    })),
    { name: "run", mountPath: directories.run },
    { name: "temp", mountPath: directories.temp },
  ],
});

/** The pod of a member, which may write only where volumes are mounted. */
export function mysqlPodSpec(pod: MysqlPod): PodSpec {
  return {
    ...hardenedPodWithVolumes(mysqlId),
    hostAliases: hostAliases(pod.peers),
    terminationGracePeriodSeconds: stopSeconds + marginSeconds,
    initContainers: [install(pod)],
    containers: [mysql(pod)],
    volumes: [
      { name: "program", emptyDir: { sizeLimit: "128Mi" } },
      { name: "config", configMap: { name: pod.configName } },
      trustVolume(pod.trustSecretName),
      accountVolume(pod.accounts),
      { name: "run", emptyDir: { sizeLimit: "16Mi" } },
      { name: "temp", emptyDir: { sizeLimit: "512Mi" } },
    ],
  };
}
