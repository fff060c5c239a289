import { mysqlSettingsOf, unlike } from "../mysql-settings";
import type { ResourceRule } from "../rule";

const onDisk = { innodb_flush_log_at_trx_commit: ["1"], sync_binlog: ["1"] };

export const durableWrites: ResourceRule = {
  kind: "resource",
  name: "durable-writes",
  description:
    "A commit that was acknowledged is on the disk: sync_binlog and innodb_flush_log_at_trx_commit are 1.",
  why: "With anything else a power cut loses writes that clients were told are kept.",
  check: (resource) => {
    const found = mysqlSettingsOf(resource);
    if (found === undefined) return [];
    // Aurora's own default is durable; a parameter group can only spoil it.
    const spoilt = Object.entries(onDisk).filter(
      ([name]) => found.engine === "mysql" || name in found.settings,
    );
    return unlike(found, Object.fromEntries(spoilt));
  },
};
