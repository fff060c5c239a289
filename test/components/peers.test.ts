import { Peers, type PeersArgs } from "../../components";
import { authorityFile, awsPeers } from "../support/aws-peers";
import { image, made, peers } from "../support/peers";

const steward = () => image("steward");

const onAws = (): PeersArgs => ({
  sites: awsPeers().sites,
  quorum: { kind: "dynamodb", leaseSeconds: 12, witness: { name: "w", region: "eu-west-2" } },
  database: {
    kind: "aurora",
    mode: "async",
    preferredWriter: "a",
    instanceClass: "db.r8g.large",
    certificateAuthorityFile: authorityFile,
  },
  images: { steward: (site) => image(`steward-${site}`) },
  authority: "shop-test",
});

const ofPods = (): PeersArgs => ({
  sites: peers().sites,
  witness: "w",
  quorum: { kind: "etcd", storage: { gibibytes: 1 } },
  database: {
    kind: "mysql",
    mode: "semi-sync",
    preferredWriter: "a",
    storage: { gibibytes: 10 },
    memoryMebibytes: 1024,
  },
  images: { quorum: image("etcd"), database: image("mysql"), steward },
  authority: "shop-test",
});

const run = (args: () => PeersArgs) =>
  made(() => {
    const { health, quorum, database } = new Peers("peers", args());
    return {
      health,
      access: quorum.access.kind,
      stewardship: database.stewardship.kind,
      promise: database.promise,
    };
  });

test("in pods know each other by certificates; a steward leads each region's", async () => {
  const { outputs, resources } = await run(ofPods);
  expect(outputs).toMatchObject({ access: "voters", stewardship: "guarded", promise: { rpoSeconds: 0 } });
  expect(Object.keys(outputs["health"] as object)).toEqual(["a", "b"]);
  expect(resources.some(({ type }) => type === "twinstack:trust:Authority")).toBe(true);
  expect(resources.some(({ type }) => type.startsWith("aws:"))).toBe(false);
});

test("on AWS have no authority of ours, and a steward each that AWS knows", async () => {
  const { outputs, resources, inputs } = await run(onAws);
  expect(outputs).toMatchObject({
    access: "table",
    stewardship: "managed",
    promise: { rpoSeconds: "unbounded", rtoSeconds: 76 },
  });
  expect(resources.filter(({ type }) => type.startsWith("tls:") || type.includes("Authority"))).toEqual([]);
  for (const site of ["a", "b"]) {
    expect(inputs(`peers-${site}-steward-rights-association`)).toMatchObject({ clusterName: `shop-${site}` });
    expect(JSON.stringify(inputs(`peers-${site}-steward-deployment`))).toContain(image(`steward-${site}`));
  }
});

test.each([
  [
    "quorum",
    "peers-quorum has 1 problem:\n  image is missing; must be an image of etcd by digest, since voters run in pods",
  ],
  [
    "database",
    "peers-database has 1 problem:\n  images is missing; must be images of MySQL and of the steward by digest, " +
      "since members run in pods",
  ],
])("in pods without the image of the %s are not made", async (part, message) => {
  const args = (): PeersArgs => {
    const given = ofPods();
    return { ...given, images: { ...given.images, [part]: undefined } };
  };
  await expect(run(args)).rejects.toThrow(message);
});
