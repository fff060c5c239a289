import { normalizeWeights } from "../core";
import { healthLocations, healthUpstream } from "./nginx-health";
import type { Algorithm, Backend, HealthSource } from "./router";

/** What nginx's configuration depends on. */
export interface NginxConfig {
  readonly algorithm: Algorithm;
  readonly backends: readonly Backend[];
  /**
   * Whose answer is passed on to whoever asks for the region's health.
   * @default nobody's
   */
  readonly health?: HealthSource | undefined;
  /** Longest a backend may work on a request. */
  readonly requestSeconds: number;
  /** Longest requests in flight are waited for when nginx stops. */
  readonly shutdownSeconds: number;
  /** Retry requests that change something, too. */
  readonly retryNonIdempotent: boolean;
  /** Worker processes. */
  readonly workers: number;
  /** The cluster's DNS server. */
  readonly resolver: string;
}

/** Where the configuration is mounted. */
export const configDirectory = "/etc/router";
/** Sockets, the pid and the drain flag; writable. */
export const runDirectory = "/run/router";
/** Bodies too large for memory; writable. */
export const tempDirectory = "/var/cache/router";
/** Clients' port. */
export const trafficPort = 8080;
/** The kubelet's port. */
export const healthPort = 8081;
/** For how long nginx believes the cluster's DNS before it asks again. */
export const resolverValidSeconds = 1;

/** While this file is there the router serves but asks to be left. */
export const drainFlag = `${runDirectory}/draining`;

/**
 * How long one try at a pod may take, until when another may begin, and both together; each with a second to spare.
 * Another may begin after a whole one, so that requests stuck in a hung pod are answered by its neighbour.
 */
export function tryTimeouts(requestSeconds: number): { attempt: number; retry: number; total: number } {
  const attempt = requestSeconds + 1;
  const retry = attempt + 1;
  return { attempt, retry, total: retry + attempt + 1 };
}

const socketOf = (backend: string): string => `unix:${runDirectory}/${backend}.sock`;

/** The lines by which each level chooses; taking turns needs none. */
function choice(algorithm: Algorithm): { backend: string[]; pod: string[] } {
  switch (algorithm) {
    case "roundRobin":
    case "weighted":
      return { backend: [], pod: [] };
    case "leastConnections":
      return { backend: ["least_conn;"], pod: ["least_conn;"] };
    case "ipHash":
      // nginx hashes a server's name, which all pods of a backend share: their choice can't be by address.
      return { backend: ["hash $binary_remote_addr consistent;"], pod: [] };
  }
}

const lines = (indent: number, texts: readonly string[]): string =>
  texts.map((text) => text.replace(/^(?=.)/gm, " ".repeat(indent))).join("\n");

/** Connections to an upstream stay open for the next request; goes behind the line that chooses. */
const keepAlive = ["keepalive 128;", "keepalive_requests 10000;", "keepalive_timeout 60s;"];

const logFormat = JSON.stringify({
  time: "$time_iso8601",
  request: "$router_request_id",
  client: "$remote_addr",
  method: "$request_method",
  path: "$uri",
  status: "$status",
  bytes: "$body_bytes_sent",
  seconds: "$request_time",
  backend: "$router_backend",
  pods: "$upstream_http_x_router_pods",
});

function sharedSettings({ resolver }: NginxConfig): string {
  return `
default_type text/plain;
server_tokens off;
client_body_temp_path ${tempDirectory}/client;
proxy_temp_path ${tempDirectory}/proxy;
fastcgi_temp_path ${tempDirectory}/fastcgi;
uwsgi_temp_path ${tempDirectory}/uwsgi;
scgi_temp_path ${tempDirectory}/scgi;

resolver ${resolver} valid=${resolverValidSeconds}s;
resolver_timeout 2s;

client_header_timeout 10s;
client_body_timeout 10s;
client_max_body_size 1m;
client_body_buffer_size 64k;
send_timeout 10s;
keepalive_timeout 60s;
keepalive_requests 10000;
proxy_connect_timeout 1s;
proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header Connection "";

map $http_x_request_id $router_request_id {
    "~^[A-Za-z0-9._-]{1,128}$" $http_x_request_id;
    default $request_id;
}
map $upstream_addr $router_backend {
    "~^unix:${runDirectory}/(?<backend>[a-z0-9-]+)\\.sock$" $backend;
    default "";
}
log_format request escape=json '${logFormat}';
access_log off;`;
}

