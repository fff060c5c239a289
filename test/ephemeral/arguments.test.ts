import { parse, UsageError } from "./arguments";

const image = `registry.example/web@sha256:${"a".repeat(64)}`;
const digestRule = "must be an image by digest, such as registry.example/web@sha256:<64 hex digits>";
const durationRule = "must be a whole number of seconds, minutes, hours or days, such as 90s, 30m, 2h or 1d";

test("what nobody says has a default", () => {
  expect(parse(["up", "--run", "true"])).toEqual({
    command: "up",
    spec: "one-region",
    ttlSeconds: 7200,
    image: undefined,
    run: "true",
  });
  expect(parse(["reap"])).toEqual({ command: "reap", olderThanSeconds: undefined, dryRun: false, only: [] });
  expect(parse(["chaos", "--seed", "7"])).toEqual({
    command: "chaos",
    runs: 20,
    seed: 7,
    faults: undefined,
    image: undefined,
  });
});

test("empty values are those that make hands over where nobody set a variable", () => {
  const given = ["up", "--spec", "", "--ttl", "", "--image", "", "--run", "true"];
  expect(parse(given)).toEqual(parse(["up", "--run", "true"]));
  expect(parse(["reap", "--older-than", ""])).toEqual(parse(["reap"]));
});

test("everything can be said", () => {
  const up = ["up", "--spec", "two-regions", "--ttl", "30m", "--image", image, "--run", "curl x"];
  expect(parse(up)).toEqual({ command: "up", spec: "two-regions", ttlSeconds: 1800, image, run: "curl x" });
  const id = "261129120030-k3f9";
  expect(parse(["reap", "--older-than", "0s", "--dry-run", "--only", id])).toEqual({
    command: "reap",
    olderThanSeconds: 0,
    dryRun: true,
    only: [id],
  });
  expect(parse(["chaos", "--fault", "kill-up", "--fault", "ctrl-c"])).toMatchObject({
    runs: 2,
    faults: ["kill-up", "ctrl-c"],
  });
});

test.each([
  [[], "command is missing; must be one of up, reap, inventory, chaos"],
  [["down"], 'command is "down"; must be one of up, reap, inventory, chaos'],
  [["up"], "--run is missing; must be a command to run against the stack"],
  [["up", "--run", "x", "--ttl", "soon"], `--ttl is "soon"; ${durationRule}`],
  [["up", "--run", "x", "--ttl", "8d"], '--ttl is "8d"; must be from 60s to 7d'],
  [["up", "--run", "x", "--image", "web:1"], `--image is "web:1"; ${digestRule}`],
  [["reap", "--older-than", "2"], `--older-than is "2"; ${durationRule}`],
  [["reap", "--only", "local"], '--only is "local"; must be the id of a run, such as 261129120030-k3f9'],
  [["inventory"], "ID is missing; must be the id of a run, such as 261129120030-k3f9"],
  [["chaos", "--runs", "0"], '--runs is "0"; must be an integer from 1 to 1000'],
  [["chaos", "--seed", "x"], '--seed is "x"; must be an integer from 0 to 2147483648'],
  [
    ["chaos", "--fault", "rain"],
    '--fault is "rain"; must be one of none, kill-up, kill-command, kill-destroy, kill-tree, kill-all, half-failed-up, ctrl-c, region-gone, state-lost',
  ],
])("%j is refused", (given, sentence) => {
  expect(() => parse(given)).toThrow(new UsageError(sentence));
});

test("an option that there is not is refused too", () => {
  expect(() => parse(["reap", "--force"])).toThrow(UsageError);
});
