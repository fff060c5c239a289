/** nginx as a Debian package configures it, with one upstream: what a person would write in five minutes. */
const config = (servers) => `worker_processes auto;
pid /run/nginx.pid;
error_log stderr;
events {
    worker_connections 768;
}
http {
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    default_type application/octet-stream;
    access_log /dev/stdout;
    gzip on;
    upstream backends {
${servers.map(({ address, weight }) => `        server ${address} weight=${weight};`).join("\n")}
    }
    server {
        listen 8080;
        location / {
            proxy_pass http://backends;
        }
    }
}
`;

const writable = ["/run", "/var/lib/nginx", "/var/log/nginx"];

const podSpec = (image) => ({
  automountServiceAccountToken: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65532,
    runAsGroup: 65532,
    seccompProfile: { type: "RuntimeDefault" },
  },
  containers: [
    {
      name: "nginx",
      image,
      command: ["/usr/sbin/nginx", "-e", "stderr", "-c", "/etc/plain/nginx.conf", "-g", "daemon off;"],
      readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      volumeMounts: [
        { name: "config", mountPath: "/etc/plain" },
        ...writable.map((mountPath, index) => ({ name: `writable-${index}`, mountPath })),
      ],
    },
  ],
  volumes: [
    { name: "config", configMap: { name: "plain-nginx" } },
    ...writable.map((_, index) => ({ name: `writable-${index}`, emptyDir: {} })),
  ],
});

/** A Service that leads to pods with these labels on their port 8080. */
export const serviceOf = (name, selector) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector, ports: [{ port: 80, targetPort: 8080 }] },
});

/** The objects of a plain nginx in front of some servers, with as many pods as the router has. */
export function plainNginx(image, replicas, servers) {
  const labels = { app: "plain-nginx" };
  const metadata = { name: "plain-nginx" };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "nginx.conf": config(servers) } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podSpec(image) },
      },
    },
    serviceOf("plain-nginx", labels),
  ];
}
