import type { PolicyResource, ResourceValidationArgs } from "@pulumi/policy";
import { Declarations } from "../../policies/declarations";

const urn = "urn:pulumi:local::shop::kubernetes:apps/v1:Deployment::web";

const declared = (props: object): ResourceValidationArgs =>
  ({ urn, type: "kubernetes:apps/v1:Deployment", name: "web", props }) as ResourceValidationArgs;

const outcome = (type: string, props: object): PolicyResource =>
  ({ urn, type, name: "web", props }) as PolicyResource;

test("a stack rule judges what was asked for, not what a controller made of it", () => {
  const declarations = new Declarations();
  declarations.declare(declared({ spec: {} }));
  const seen = declarations.of(outcome("kubernetes:apps/v1:Deployment", { spec: { replicas: 7 } }));
  expect(seen.props).toEqual({ spec: {} });
});

test("what was asked for last counts", () => {
  const declarations = new Declarations();
  declarations.declare(declared({ spec: { replicas: 2 } }));
  declarations.declare(declared({ spec: { replicas: 3 } }));
  expect(declarations.of(outcome("kubernetes:apps/v1:Deployment", {})).props).toEqual({
    spec: { replicas: 3 },
  });
});

test("what nobody asked for in this run is judged as it is", () => {
  expect(new Declarations().of(outcome("kubernetes:apps/v1:Deployment", { spec: {} })).props).toEqual({
    spec: {},
  });
});

test("a stack is judged by its outputs", () => {
  const declarations = new Declarations();
  declarations.declare({ ...declared({}), type: "pulumi:pulumi:Stack" });
  const promise = { database: { mode: "async" } };
  expect(declarations.of(outcome("pulumi:pulumi:Stack", promise)).props).toEqual(promise);
});

test("a resource that no rule looks into is not copied", () => {
  const props = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("copied");
      },
    },
  );
  const resource = new Declarations().declare(declared(props));
  expect(resource.type).toBe("kubernetes:apps/v1:Deployment");
  expect(() => resource.props).toThrow("copied");
});
