/** A golden as it stands in its file. */
export interface Golden {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly resources: readonly { readonly type: string; readonly name: string; readonly inputs: object }[];
}

/** Something to read off a golden; "-" for what it has not. */
type Fact = readonly [what: string, read: (golden: Golden) => string];

const nothing = "-";

function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (at, step) =>
        typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined,
      value,
    );
}

/** The value at a path in every resource of a type, each once, in order. */
function values({ resources }: Golden, type: string, path: string, named = /./): unknown[] {
  const found = resources
    .filter((resource) => resource.type.endsWith(type) && named.test(resource.name))
    .map(({ inputs }) => valueAt(inputs, path))
    .filter((value) => value !== undefined);
  return [...new Set(found)];
}

const text = (found: readonly unknown[]): string =>
  found.length === 0 ? nothing : found.map(String).join(", ");

const read =
  (type: string, path: string, named?: RegExp) =>
  (golden: Golden): string =>
    text(values(golden, type, path, named));

const count = ({ resources }: Golden, type: string): number =>
  resources.filter((resource) => resource.type.endsWith(type)).length;

/** How many there are in each region, where regions are alike. */
const perRegion = (type: string) => (golden: Golden) => {
  const regions = Object.keys(golden.outputs["endpoints"] as object).length;
  const all = count(golden, type);
  return all === 0 ? nothing : String(all / regions);
};

const output = (path: string) => (golden: Golden) =>
  text([valueAt(golden.outputs, path)].filter((value) => value !== undefined));

/** Variables of the stewards' environment. */
function stewardVariable(name: string): (golden: Golden) => string {
  return ({ resources }) => {
    const stewards = resources.filter((resource) => resource.name.endsWith("-steward-deployment"));
    const pattern = new RegExp(`"name":"${name}","value":"([^"]*)"`);
    const found = stewards.flatMap(({ inputs }) => pattern.exec(JSON.stringify(inputs))?.[1] ?? []);
    return text([...new Set(found)]);
  };
}

const facts: readonly Fact[] = [
  ["clients ask for", output("fqdn")],
  ["regions", ({ outputs }) => Object.keys(outputs["endpoints"] as object).join(", ")],
  ["AWS regions", read("pulumi:providers:aws", "region")],
  [
    "AWS account",
    (golden) => read("pulumi:providers:aws", "allowedAccountIds")(golden).replace(/[[\]"]/g, ""),
  ],
  ["clusters", (golden) => kubernetes(golden)],
  ["network of each region", read("ec2/vpc:Vpc", "cidrBlock")],
  ["ways out of a region (NAT)", perRegion("ec2/natGateway:NatGateway")],
  ["load balancers (public)", perRegion("lb/loadBalancer:LoadBalancer")],
  ["images", (golden) => String(golden.outputs["image"]).replace(/\/web@.*$/, "")],
  ["pods of a backend", (golden) => scaling(golden)],
  ["a pod is promised", (golden) => promised(golden)],
  ["weights", (golden) => weights(golden)],
  ["router pods", read("apps/v1:Deployment", "spec.replicas", /-router-deployment$/)],
  ["cache", (golden) => cache(golden)],
  ["lease", (golden) => suffixed(stewardVariable("LEASE_SECONDS")(golden), " s")],
  ["who votes", (golden) => voters(golden)],
  ["database", (golden) => database(golden)],
  ["RPO", (golden) => suffixed(output("database.rpoSeconds")(golden), " s")],
  ["RTO of the database", (golden) => suffixed(output("database.rtoSeconds")(golden), " s")],
  [
    "backups are kept for",
    (golden) => suffixed(read("rds/cluster:Cluster", "backupRetentionPeriod")(golden), " days"),
  ],
  ["writes come back after", (golden) => suffixed(stewardVariable("HOLD_DOWN_SECONDS")(golden), " s")],
  [
    "protected from deletion",
    (golden) => String(golden.resources.filter((each) => "protect" in each).length),
  ],
  ["alarms", (golden) => String(count(golden, "cloudwatch/metricAlarm:MetricAlarm"))],
  ["resources in all", ({ resources }) => String(resources.length)],
];

const suffixed = (found: string, unit: string): string => (/^[0-9]+$/.test(found) ? found + unit : found);

function kubernetes(golden: Golden): string {
  const versions = values(golden, "eks/cluster:Cluster", "version");
  return versions.length > 0
    ? `EKS ${text(versions)}`
    : `existing: ${read("pulumi:providers:kubernetes", "context")(golden)}`;
}

function scaling(golden: Golden): string {
  const type = ":HorizontalPodAutoscaler";
  const from = text(values(golden, type, "spec.minReplicas"));
  const to = text(values(golden, type, "spec.maxReplicas"));
  return from === nothing ? nothing : `${from} to ${to}`;
}

/** Requests of the service's containers. */
function promised({ resources }: Golden): string {
  const web = resources.find(({ name }) => /-a-web-[a-z]+-deployment$/.test(name));
  const { cpu, memory } = (valueAt(web?.inputs, "spec.template.spec.containers.0.resources.requests") ??
    {}) as {
    readonly cpu?: string;
    readonly memory?: string;
  };
  return cpu === undefined ? nothing : `${cpu} CPU, ${memory ?? nothing}`;
}

function weights({ outputs }: Golden): string {
  const regions = Object.values(outputs["weights"] as Record<string, Record<string, number>>);
  const texts = regions.map((backends) =>
    Object.entries(backends)
      .map(([backend, weight]) => `${backend} ${weight}`)
      .join(", "),
  );
  return [...new Set(texts)].join("; ");
}

function cache({ resources }: Golden): string {
  const found = resources.find(({ name }) => name.endsWith("-a-cache-deployment"));
  const limit = valueAt(found?.inputs, "spec.template.spec.containers.0.resources.limits.memory");
  return typeof limit === "string" ? limit : nothing;
}

function voters(golden: Golden): string {
  const tables = golden.resources.filter(({ type }) => type === "aws:dynamodb/table:Table");
  const witness = text(tables.map(({ inputs }) => valueAt(inputs, "globalTableWitness.regionName")));
  if (tables.length > 0) return `DynamoDB, witness in ${witness}`;
  const count = golden.resources.filter(({ type }) => type === "twinstack:quorum:EtcdVoter").length;
  return count === 0 ? nothing : `${count} of etcd`;
}

function database(golden: Golden): string {
  const mode = output("database.mode")(golden);
  const classes = values(golden, "rds/clusterInstance:ClusterInstance", "instanceClass");
  if (classes.length > 0) {
    return `Aurora, ${mode}, ${perRegion("rds/clusterInstance:ClusterInstance")(golden)} x ${text(classes)} a region`;
  }
  return mode === nothing ? nothing : `MySQL in pods, ${mode}`;
}

/** A table in Markdown, its columns as wide as what stands in them. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** What tells environments apart, read off their goldens. */
export function environmentsPage(goldens: Readonly<Record<string, Golden>>): string {
  const head = ["", ...Object.keys(goldens)];
  const rows = facts.map(([what, of]) => [what, ...Object.values(goldens).map(of)]);
  return `# Environments at a glance

Read off \`test/stacks/expected/*.json\`, which list every resource of each environment; \`make golden\` writes this page anew.

${table([head, ...rows])}
`;
}
