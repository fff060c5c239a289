import { type AddressTarget, type DnsConfig, fqdnOf } from "./dns";
import {
  answerCall,
  type HealthChecks,
  renderRegionHealth,
  settledWord,
  stateCall,
} from "./region-health-lua";
import { renderZone, stateNameOf } from "./zone";

/** Where a server finds its files and listens. */
export interface ServerLayout {
  /** Holds the files of {@link renderPowerDns}. */
  readonly configDirectory: string;
  /** Its control socket; writable. */
  readonly runDirectory: string;
  readonly port: number;
}

/** The same in every pod: no privilege is needed for the port. */
export const podLayout: ServerLayout = {
  configDirectory: "/etc/twinstack-dns",
  runDirectory: "/run/powerdns",
  port: 5353,
};

/** Every second, so that a lost region is noticed in four. */
export const healthChecks: HealthChecks = { intervalSeconds: 1, timeoutSeconds: 1, failures: 2 };

/** Checks nobody looks at any more end after this; readiness looks at the name's far more often. */
const checksExpireSeconds = 60;

/** What a server's files depend on. */
export interface PowerDns {
  readonly config: DnsConfig;
  readonly targets: readonly AddressTarget[];
  /** Address of each site's DNS server, by the site's name. */
  readonly servers: Readonly<Record<string, string>>;
}

function settings({ configDirectory, runDirectory, port }: ServerLayout): string {
  const values = {
    launch: "bind",
    "bind-config": `${configDirectory}/named.conf`,
    "local-address": "0.0.0.0",
    "local-port": port,
    "socket-dir": runDirectory,
    daemon: "no",
    guardian: "no",
    "write-pid": "no",
    "disable-syslog": "yes",
    // The level at which a region's change of state is told.
    loglevel: 6,
    "version-string": "anonymous",
    // Asks nobody for news of its own version.
    "security-poll-suffix": "",
    // One Lua state a thread instead of one a query.
    "enable-lua-records": "shared",
    "lua-global-include-dir": configDirectory,
    "lua-records-exec-limit": 10000,
    "lua-health-checks-interval": healthChecks.intervalSeconds,
    "lua-health-checks-expire-delay": checksExpireSeconds,
  };
  return Object.entries(values)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

/** Asks this pod's own server for a name and passes if the answer holds a text; a shell without grep does. */
const passesIf = ({ port }: ServerLayout, question: string, holds: string): string =>
  `answer=$(sdig 127.0.0.1 ${port} ${question} 2>&1)
case "$answer" in *'${holds}'*) exit 0 ;; esac
echo "$answer"
exit 1
`;

/**
 * Passes once every region has been judged, so that the first answer is a good one; its questions start the checks. By
 * TCP, which says at once when the server does not listen yet.
 */
const startedScript = (layout: ServerLayout, { name, zone }: DnsConfig): string =>
  passesIf(layout, `${stateNameOf(name)}.${zone} TXT tcp`, `"${settledWord} `);

/** Passes while the name is answered with an address, as most clients ask: by UDP. */
const readyScript = (layout: ServerLayout, config: DnsConfig): string =>
  passesIf(layout, `${fqdnOf(config)} A`, "\tIN\tA\t");

/** Every file of a server, by name. */
export function renderPowerDns(
  { config, targets, servers }: PowerDns,
  layout: ServerLayout = podLayout,
): Record<string, string> {
  const { zone, name, policy, ttlSeconds } = config;
  return {
    "pdns.conf": settings(layout),
    "named.conf": `zone "${zone}" { type primary; file "${layout.configDirectory}/zone"; };\n`,
    zone: renderZone({ zone, name, ttlSeconds, servers, answer: answerCall(policy), state: stateCall }),
    "region-health.lua": renderRegionHealth(targets, healthChecks),
    "started.sh": startedScript(layout, config),
    "ready.sh": readyScript(layout, config),
  };
}
