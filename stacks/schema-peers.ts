import { z } from "zod";
import { addressProblems, cidrProblems, dnsPolicies } from "../components";
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
    ["etcd"],
    [
      object({
        kind: z.literal("etcd"),
        leaseSeconds: seconds(1, 60),
        storage,
        ports: object({ client: nodePort, peer: nodePort }).optional(),
        keepVolumes: flag.optional(),
        witness: witness.optional(),
      }),
    ],
  );

/** The database across regions. Which RPO a mode can promise is a rule, not a shape. */
export const database = byKind(
  ["mysql"],
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
  ],
);

/** The name that clients ask for. */
export const dns = byKind(
  ["powerdns"],
  [
    object({
      kind: z.literal("powerdns"),
      zone: text(/^\S+$/, "the name of a zone, such as example.com"),
      name: text(/^\S+$/, "a name in the zone, such as web"),
      policy: word(...dnsPolicies),
      ttlSeconds: integer(0, 86_400),
      rtoSeconds: integer(1, 86_400),
      port: nodePort,
    }),
  ],
);