/** Level 1: which backend. No other backend answers in its place, or a bad canary would look healthy. */
function clientLevel({ algorithm, backends, health, requestSeconds }: NginxConfig): string {
  const weights = normalizeWeights(Object.fromEntries(backends.map(({ name, weight }) => [name, weight])));
  const servers = Object.entries(weights).map(
    ([name, weight]) => `server ${socketOf(name)} weight=${weight} max_fails=0;`,
  );
  return `
# Level 1: which backend
upstream backends {
    zone backends 128k;
${lines(4, [...choice(algorithm).backend, ...servers, ...keepAlive])}
}
server {
    listen ${trafficPort} reuseport backlog=4096;
    access_log /dev/stdout request buffer=64k flush=1s;
    proxy_next_upstream off;
    proxy_read_timeout ${tryTimeouts(requestSeconds).total}s;
    proxy_send_timeout ${tryTimeouts(requestSeconds).total}s;
    # Level 2 keeps the body for its retries.
    proxy_request_buffering off;
    proxy_hide_header X-Router-Pods;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Request-ID $router_request_id;

    # While draining, every answer closes its connection, so that the client's next one finds another router.
    error_page 418 = @draining;
    location / {
        if (-f ${drainFlag}) { return 418; }
        proxy_pass http://backends;
    }
    location @draining {
        keepalive_timeout 0;
        proxy_pass http://backends;
    }${health === undefined ? "" : healthLocations(health)}
}${health === undefined ? "" : healthUpstream(health)}`;
}

/** Level 2: which pod of the backend. Pods are looked up in DNS, so that they come and go without a reload. */
function backendLevel(config: NginxConfig, { name, host, port }: Backend): string {
  const { attempt, retry } = tryTimeouts(config.requestSeconds);
  const pods = `server ${host}:${port} resolve max_fails=2 fail_timeout=2s;`;
  return `
# Level 2: which pod of ${name}
upstream pods_of_${name} {
    zone pods_of_${name} 256k;
${lines(4, [...choice(config.algorithm).pod, pods, ...keepAlive])}
}
server {
    listen ${socketOf(name)} backlog=4096;
    proxy_read_timeout ${attempt}s;
    proxy_send_timeout ${attempt}s;
    proxy_next_upstream error timeout http_502${config.retryNonIdempotent ? " non_idempotent" : ""};
    proxy_next_upstream_tries 3;
    proxy_next_upstream_timeout ${retry}s;
    add_header X-Router-Pods $upstream_addr always;
    location / {
        proxy_pass http://pods_of_${name};
        # Once the pods in DNS change, nginx has no next one for requests under way: those begin anew, with the new ones.
        error_page 502 504 = @anew;
    }
    location @anew {
${lines(8, config.retryNonIdempotent ? [] : ['if ($request_method ~ "^(POST|PATCH|LOCK)$") { return 502; }'])}
        proxy_pass http://pods_of_${name};
    }
}`;
}

/** The kubelet's side. Alive: nginx answers. Ready: it wants to be sent clients. */
function healthServer(): string {
  return `
server {
    listen ${healthPort};
    location = /router/health { return 200 "alive\\n"; }
    location = /router/ready {
        if (-f ${drainFlag}) { return 503 "draining\\n"; }
        return 200 "ready\\n";
    }
    location / { return 404; }
}`;
}

/**
 * The text of nginx.conf. Backends at weight 0 are left out; their order and the scale of their weights change nothing.
 * Weights hold over all requests of a router pod, not only of each worker: upstreams share their state in a `zone`.
 */
export function renderNginxConfig(config: NginxConfig): string {
  const used = config.backends
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const sections = [
    sharedSettings(config),
    clientLevel({ ...config, backends: used }),
    ...used.map((backend) => backendLevel(config, backend)),
    healthServer(),
  ];
  return `worker_processes ${config.workers};
worker_rlimit_nofile 16384;
worker_shutdown_timeout ${config.shutdownSeconds}s;
pid ${runDirectory}/nginx.pid;
error_log stderr warn;
events {
    worker_connections 4096;
}
http {${lines(4, sections)}
}
`;
}
