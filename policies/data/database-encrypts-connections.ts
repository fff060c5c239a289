import { mysqlSettingsOf, unlike } from "../mysql-settings";
import type { ResourceRule } from "../rule";

/** What no client has a good reason to speak any more. */
const versions = ["TLSv1.2,TLSv1.3", "TLSv1.2", "TLSv1.3"];

export const databaseEncryptsConnections: ResourceRule = {
  kind: "resource",
  name: "database-encrypts-connections",
  description: "Database servers refuse connections in clear, and TLS older than 1.2.",
  why: "Passwords and rows go between regions over lines that are not the stack's own.",
  check: (resource) => {
    const found = mysqlSettingsOf(resource);
    if (found === undefined) return [];
    const saysVersion = found.engine === "mysql" || "tls_version" in found.settings;
    return unlike(found, {
      require_secure_transport: ["ON"],
      ...(saysVersion ? { tls_version: versions } : {}),
    });
  },
};
