import { createHash } from "node:crypto";
import type { ReplicationMode } from "./replication";

/** What the text of `my.cnf` depends on. It is the same in every site; what differs is the guard's to add. */
export interface MysqlSettings {
  readonly mode: ReplicationMode;
  /** What the pod may use. */
  readonly memoryMebibytes: number;
  /** Tells this group from any other that its packets could stray to. */
  readonly token: string;
  /** Blocks that members of a group talk from. */
  readonly peerCidrs: readonly string[];
}

/** What the server and the guard take besides the buffer pool, with 60 connections at work: measured on 9.7. */
const overheadMebibytes = 352;
/** The least that a group keeps of messages for members that missed them. */
const groupCacheMebibytes = 128;
const leastBufferPoolMebibytes = 64;
/** The server rounds its buffer pool up to whole chunks. */
const chunkMebibytes = 8;

const overheadOf = (mode: ReplicationMode): number =>
  overheadMebibytes + (mode === "group" ? groupCacheMebibytes : 0);

/** The least memory that a member of a mode runs in. */
export const leastMemoryMebibytes = (mode: ReplicationMode): number =>
  overheadOf(mode) + leastBufferPoolMebibytes;

/** What is left for rows in memory, with a fifth of it to spare: a server that outgrows its pod is killed. */
export function bufferPoolMebibytes({
  mode,
  memoryMebibytes,
}: Pick<MysqlSettings, "mode" | "memoryMebibytes">): number {
  const rest = (memoryMebibytes - overheadOf(mode)) * 0.8;
  return Math.max(leastBufferPoolMebibytes, Math.floor(rest / chunkMebibytes) * chunkMebibytes);
}

type Settings = Readonly<Record<string, string | number>>;

interface Section {
  readonly reason: string;
  /** What the settings are of; none for the server's own. */
  readonly plugins?: readonly string[];
  readonly settings: Settings;
}

const sections: readonly Section[] = [
  {
    reason: "A commit that was acknowledged is on the disk.",
    settings: {
      sync_binlog: 1,
      innodb_flush_log_at_trx_commit: 1,
      sync_relay_log: 1,
      relay_log_recovery: "OFF",
    },
  },
  {
    reason: "Every transaction has a name of its own, by which copies are compared.",
    settings: { gtid_mode: "ON", enforce_gtid_consistency: "ON", log_bin: "binlog", relay_log: "relay" },
  },
  {
    reason: "A member that starts follows nobody, until its steward says whom.",
    settings: { skip_replica_start: "ON", replica_net_timeout: 3 },
  },
  {
    reason:
      "Logs of a day, in pieces small enough to go one by one: who was away for longer gets a whole copy.",
    settings: { binlog_expire_logs_seconds: 86_400, max_binlog_size: "64M" },
  },
  {
    reason: "Nobody talks to the server in clear, and nobody is known by a name that a name server gave.",
    settings: { require_secure_transport: "ON", tls_version: "TLSv1.3", skip_name_resolve: "ON" },
  },
  {
    reason: "Its steward gets in, however many others are.",
    settings: { create_admin_listener_thread: "ON" },
  },
  {
    reason:
      "A container may not say which node's memory it gets; builds without support for it don't know the setting.",
    settings: { loose_innodb_numa_interleave: "OFF" },
  },
  {
    reason: "Only what is used.",
    settings: { mysqlx: "OFF", local_infile: "OFF", secure_file_priv: "NULL", event_scheduler: "OFF" },
  },
  {
    reason: "A member that has lost what it needs gets a whole copy over the network.",
    plugins: ["mysql_clone.so"],
    settings: {},
  },
];

/** Seven weeks, the longest that the setting can be: the steward gives up waiting, after it has said so to the quorum. */
const neverMilliseconds = 4_294_967_295;

