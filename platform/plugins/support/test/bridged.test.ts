/** What every stand-in of a bridged provider does, shown on a resource of its own. */
import {
  CheckRequest,
  ConfigureRequest,
  InvokeRequest,
  type CheckResponse,
  type ConfigureResponse,
  type InvokeResponse,
} from "@pulumi/pulumi/proto/provider_pb";

import type { Kind } from "../bridged/kind";
import { toStruct, unknownText, type Properties } from "../properties";
import { secret } from "../secrets";
import { answer, BridgedHarness, type ResourceCalls } from "./bridged";

const vault: Kind = {
  type: "safe:index/vault:Vault",
  schemaVersion: 4,
  inputs: {
    owner: { type: "text", required: true },
    size: { type: "whole", default: 3, allowed: (value) => (Number(value) > 0 ? undefined : "1 or more") },
    note: { type: "text", inPlace: true },
    limit: { type: "whole", sticky: true },
    pin: { type: "text", secret: true, allowed: (value) => (value === "0000" ? "less obvious" : undefined) },
    open: { type: "flag" },
    keys: { type: "texts" },
    tags: { type: "map" },
    place: { type: "object", members: { city: "text" } },
  },
  uncovered: { alarm: "it needs a bell" },
  computed: { code: "secret", number: "open", full: "open" },
  update: ({ size }) => ({ full: Number(size) > 8 }),
  outdated: ({ number }) => (number === 13 ? "number" : undefined),
  refresh: ({ number }) => (number === 13 ? { full: true } : {}),
  create: ({ size }) => ({ id: "v-1", computed: { code: "c0de", number: 7, full: Number(size) > 8 } }),
};
const inputs: Properties = { owner: "ann", pin: secret("1234") };
const made: Properties = {
  __meta: '{"schema_version":"4"}',
  id: "v-1",
  owner: "ann",
  size: 3,
  pin: secret("1234"),
  code: secret("c0de"),
  number: 7,
  full: false,
};

const harness = new BridgedHarness("safe", [vault]);
let calls: ResourceCalls;

beforeAll(async () => {
  await harness.start();
  calls = harness.resource(vault);
});

afterAll(() => {
  harness.stop();
});

describe("check", () => {
  test("keeps inputs as they are, and marks what is always secret", async () => {
    const { inputs: checked, reasons } = await calls.check({ owner: "ann", pin: "1234" });
    expect(reasons).toEqual([]);
    expect(checked).toEqual(inputs);
  });

  test.each<[Properties, string]>([
    [{}, "owner is missing; must be a text"],
    [{ owner: 7 }, "owner is 7; must be a text"],
    [{ owner: "ann", size: 0 }, "size is 0; must be 1 or more"],
    [{ owner: "ann", size: 1.5 }, "size is 1.5; must be a whole number"],
    [{ owner: "ann", open: "yes" }, 'open is "yes"; must be true or false'],
    [{ owner: "ann", keys: [1] }, "keys is [1]; must be a list of texts"],
    [{ owner: "ann", tags: { a: 1 } }, 'tags is {"a":1}; must be an object of texts'],
    [{ owner: "ann", place: "here" }, 'place is "here"; must be an object'],
    [{ owner: "ann", place: { city: 1 } }, "place.city is 1; must be a text"],
    [{ owner: "ann", place: { town: "x" } }, "place.town is not known; must be one of city"],
    [{ owner: "ann", alarm: true }, "alarm is not covered: it needs a bell"],
    [
      { owner: "ann", colour: "red" },
      "colour is no input of safe:index/vault:Vault; must be one of owner, size, note, limit, pin, open, keys, tags, place",
    ],
    [{ owner: "ann", pin: "0000" }, "pin is not as it should be; must be less obvious"],
  ])("refuses %j", async (news, reason) => {
    expect((await calls.check(news)).reasons).toEqual([reason]);
  });

  test("tells all that is wrong at once", async () => {
    expect((await calls.check({ size: 0, pin: 1 })).reasons).toHaveLength(3);
  });

  test("waits for values that aren't known yet", async () => {
    expect((await calls.check({ owner: unknownText, size: unknownText })).reasons).toEqual([]);
  });
});

