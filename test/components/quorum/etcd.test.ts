import { createQuorum, type EtcdQuorumConfig, type QuorumTransform } from "../../../components";
import { image, leaks, type Made, made, peers, podOf } from "../../support/peers";

const config: EtcdQuorumConfig = { kind: "etcd", storage: { class: "fast", gibibytes: 1 } };

const quorum = (over: Partial<EtcdQuorumConfig> = {}, transform?: QuorumTransform): Promise<Made> =>
  made(() => {
    const args = { ...peers(), image: image("etcd"), ...(transform === undefined ? {} : { transform }) };
    const { access, leaseSeconds } = createQuorum("quorum", { ...config, ...over }, args);
    return { access, leaseSeconds };
  });

let three: Made;
beforeAll(async () => {
  three = await quorum();
});

/** The value of a flag of the voter in a site. */
function flag(made: Made, site: string, name: string): string | undefined {
  const args = podOf(made.inputs(`quorum-${site}-stateful-set`)).containers[0]?.args ?? [];
  return args.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3);
}

test("says where its voters are", () => {
  expect(three.outputs).toEqual({
    leaseSeconds: 5,
    access: {
      kind: "voters",
      voters: {
        a: { name: "quorum-a", address: "198.51.100.10", url: "https://quorum-a:30379", witness: false },
        b: { name: "quorum-b", address: "198.51.100.11", url: "https://quorum-b:30379", witness: false },
        w: { name: "quorum-w", address: "198.51.100.12", url: "https://quorum-w:30379", witness: true },
      },
    },
  });
});

test("every voter knows the same voters, by the names in their certificates", () => {
  const all =
    "quorum-a=https://quorum-a:30380,quorum-b=https://quorum-b:30380,quorum-w=https://quorum-w:30380";
  for (const site of ["a", "b", "w"]) {
    expect(flag(three, site, "initial-cluster")).toBe(all);
    expect(flag(three, site, "initial-cluster-token")).toBe("shop-test");
    expect(flag(three, site, "initial-advertise-peer-urls")).toBe(`https://quorum-${site}:30380`);
    expect(flag(three, site, "advertise-client-urls")).toBe(`https://quorum-${site}:30379`);
    expect(three.inputs(`quorum-${site}-identity-request`)).toMatchObject({
      dnsNames: [`quorum-${site}`, "quorum-peer"],
      subject: { commonName: `quorum-${site}` },
    });
    expect(podOf(three.inputs(`quorum-${site}-stateful-set`)).hostAliases).toEqual([
      { ip: "198.51.100.10", hostnames: ["quorum-a"] },
      { ip: "198.51.100.11", hostnames: ["quorum-b"] },
      { ip: "198.51.100.12", hostnames: ["quorum-w"] },
    ]);
  }
});

test("nobody gets in without a certificate, and only voters among the voters", () => {
  expect(flag(three, "a", "client-cert-auth")).toBe("true");
  expect(flag(three, "a", "peer-client-cert-auth")).toBe("true");
  expect(flag(three, "a", "peer-cert-allowed-hostname")).toBe("quorum-peer");
  expect(flag(three, "a", "listen-client-urls")).toMatch(/^https:/);
  expect(flag(three, "a", "listen-peer-urls")).toMatch(/^https:/);
});

test("elections follow the round trip", async () => {
  expect([flag(three, "a", "heartbeat-interval"), flag(three, "a", "election-timeout")]).toEqual([
    "100",
    "1000",
  ]);
  const far = await quorum({ roundTripMilliseconds: 250, leaseSeconds: 10 });
  expect([flag(far, "b", "heartbeat-interval"), flag(far, "b", "election-timeout")]).toEqual(["250", "2500"]);
});

test("a voter comes back with its data, and its volume outlives its StatefulSet", () => {
  expect(three.inputs("quorum-b-stateful-set")).toMatchObject({
    metadata: {
      name: "quorum-b",
      annotations: { "twinstack.dev/single-replica": expect.any(String) as unknown },
    },
    spec: {
      replicas: 1,
      podManagementPolicy: "Parallel",
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { storageClassName: "fast", resources: { requests: { storage: "1Gi" } } },
        },
      ],
      template: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, fsGroup: 65532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              livenessProbe: { httpGet: { path: "/livez", port: "metrics" } },
              readinessProbe: { httpGet: { path: "/readyz", port: "metrics" } },
              securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
              volumeMounts: expect.arrayContaining([{ name: "data", mountPath: "/var/lib/etcd" }]) as unknown,
            },
          ],
          volumes: [{ name: "trust", secret: { secretName: "quorum-b-trust", defaultMode: 0o440 } }],
        },
      },
    },
  });
});

test("without a class, the cluster's own is taken", async () => {
  const { inputs } = await quorum({ storage: { gibibytes: 2 } });
  expect(JSON.stringify(inputs("quorum-a-stateful-set"))).not.toContain("storageClassName");
});

test("other sites reach a voter that is not ready, without a second hop", () => {
  expect(three.inputs("quorum-w-service")).toMatchObject({
    metadata: { name: "quorum-peer", namespace: "shop-test" },
    spec: {
      type: "NodePort",
      externalTrafficPolicy: "Local",
      publishNotReadyAddresses: true,
      ports: [
        { name: "client", port: 2379, targetPort: "client", nodePort: 30379 },
        { name: "peer", port: 2380, targetPort: "peer", nodePort: 30380 },
      ],
    },
  });
  expect(three.inputs("quorum-w-network-policy")).toMatchObject({
    spec: {
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: expect.arrayContaining([{ ipBlock: { cidr: "10.1.0.0/17" } }]) as unknown,
          ports: [{ port: 2379 }, { port: 2380 }],
        },
        { from: [{ podSelector: {} }], ports: [{ port: 2381 }] },
      ],
    },
  });
});

test("every site is made by its own provider, and waits for no other", () => {
  for (const { name, provider, dependsOn } of three.resources.filter(({ type }) =>
    type.startsWith("kubernetes:"),
  )) {
    const site = /^quorum-(\w)-/.exec(name)?.[1] ?? "";
    expect([name, provider]).toEqual([name, `${site}-provider`]);
    expect([name, dependsOn.filter((other) => /^quorum-\w-(stateful-set|service)$/.test(other))]).toEqual([
      name,
      [],
    ]);
  }
});

test("keys are in Secrets only", () => {
  expect(leaks(three.resources)).toEqual([]);
  expect(JSON.stringify(three.inputs("quorum-a-trust-secret"))).toContain(
    "privateKeyPemPkcs8 of quorum-a-identity-key",
  );
});

test("each child has an escape hatch, which has the last word", async () => {
  const review = <Args extends object>(given: Args): Args => ({ ...given, metadata: { name: "reviewed" } });
  const etcd = { statefulSet: review, service: review, disruptionBudget: review, networkPolicy: review };
  const { inputs } = await quorum({}, { etcd });
  for (const role of ["stateful-set", "service", "disruption-budget", "network-policy"]) {
    const metadata = { name: "reviewed" };
    expect([role, inputs(`quorum-w-${role}`)]).toEqual([role, expect.objectContaining({ metadata })]);
  }
});

test("a timing that can't work is refused wherever it comes from", async () => {
  await expect(quorum({ leaseSeconds: 2 })).rejects.toThrow("quorum.leaseSeconds is 2; must be at least 4");
});

test("a quorum nobody wrote is not made", async () => {
  await expect(quorum({ kind: "consul" } as unknown as Partial<EtcdQuorumConfig>)).rejects.toThrow(
    'quorum.kind is "consul"; must be one of the kinds this version knows',
  );
});
