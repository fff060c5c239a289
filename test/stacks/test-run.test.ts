import { changed, descriptionOf } from "../support/description";
import { runStack } from "../support/local";
import type { Registered } from "../support/program";

// A stack of a test run: whoever cleans up finds each object, and what controllers make of it, by its labels.

const run = { id: "261129120030-k3f9", owner: "root.host", created: "20261129T120030Z", ttlSeconds: 7200 };
const labels = {
  "twinstack.dev/run-id": run.id,
  "twinstack.dev/run-owner": run.owner,
  "twinstack.dev/run-created": run.created,
  "twinstack.dev/run-ttl-seconds": "7200",
};

interface Labelled {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
}

let objects: readonly Registered[];
beforeAll(async () => {
  const { resources } = await runStack(changed(descriptionOf("local"), "run", run), `test-${run.id}`);
  objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
});

/** What a controller makes after the pattern of an object. */
function templatesOf({ inputs }: Registered): Labelled[] {
  const { template, volumeClaimTemplates = [] } = (inputs["spec"] ?? {}) as {
    template?: Labelled;
    volumeClaimTemplates?: Labelled[];
  };
  return [...(template === undefined ? [] : [template]), ...volumeClaimTemplates];
}

test("every object tells its run, owner, start and time to live", () => {
  expect(objects.length).toBeGreaterThan(100);
  for (const { name, inputs } of objects) {
    expect([name, (inputs as unknown as Labelled).metadata.labels]).toEqual([
      name,
      expect.objectContaining(labels),
    ]);
  }
});

test("so do pods and claims, which controllers make", () => {
  const templates = objects.flatMap((object) => templatesOf(object).map(({ metadata }) => metadata.labels));
  expect(templates.length).toBeGreaterThan(20);
  for (const each of templates) expect(each).toMatchObject(labels);
});

test("no selector holds them: it could never be changed", () => {
  for (const { name, inputs } of objects) {
    const { selector } = (inputs["spec"] ?? {}) as { selector?: unknown };
    expect([name, JSON.stringify(selector ?? {})]).toEqual([name, expect.not.stringContaining("run-")]);
  }
});