/** For `async` too, which never switches it on. */
const semiSync: Section = {
  reason:
    "Once the steward switches it on, a commit is acknowledged and seen by others when another region has it.",
  plugins: ["semisync_source.so", "semisync_replica.so"],
  settings: {
    rpl_semi_sync_source_wait_point: "AFTER_SYNC",
    rpl_semi_sync_source_wait_for_replica_count: 1,
    rpl_semi_sync_source_wait_no_replica: "ON",
    rpl_semi_sync_source_timeout: neverMilliseconds,
  },
};

/** A name in the form of a UUID, the same for equal tokens. */
export function groupName(token: string): string {
  const digits = createHash("sha256").update(token).digest("hex");
  const variant = "8";
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `5${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join("-");
}

const group = ({ token, peerCidrs }: MysqlSettings): Section => ({
  reason: "Members agree on every commit, and vote for the one that writes.",
  plugins: ["group_replication.so"],
  settings: {
    group_replication_group_name: groupName(token),
    group_replication_start_on_boot: "OFF",
    group_replication_single_primary_mode: "ON",
    // A new writer has applied all that the old one acknowledged before anybody reads from it or writes to it.
    group_replication_consistency: "BEFORE_ON_PRIMARY_FAILOVER",
    group_replication_member_expel_timeout: 0,
    // Only the writer proposes, so that commits wait for no member that it can't reach while others still do.
    group_replication_paxos_single_leader: "ON",
    // Who has lost the majority takes back what it could not agree on, and joins again.
    group_replication_unreachable_majority_timeout: 3,
    group_replication_exit_state_action: "READ_ONLY",
    group_replication_autorejoin_tries: 3,
    group_replication_ip_allowlist: peerCidrs.join(","),
    group_replication_message_cache_size: groupCacheMebibytes * 1024 * 1024,
    group_replication_ssl_mode: "VERIFY_IDENTITY",
    group_replication_recovery_use_ssl: "ON",
    group_replication_recovery_ssl_verify_server_cert: "ON",
  },
});

const transactional: Section = {
  reason: "Members can agree only on what can be rolled back.",
  settings: { disabled_storage_engines: "MyISAM,BLACKHOLE,FEDERATED,ARCHIVE,MEMORY" },
};

const sizes = (settings: MysqlSettings): Section => ({
  reason: `Fits into ${settings.memoryMebibytes} MiB; most defaults are for a machine that runs nothing else.`,
  settings: {
    innodb_buffer_pool_size: `${bufferPoolMebibytes(settings)}M`,
    innodb_buffer_pool_chunk_size: `${chunkMebibytes}M`,
    innodb_log_buffer_size: "16M",
    innodb_redo_log_capacity: "64M",
    key_buffer_size: "1M",
    max_allowed_packet: "16M",
    max_connections: 200,
    performance_schema_accounts_size: 32,
    performance_schema_digests_size: 1000,
    performance_schema_hosts_size: 32,
    performance_schema_users_size: 32,
    table_definition_cache: 400,
    table_open_cache: 400,
    temptable_max_ram: "16M",
    tmp_table_size: "16M",
  },
});

const ofMode = (settings: MysqlSettings): Section[] => {
  switch (settings.mode) {
    case "async":
    case "semi-sync":
      return [semiSync];
    case "group":
      return [group(settings), transactional];
  }
};

/** The server's `my.cnf`. What the guard gives on the command line is left out, for the command line would win. */
export function renderMysqlConfig(settings: MysqlSettings): string {
  const all = [...sections, ...ofMode(settings), sizes(settings)];
  return ["[mysqld]", ...all.map(renderSection)].join("\n") + "\n";
}

function renderSection({ reason, plugins = [], settings }: Section): string {
  // A server that makes its data directory loads no plugins, and must not stumble over what it can't know then.
  const prefix = plugins.length > 0 ? "loose_" : "";
  const lines = [
    ...plugins.map((plugin) => `plugin_load_add = ${plugin}`),
    ...Object.entries(settings).map(([key, value]) => `${prefix}${key} = ${value}`),
  ];
  return [`\n# ${reason}`, ...lines].join("\n");
}
