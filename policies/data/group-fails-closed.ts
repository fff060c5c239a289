import { mysqlSettingsOf, unlike } from "../mysql-settings";
import type { ResourceRule } from "../rule";

const wanted = {
  group_replication_single_primary_mode: ["ON"],
  group_replication_start_on_boot: ["OFF"],
  group_replication_exit_state_action: ["READ_ONLY", "OFFLINE_MODE", "ABORT_SERVER"],
  group_replication_consistency: ["BEFORE_ON_PRIMARY_FAILOVER", "BEFORE", "BEFORE_AND_AFTER"],
  group_replication_ssl_mode: ["VERIFY_IDENTITY", "VERIFY_CA"],
};

const timeout = "group_replication_unreachable_majority_timeout";

export const groupFailsClosed: ResourceRule = {
  kind: "resource",
  name: "group-fails-closed",
  description:
    "A member of a group that loses the majority closes; a group has one writer, which has applied everything.",
  why: "A member that waits for a majority for ever holds its clients, and one that goes on alone splits the data.",
  check: (resource) => {
    const found = mysqlSettingsOf(resource);
    if (found?.plugins.includes("group_replication.so") !== true) return [];
    const waits = found.settings[timeout];
    return [
      ...unlike(found, wanted),
      ...(Number(waits ?? 0) > 0
        ? []
        : [`${found.where}: ${timeout} is ${waits ?? "missing"}; must be above 0, or it waits for ever`]),
    ];
  },
};
