import { type MysqlSettings, mysqlSettingsOf, unlike } from "../mysql-settings";
import type { ResourceRule } from "../rule";
import { wholeNumber } from "../setting";

const leastSeconds = wholeNumber(
  "leastSeconds",
  "seconds a commit waits for another region before MySQL gives up",
  {
    usual: 3600,
    least: 1,
    most: 4_294_967,
  },
);

const wanted = {
  rpl_semi_sync_source_wait_point: ["AFTER_SYNC"],
  rpl_semi_sync_source_wait_no_replica: ["ON"],
};

function problemsOf(found: MysqlSettings, seconds: number): string[] {
  const { where, settings } = found;
  const replicas = settings["rpl_semi_sync_source_wait_for_replica_count"];
  const timeout = settings["rpl_semi_sync_source_timeout"];
  return [
    ...unlike(found, wanted),
    ...(Number(replicas ?? 0) >= 1
      ? []
      : [
          `${where}: rpl_semi_sync_source_wait_for_replica_count is ${replicas ?? "missing"}; must be at least 1`,
        ]),
    ...(Number(timeout ?? 0) >= seconds * 1000
      ? []
      : [
          `${where}: rpl_semi_sync_source_timeout is ${timeout ?? "missing"}; must be at least ${seconds * 1000}: ` +
            "the steward gives up waiting, after the quorum has heard of it",
        ]),
  ];
}

export const semiSyncWaits: ResourceRule = {
  kind: "resource",
  name: "semi-sync-waits",
  description:
    "Semi-synchronous commits wait for another region before anyone sees them, and don't stop waiting by themselves.",
  why: "A server that quietly goes on alone breaks the promise of RPO 0 just when it is needed.",
  settings: [leastSeconds],
  check: (resource, read) => {
    const found = mysqlSettingsOf(resource);
    if (found?.engine !== "mysql") return [];
    if (found.plugins.includes("semisync_source.so")) return problemsOf(found, read(leastSeconds));
    return found.plugins.includes("group_replication.so")
      ? []
      : [
          `${found.where} loads neither semisync_source.so nor group_replication.so; must load the one of its mode`,
        ];
  },
};
