import * as k8s from "@pulumi/kubernetes";
import { createDns, type DnsTransform, type PowerDnsConfig } from "../../../components/dns";
import { runProgram } from "../../support/program";

const config: PowerDnsConfig = {
  kind: "powerdns",
  zone: "shop.test",
  name: "web",
  policy: "failover",
  ttlSeconds: 3,
  rtoSeconds: 15,
  port: 30053,
};

async function dns(over: Partial<PowerDnsConfig> = {}, transform?: DnsTransform) {
  const { resources, outputs } = await runProgram(
    () => {
      const site = (name: string, address: string) => ({
        place: { namespace: "shop", namespaceName: "shop", labels: { "twinstack.dev/region": name } },
        provider: new k8s.Provider(`${name}-provider`),
        network: { address, podCidr: "10.1.0.0/16", serviceCidr: "10.2.0.0/16" },
      });
      const { fqdn, policy, ttlSeconds, targets } = createDns("dns", {
        config: { ...config, ...over },
        sites: { a: site("a", "198.51.100.1"), b: site("b", "198.51.100.2") },
        targets: ["a", "b"].map((name, at) => ({
          kind: "address" as const,
          name,
          address: `198.51.100.${at + 1}`,
          healthUrl: `http://198.51.100.${at + 1}:30080/region-health`,
        })),
        image: `registry.example/powerdns@sha256:${"a".repeat(64)}`,
        rolloutTimeoutSeconds: 90,
        ...(transform === undefined ? {} : { transform }),
      });
      return { fqdn, policy, ttlSeconds, regions: targets.map(({ name }) => name) };
    },
    { stack: "test", config: {} },
  );
  const inputs = (name: string) => resources.find((each) => each.name === `dns-${name}`)?.inputs;
  return { resources, outputs, inputs };
}

test("says what it answers for", async () => {
  const { outputs } = await dns();
  expect(outputs).toEqual({ fqdn: "web.shop.test", policy: "failover", ttlSeconds: 3, regions: ["a", "b"] });
});

test("every site has a server of its own, with the same files", async () => {
  const { resources, inputs } = await dns();
  for (const site of ["a", "b"]) {
    const made = resources.filter(({ name }) => name.startsWith(`dns-${site}-`));
    expect(made.map(({ name, parent, provider }) => [name, parent, provider]).sort()).toEqual(
      ["config", "deployment", "disruption-budget", "service"].map((role) => [
        `dns-${site}-${role}`,
        "dns",
        `${site}-provider`,
      ]),
    );
    expect(inputs(`${site}-service`)).toMatchObject({
      metadata: { name: "dns", namespace: "shop", labels: { "twinstack.dev/region": site } },
      spec: {
        type: "NodePort",
        externalTrafficPolicy: "Local",
        ports: [
          { port: 53, protocol: "UDP", nodePort: 30053, targetPort: "dns" },
          { port: 53, protocol: "TCP", nodePort: 30053, targetPort: "dns-tcp" },
        ],
      },
    });
  }
  expect(inputs("a-config")?.["data"]).toEqual(inputs("b-config")?.["data"]);
});

test("nothing is sent to a pod that has not judged every region, or that is leaving", async () => {
  const { inputs } = await dns();
  expect(inputs("a-deployment")).toMatchObject({
    spec: {
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      template: {
        spec: {
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              command: ["/usr/sbin/pdns_server", "--config-dir=/etc/twinstack-dns"],
              startupProbe: {
                exec: { command: ["/bin/sh", "/etc/twinstack-dns/started.sh"] },
                periodSeconds: 1,
              },
              readinessProbe: { exec: { command: ["/bin/sh", "/etc/twinstack-dns/ready.sh"] } },
              livenessProbe: { tcpSocket: { port: "dns-tcp" } },
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
              securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  });
});

test("checks that the name's answer needs are looked at before PowerDNS ends them", async () => {
  const { inputs } = await dns();
  const settings = (inputs("a-config")?.["data"] as Record<string, string>)["pdns.conf"];
  const expires = Number(/lua-health-checks-expire-delay=(\d+)/.exec(settings ?? "")?.[1]);
  const readiness = /"readinessProbe":\{[^}]*\}[^}]*"periodSeconds":(\d+)/.exec(
    JSON.stringify(inputs("a-deployment")),
  );
  expect(Number(readiness?.[1])).toBeGreaterThan(0);
  expect(expires).toBeGreaterThan(2 * Number(readiness?.[1]));
});

test("a changed zone has a new name, and the pods follow it", async () => {
  const volume = async (over: Partial<PowerDnsConfig>): Promise<string | undefined> =>
    /"configMap":\{"name":"([^"]+)"/.exec(JSON.stringify((await dns(over)).inputs("a-deployment")))?.[1];
  const before = await volume({});
  expect(before).toMatch(/^dns-a-config-/);
  expect(await volume({ ttlSeconds: 2 })).not.toBe(before);
});

test("a child's arguments can be changed in every site", async () => {
  const { inputs } = await dns(
    {},
    { powerdns: { service: (args) => ({ ...args, metadata: { name: "names" } }) } },
  );
  expect(inputs("a-service")).toMatchObject({ metadata: { name: "names" } });
  expect(inputs("b-service")).toMatchObject({ metadata: { name: "names" } });
});
