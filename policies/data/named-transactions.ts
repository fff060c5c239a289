import { mysqlSettingsOf, unlike } from "../mysql-settings";
import type { ResourceRule } from "../rule";

export const namedTransactions: ResourceRule = {
  kind: "resource",
  name: "named-transactions",
  description: "Every transaction has a GTID: gtid_mode and enforce_gtid_consistency are on.",
  why: "A failover compares what the candidates have by it; without names, lost writes go unnoticed.",
  check: (resource) => {
    const found = mysqlSettingsOf(resource);
    return found === undefined ? [] : unlike(found, { gtid_mode: ["ON"], enforce_gtid_consistency: ["ON"] });
  },
};