describe("create", () => {
  test("writes inputs, defaults and what it made; secrets are marked", async () => {
    expect(await calls.create(inputs)).toEqual({ id: "v-1", state: made });
  });

  test("in a preview tells what it can, and makes nothing", async () => {
    const { id, state } = await calls.create(inputs, true);
    expect(id).toBe("");
    const { code, number, full, id: id2, ...known } = state;
    expect([code, number, full, id2]).toEqual([unknownText, unknownText, unknownText, unknownText]);
    expect(known).toEqual({ owner: "ann", size: 3, pin: secret("1234") });
  });
});

describe("diff", () => {
  const none = { changed: [], replaces: [] };
  test.each<[string, Properties, Properties, { changed: string[]; replaces: string[] }]>([
    ["nothing", {}, {}, none],
    ["a default that is said", {}, { size: 3 }, none],
    ["an input", {}, { owner: "bob" }, { changed: ["owner"], replaces: ["owner"] }],
    ["a secret", {}, { pin: "9999" }, { changed: ["pin"], replaces: ["pin"] }],
    ["an input in place", { note: "a" }, { note: "b" }, { changed: ["note"], replaces: [] }],
    ["an input that is gone", { open: true }, {}, { changed: ["open"], replaces: ["open"] }],
    ["a sticky input that is gone", { limit: 5 }, {}, none],
    ["an unknown value", {}, { owner: unknownText }, { changed: ["owner"], replaces: ["owner"] }],
    ["a computed value that follows", { size: 9 }, { size: 9 }, { changed: ["full"], replaces: [] }],
    ["time", { number: 13 }, {}, { changed: ["number"], replaces: ["number"] }],
  ])("%s", async (_, before, after, expected) => {
    expect(await calls.diff({ ...made, ...before }, { ...inputs, ...after })).toEqual(expected);
  });
});

test("update keeps what was made, drops inputs that are gone and what described the old state", async () => {
  const before = { ...made, note: "old", open: true, limit: 5, __pulumi_raw_state_delta: { obj: {} } };
  expect(await calls.update(before, { ...inputs, note: "new" })).toEqual({ ...made, note: "new", limit: 5 });
});

test("read gives the state back, and what time did to it", async () => {
  const { state, inputs: read } = await calls.read("v-1", made, inputs);
  expect(state).toEqual(made);
  expect(read).toEqual(inputs);
  expect((await calls.read("v-1", { ...made, number: 13 })).state).toMatchObject({ full: true });
});

test("read without a state says that there is nothing to import", async () => {
  await expect(calls.read("v-1", {})).rejects.toThrow(
    "safe:index/vault:Vault can't be imported: it lives in the state of the stack that made it",
  );
});

test("delete needs nothing", async () => {
  await expect(calls.delete("v-1")).resolves.toBeUndefined();
});

test("takes no secrets, as the official one, so that the engine keeps track of them", async () => {
  const request = new ConfigureRequest();
  const response = await answer<ConfigureResponse>((done) => harness.client.configure(request, done));
  expect(response.toObject()).toMatchObject({
    acceptsecrets: false,
    supportspreview: true,
    acceptoutputs: false,
  });
});

describe("of the official plugin's other parts", () => {
  const only =
    "is not covered: this safe provider stands in for the official one and has safe:index/vault:Vault only";

  test("a resource is refused by name", async () => {
    const other = harness.resource({ ...vault, type: "safe:index/door:Door" });
    await expect(other.check({})).rejects.toThrow(`safe:index/door:Door ${only}`);
  });

  test("a function is refused by name", async () => {
    const request = new InvokeRequest().setTok("safe:index/getVault:getVault");
    await expect(answer<InvokeResponse>((done) => harness.client.invoke(request, done))).rejects.toThrow(
      `safe:index/getVault:getVault ${only}; for the rest install the official plugin: \`pulumi plugin install resource safe\``,
    );
  });

  test("a setting is refused by name", async () => {
    const request = new CheckRequest().setNews(toStruct({ version: "1.2.3", proxy: "{}" }));
    const response = await answer<CheckResponse>((done) => harness.client.checkConfig(request, done));
    expect(response.getFailuresList().map((failure) => failure.getReason())).toEqual([
      "safe:proxy is set; this stand-in has no settings: unset it, or install the official plugin: `pulumi plugin install resource safe`",
    ]);
  });
});
