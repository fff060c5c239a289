import fc from "fast-check";
import {
  bufferPoolMebibytes,
  groupName,
  leastMemoryMebibytes,
  type MysqlSettings,
  renderMysqlConfig,
} from "../../../components/database/mysql-config";
import { type ReplicationMode, replicationModes } from "../../../components";

const settings = (over: Partial<MysqlSettings> = {}): MysqlSettings => ({
  mode: "semi-sync",
  memoryMebibytes: 1024,
  token: "shop-test",
  peerCidrs: ["198.51.100.10/32", "10.0.0.0/17"],
  ...over,
});

/** The settings of a `my.cnf` by key; of a key that stands there several times, all values. */
function parse(text: string): Record<string, string[]> {
  const entries: Record<string, string[]> = {};
  for (const line of text.split("\n").filter((each) => !/^(#|\[|$)/.test(each))) {
    const [, key = "", value = ""] = /^([a-z_]+) = (\S+)$/.exec(line) ?? [line];
    entries[key] = [...(entries[key] ?? []), value];
  }
  return entries;
}

const rendered = (over: Partial<MysqlSettings> = {}): Record<string, string[]> =>
  parse(renderMysqlConfig(settings(over)));

test.each(replicationModes)(
  "%s: what was acknowledged is on the disk, named, encrypted and not followed",
  (mode) => {
    expect(rendered({ mode })).toMatchObject({
      sync_binlog: ["1"],
      innodb_flush_log_at_trx_commit: ["1"],
      sync_relay_log: ["1"],
      relay_log_recovery: ["OFF"],
      gtid_mode: ["ON"],
      enforce_gtid_consistency: ["ON"],
      skip_replica_start: ["ON"],
      require_secure_transport: ["ON"],
      tls_version: ["TLSv1.3"],
    });
  },
);

test.each(replicationModes)("%s: the guard's own settings are left to it", (mode) => {
  const theirs =
    /^(loose_)?(datadir|socket|port|pid_file|server_id|report_|admin_address|super_read_only|read_only|ssl_|persisted|group_replication_(local_address|group_seeds|member_weight|recovery_ssl_(ca|cert|key)$))/;
  expect(Object.keys(rendered({ mode })).filter((key) => theirs.test(key))).toEqual([]);
});

test.each(replicationModes)("%s: what a server may not know is loose, and nothing else is", (mode) => {
  // `mysqld --initialize` loads no plugins, builds differ, and the server ends at settings that it does not know.
  const mayBeUnknown = (key: string): boolean =>
    /^(loose_)?(rpl_semi_sync|group_replication|clone|innodb_numa)_/.test(key);
  for (const key of Object.keys(rendered({ mode }))) {
    expect([key, key.startsWith("loose_")]).toEqual([key, mayBeUnknown(key)]);
  }
});

test.each<[ReplicationMode, string[]]>([
  ["async", ["mysql_clone.so", "semisync_source.so", "semisync_replica.so"]],
  ["semi-sync", ["mysql_clone.so", "semisync_source.so", "semisync_replica.so"]],
  ["group", ["mysql_clone.so", "group_replication.so"]],
])("%s loads what it needs", (mode, plugins) => {
  expect(rendered({ mode })["plugin_load_add"]).toEqual(plugins);
});

test("a semi-synchronous commit waits before others see it, and never gives up by itself", () => {
  expect(rendered()).toMatchObject({
    loose_rpl_semi_sync_source_wait_point: ["AFTER_SYNC"],
    loose_rpl_semi_sync_source_timeout: ["4294967295"],
    loose_rpl_semi_sync_source_wait_no_replica: ["ON"],
  });
  expect(rendered()).not.toHaveProperty("loose_rpl_semi_sync_source_enabled");
});

test("a group is told from others, lets its peers in by name and starts by its steward's word", () => {
  expect(rendered({ mode: "group" })).toMatchObject({
    loose_group_replication_group_name: [groupName("shop-test")],
    loose_group_replication_start_on_boot: ["OFF"],
    loose_group_replication_ip_allowlist: ["198.51.100.10/32,10.0.0.0/17"],
    loose_group_replication_ssl_mode: ["VERIFY_IDENTITY"],
    loose_group_replication_member_expel_timeout: ["0"],
  });
});

test("a group's name is a UUID, one for each stack", () => {
  expect(groupName("shop-test")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(groupName("shop-test")).toBe(groupName("shop-test"));
  expect(groupName("shop-production")).not.toBe(groupName("shop-test"));
});

test.each([
  [{ mode: "semi-sync", memoryMebibytes: 512 }, 128],
  [{ mode: "group", memoryMebibytes: 640 }, 128],
  [{ mode: "async", memoryMebibytes: 4096 }, 2992],
] as const)("%j leaves %i MiB for rows", (given, mebibytes) => {
  expect(bufferPoolMebibytes(given)).toBe(mebibytes);
  expect(rendered(given)["innodb_buffer_pool_size"]).toEqual([`${mebibytes}M`]);
});

test("more memory never leaves less for rows, nor more than there is", () => {
  const memory = fc.integer({ min: 0, max: 65_536 });
  fc.assert(
    fc.property(fc.constantFrom(...replicationModes), memory, (mode, more) => {
      const memoryMebibytes = leastMemoryMebibytes(mode) + more;
      const pool = bufferPoolMebibytes({ mode, memoryMebibytes });
      expect(pool % 8).toBe(0);
      expect(pool).toBeLessThanOrEqual(memoryMebibytes - leastMemoryMebibytes(mode) + 64);
      expect(bufferPoolMebibytes({ mode, memoryMebibytes: memoryMebibytes + 1 })).toBeGreaterThanOrEqual(
        pool,
      );
    }),
  );
});
