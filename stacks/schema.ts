import { z } from "zod";
import {
  algorithms,
  hasDigest,
  imageProblems,
  maxWeight,
  nameProblems,
  type Path,
  type Problem,
  repositoryProblems,
  routingProblems,
  scalingProblems,
  show,
  versionProblems,
} from "../components";
import { account, eks } from "./schema-aws";
import { database, dns, network, quorum } from "./schema-peers";
import { byKind, integer, map, object, ruled, ruledText, seconds, text, word } from "./shapes";

const host = text(
  /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
  "a host name or an IPv4 address, without port",
);

/** Keys that become part of names. */
const namesOf = (values: Readonly<Record<string, unknown>>): Problem[] =>
  Object.keys(values).flatMap((name) => nameProblems(name, [name]));

const digestOnly = (image: string, path: Path): Problem[] =>
  hasDigest(image) && imageProblems(image, path).length === 0
    ? []
    : [
        {
          path,
          found: show(image),
          allowed: "an image by digest, such as registry.example/team/web@sha256:<64 hex digits>",
        },
      ];

/** A registry that is there, or one to be made in every region. */
const registry = z.union([
  ruledText(repositoryProblems),
  object({ kind: z.literal("ecr", { error: '"ecr"' }), region: text(/\S/, "the name of a region") }),
]);

const images = object({
  registry,
  builder: ruledText(imageProblems),
  nginx: ruledText(imageProblems),
  valkey: ruledText(imageProblems),
  mysql: ruledText(imageProblems).optional(),
  etcd: ruledText(imageProblems).optional(),
  powerdns: ruledText(imageProblems).optional(),
  web: ruledText(digestOnly).optional(),
  steward: ruledText(digestOnly).optional(),
});

const scaling = ruled(
  byKind(
    ["fixed", "cpu"],
    [
      object({ kind: z.literal("fixed"), replicas: integer(2, 100) }),
      object({
        kind: z.literal("cpu"),
        minReplicas: integer(2, 100),
        maxReplicas: integer(2, 1000),
        targetCpuPercent: integer(1, 100),
        scaleDownStabilizationSeconds: seconds(0, 3600),
      }),
    ],
  ),
  (value) => scalingProblems(value, []),
);

const drainSeconds = seconds(1, 300);

const service = object({
  version: ruledText(versionProblems),
  source: text(/^\w[\w.-]*(\/\w[\w.-]*)*$/, "a folder inside the project, such as services").optional(),
  scaling,
  resources: object({ cpuMillicores: integer(10, 64_000), memoryMebibytes: integer(16, 65_536) }),
  requestSeconds: seconds(1, 60),
  drainSeconds,
  rolloutTimeoutSeconds: seconds(30, 3600),
  logLevel: word("debug", "info", "warn", "error").optional(),
});

const cluster = byKind(
  ["existing", "eks"],
  [
    eks,
    object({
      kind: z.literal("existing"),
      context: text(/\S/, "the name of a kubeconfig context, as `kubectl config get-contexts` lists them"),
      kubeconfigPath: text(/^[^\n{}]+$/, "the path of a kubeconfig file").optional(),
    }),
  ],
);

const exposure = byKind(
  ["nodePort", "loadBalancer", "networkLoadBalancer", "clusterIp"],
  [
    object({ kind: z.literal("nodePort"), host, nodePort: integer(30_000, 32_767) }),
    object({ kind: z.literal("loadBalancer") }),
    object({ kind: z.literal("networkLoadBalancer") }),
    object({ kind: z.literal("clusterIp") }),
  ],
);

const backends = ruled(
  map(
    object({ weight: integer(0, maxWeight), image: ruledText(digestOnly).optional() }),
    "a map of 1 or more backends with their weights",
  ),
  namesOf,
);

const routing = ruled(
  byKind(
    ["nginx"],
    [
      object({
        kind: z.literal("nginx"),
        algorithm: word(...algorithms),
        backends,
        exposure,
        replicas: integer(2, 20).optional(),
        drainSeconds: seconds(1, 300),
        dnsTtlSeconds: seconds(0, 300),
        retryNonIdempotent: z.boolean({ error: "true or false" }).optional(),
      }),
    ],
  ),
  (value) => routingProblems(value, []),
);

/** A site that only votes. */
const witness = object({ name: ruledText(nameProblems), cluster, network });

const region = object({
  cluster,
  network: network.optional(),
  cache: object({ memoryMebibytes: integer(16, 65_536) }).optional(),
  routing,
});

const regions = ruled(map(region, "a map of 1 or more regions by name"), (value) => [
  ...namesOf(value),
  ...(Object.keys(value).length > 0
    ? []
    : [{ path: [], found: "without a region", allowed: "a map of 1 or more regions by name" }]),
]);

/** Values that go onto every object's labels as they are. */
const run = object({
  id: text(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, "1 to 40 lower-case letters, digits and inner hyphens"),
  owner: text(
    /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/,
    "1 to 63 letters, digits and inner dots, hyphens, underscores",
  ),
  created: text(/^\d{8}T\d{6}Z$/, "a time in UTC such as 20261129T120030Z"),
  ttlSeconds: integer(60, 604_800),
});

/** The shape of a stack's description. */
export const schema = object({
  run: run.optional(),
  images,
  service,
  quorum: quorum(witness).optional(),
  database: database.optional(),
  dns: dns.optional(),
  regions,
  aws: account.optional(),
});

/** Shapes of the parts that rules compare. */
export const parts = {
  cluster,
  drainSeconds,
  registry,
  network,
  routing,
  witness,
  quorum: quorum(witness),
  database,
  dns,
};

/** A stack's description once its shape is right. */
export type Description = z.output<typeof schema>;
