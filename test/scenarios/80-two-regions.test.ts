import { Resolver } from "node:dns/promises";
import { Cluster } from "./support/cluster";
import { eventually } from "./support/command";
import { type Environment, environment, restore } from "./support/environment";
import { isWhole, Steward } from "./support/steward";

/** The caching resolver of the local platform. */
const resolverAddress = "198.18.0.1";
/** From a fault's end until both regions serve and the one has what the other acknowledged, with a clone if need be. */
const wholeSeconds = 120;

let local: Environment;
let b: Cluster;
let steward: Steward;
beforeAll(async () => {
  local = await environment();
  b = new Cluster("twinstack-b", local.outputs.namespaces["b"] ?? "");
  steward = new Steward(local.cluster);
  await steward.until("both regions are well", isWhole, wholeSeconds);
});
afterAll(async () => {
  await steward.until("both regions are well again", isWhole, wholeSeconds);
  await restore(local);
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Asks one region's router for JSON. */
async function ask(
  region: string,
  path: string,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const answer = await fetch(`${local.outputs.endpoints[region] ?? ""}${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json", ...headers },
    signal: AbortSignal.timeout(5000),
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  };
}

const unique = `${Date.now()}`;

test("one name leads to both regions", async () => {
  const resolver = new Resolver();
  resolver.setServers([resolverAddress]);
  const addresses = await resolver.resolve4(local.outputs.fqdn ?? "", { ttl: true });
  expect(addresses.map(({ address }) => address).sort()).toEqual(["198.18.0.10", "198.18.0.11"]);
  for (const { ttl } of addresses) expect(ttl).toBeLessThanOrEqual(3);
});

test("what is written through one region is read in the other, from its own member", async () => {
  for (const name of [`from-${unique}`, `to-${unique}`]) {
    expect((await ask("b", "/v1/accounts", { body: { name, balance: 100 } })).status).toBe(201);
  }
  const transfer = { id: `t-${unique}`, from: `from-${unique}`, to: `to-${unique}`, amount: 7 };
  const written = await ask("b", "/v1/transfers", { body: transfer });
  expect([written.status, written.headers.get("x-database")]).toEqual([200, "writer"]);
  const token = written.headers.get("x-write-token") ?? "";
  for (const region of ["a", "b"]) {
    const read = await ask(region, `/v1/accounts/${transfer.to}`, { headers: { "x-write-token": token } });
    expect([region, read.status, read.headers.get("x-database"), read.body["balance"]]).toEqual([
      region,
      200,
      "reader",
      107,
    ]);
  }
});

test("after a switchover preview shows no change, and up keeps the writer", async () => {
  await steward.run("switchover", "--to", "b");
  const { epoch } = await steward.until("b writes", ({ writer, open }) => writer === "b" && open, 15);
  // Or the hold-down ends in the middle of what is looked at.
  await steward.run("pause");
  try {
    expect((await local.stack.preview()).changes.touched).toEqual([]);
    expect((await local.stack.mustUp()).changes.touched).toEqual([]);
    expect((await local.stack.drift()).changes.touched).toEqual([]);
    expect(await steward.status()).toMatchObject({ writer: "b", open: true, epoch });
  } finally {
    await steward.run("resume");
  }
  await steward.until("both regions are well", isWhole, wholeSeconds);
  await steward.run("failback");
  await steward.until("a writes again", ({ writer, open }) => writer === "a" && open, 30);
});

/** Statements as the guard's own account, which alone may do what must never be done. */
const sql = (cluster: Cluster, region: string, statements: string): Promise<string> =>
  cluster.kubectl(
    ...["exec", `database-${region}-0`, "-c", "mysql", "--"],
    ...["mysql", "--socket=/run/mysqld/mysqld.sock", "--user=guard", "--batch", `--execute=${statements}`],
  );

test("a member with a transaction that no writer made is named and stays out until it is rebuilt", async () => {
  await steward.until("both regions are well", isWhole, wholeSeconds);
  await sql(
    b,
    "b",
    "SET GLOBAL super_read_only = OFF; CREATE TABLE app.errant (id INT PRIMARY KEY); SET GLOBAL super_read_only = ON",
  );
  const named = await steward.until(
    "b is named",
    ({ regions }) => regions.some(({ name, errant = "" }) => name === "b" && errant !== ""),
    60,
  );
  expect(named.promise.synced ?? []).toEqual([]);
  expect(await steward.run("status")).toMatch(/errant transactions [0-9a-f-]{36}:\d+; steward rebuild b/);
  await expect(steward.run("switchover", "--to", "b")).rejects.toThrow(/errant/);
  // Its reads are answered by the writer meanwhile.
  const name = `from-${unique}`;
  await eventually("b reads from the writer", async () => {
    const read = await ask("b", `/v1/accounts/${name}`);
    return read.status === 200 && read.headers.get("x-database") === "reader" ? read : undefined;
  });

  await steward.run("rebuild", "b");
  await steward.until("b is whole again", isWhole, wholeSeconds);
  await expect(sql(b, "b", "SELECT * FROM app.errant")).rejects.toThrow(/doesn't exist/);
});
