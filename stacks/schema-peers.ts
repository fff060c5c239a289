import { z } from "zod";
import { addressProblems, cidrProblems, dnsPolicies, nameProblems, spreads } from "../components";
import { awsRegion } from "./schema-aws";
import { byKind, integer, object, ruledText, seconds, text, word } from "./shapes";

// Shapes of what regions share, and of what they need to know of each other for it.

/** How a site is reached from the others, and what its own addresses are. */
export const network = object({
  address: ruledText(addressProblems),
  podCidr: ruledText(cidrProblems),
  serviceCidr: ruledText(cidrProblems),
});

const nodePort = integer(30_000, 32_767);

const flag = z.boolean({ error: "true or false" });

const storage = object({
  class: text(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    "the name of a StorageClass, as `kubectl get storageclass` lists them",
  ).optional(),
  gibibytes: integer(1, 65_536),
});

/** Who votes, with the shape of the site that only votes. */
export const quorum = <Witness extends z.ZodType>(witness: Witness) =>
  byKind(
    ["etcd", "dynamodb"],
    [
      object({
        kind: z.literal("etcd"),
        leaseSeconds: seconds(1, 60),
        storage,
        ports: object({ client: nodePort, peer: nodePort }).optional(),
        keepVolumes: flag.optional(),
        witness: witness.optional(),
      }),
      object({
        kind: z.literal("dynamodb"),
        leaseSeconds: seconds(1, 60),
        witness: object({ name: ruledText(nameProblems), region: awsRegion }),
        deletionProtection: flag.optional(),
      }),
    ],
  );

/** The database across regions. Which RPO a mode can promise is a rule, not a shape. */
export const database = byKind(
  ["mysql", "aurora"],
  [
    object({
      kind: z.literal("mysql"),
      mode: word("async", "semi-sync", "group"),
      rpoSeconds: seconds(0, 86_400),
      preferredWriter: text(/\S/, "the name of a region"),
      failBack: object({ holdDownSeconds: integer(1, 86_400) }).optional(),
      degradeAfterSeconds: seconds(1, 300),
      ports: object({ mysql: nodePort, group: nodePort }).optional(),
      storage,
      memoryMebibytes: integer(256, 1_048_576),
      keepVolumes: flag.optional(),
    }),
    object({
      kind: z.literal("aurora"),
      mode: word("async"),
      // A rule says why there is none to promise.
      rpoSeconds: z.unknown().optional(),
      preferredWriter: text(/\S/, "the name of a region"),
      failBack: object({ holdDownSeconds: integer(1, 86_400) }).optional(),
      engineVersion: text(/^8\.0\.mysql_aurora\.3\.\d+\.\d+$/, "a version of Aurora MySQL 3").optional(),
      instanceClass: text(/^db\.\S+$/, "a class of instances, such as db.r8g.large"),
      instances: integer(1, 15).optional(),
      backupRetentionDays: integer(1, 35).optional(),
      deletionProtection: flag.optional(),
      certificateAuthorityFile: text(/\S/, "the path of a PEM file"),
    }),
  ],
);

const naming = {
  zone: text(/^\S+$/, "the name of a zone, such as example.com"),
  name: text(/^\S+$/, "a name in the zone, such as web"),
  policy: word(...dnsPolicies),
  rtoSeconds: integer(1, 86_400),
};

/** The name that clients ask for. */
export const dns = byKind(
  ["powerdns", "route53"],
  [
    object({
      kind: z.literal("powerdns"),
      ...naming,
      ttlSeconds: integer(0, 86_400),
      port: nodePort,
    }),
    object({
      kind: z.literal("route53"),
      ...naming,
      zoneId: text(/^Z[A-Z0-9]{1,31}$/, "Route 53's ID of a hosted zone, such as Z0123456789ABCDEFGHIJ"),
      spread: word(...spreads).optional(),
    }),
  ],
);
