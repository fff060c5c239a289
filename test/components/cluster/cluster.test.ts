import { type ClusterConfig, createCluster } from "../../../components";
import { runProgram } from "../../support/program";

async function providerOf(config: ClusterConfig): Promise<Record<string, unknown> | undefined> {
  const { resources } = await runProgram(
    () => {
      createCluster("eu", config);
      return {};
    },
    { stack: "test", config: {} },
  );
  return resources.find(({ name }) => name === "eu-provider")?.inputs;
}

test("an existing cluster is a context of the ambient kubeconfig", async () => {
  expect(await providerOf({ kind: "existing", context: "kind-eu" })).toEqual({
    context: "kind-eu",
    enableSecretMutable: "true",
    enableServerSideApply: "true",
  });
});

test("or of a kubeconfig of its own", async () => {
  const config = { kind: "existing", context: "kind-eu", kubeconfigPath: "/etc/eu.yaml" } as const;
  expect(await providerOf(config)).toMatchObject({ kubeconfig: "/etc/eu.yaml" });
});

test("a kind nobody wrote is refused", async () => {
  await expect(providerOf({ kind: "gke" } as unknown as ClusterConfig)).rejects.toThrow(
    'cluster.kind is "gke"; must be one of the kinds this version knows',
  );
});
