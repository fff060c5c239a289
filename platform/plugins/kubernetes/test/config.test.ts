import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { checkConfig, diffConfig, readSettings } from "../src/config";
import { clusterAccess } from "../src/kubeconfig";
import { Secret, UNKNOWN } from "../src/values";
import { kubeconfigFor } from "./support/api-server";

// Reading the Kubernetes library for the first time takes jest longer than its default.
jest.setTimeout(60_000);

describe("the provider's inputs", () => {
  test("known settings pass, also unknown or secret ones", () => {
    expect(
      checkConfig({
        kubeconfig: new Secret("text"),
        context: UNKNOWN,
        enableServerSideApply: "true",
        version: "4.34.2",
      }),
    ).toEqual([]);
  });

  test("all problems are told at once", () => {
    const failures = checkConfig({
      enableServerSideAply: "true",
      enableSecretMutable: "yes",
      renderYamlToDirectory: "out",
      strictMode: "true",
      context: "a",
    });
    expect(failures.map(({ property, reason }) => `${property}: ${reason}`)).toEqual([
      expect.stringMatching(
        /^enableServerSideAply: enableServerSideAply is no setting of the kubernetes provider; must be one of alwaysRender, cluster, .*enableServerSideApply/,
      ),
      'enableSecretMutable: enableSecretMutable is "yes"; must be true or false',
      "renderYamlToDirectory: renderYamlToDirectory is not covered by this stand-in; use the official kubernetes plugin",
      "kubeconfig: kubeconfig is missing; strictMode requires it",
    ]);
  });

  test("settings beat the environment, which beats the defaults", () => {
    process.env["PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY"] = "false";
    try {
      expect(readSettings({}).serverSideApply).toBe(false);
      expect(readSettings({ enableServerSideApply: "true" }).serverSideApply).toBe(true);
    } finally {
      delete process.env["PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY"];
    }
    expect(readSettings({})).toMatchObject({
      serverSideApply: true,
      configMapsMutable: false,
      requestTimeoutSeconds: 60,
    });
    expect(readSettings({ kubeClientSettings: '{"timeout":7}' }).requestTimeoutSeconds).toBe(7);
  });

  test("another cluster replaces what was in the old one; other changes don't", async () => {
    const here = { kubeconfig: kubeconfigFor("https://198.18.0.10:6443") };
    const there = { kubeconfig: kubeconfigFor("https://198.18.0.11:6443") };
    const renewed = { kubeconfig: here.kubeconfig.replace('"token":"token"', '"token":"new"') };
    expect(await diffConfig(here, here)).toEqual({ diffs: [], replaces: [] });
    expect(await diffConfig(here, there)).toEqual({ diffs: ["kubeconfig"], replaces: ["kubeconfig"] });
    expect(await diffConfig(here, renewed)).toEqual({ diffs: ["kubeconfig"], replaces: [] });
    expect(await diffConfig(here, { ...here, namespace: "n" })).toEqual({
      diffs: ["namespace"],
      replaces: [],
    });
    expect(await diffConfig(here, { kubeconfig: UNKNOWN })).toEqual({
      diffs: ["kubeconfig"],
      replaces: ["kubeconfig"],
    });
  });

  test("a clusterIdentifier decides instead of the address", async () => {
    const here = { kubeconfig: kubeconfigFor("https://198.18.0.10:6443"), clusterIdentifier: "a" };
    const moved = { kubeconfig: kubeconfigFor("https://198.18.0.11:6443"), clusterIdentifier: "a" };
    expect((await diffConfig(here, moved)).replaces).toEqual([]);
    expect((await diffConfig(here, { ...here, clusterIdentifier: "b" })).replaces).toEqual([
      "clusterIdentifier",
    ]);
  });
});

describe("the kubeconfig", () => {
  let folder: string;
  let first: string;
  let second: string;
  const file = (name: string, server: string, context: string): string => {
    const path = join(folder, name);
    writeFileSync(path, kubeconfigFor(server).replaceAll('"test"', JSON.stringify(context)));
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    first = file("first", "https://198.18.0.10:6443", "one");
    second = file("second", "https://198.18.0.11:6443", "two");
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("is taken as text, as a path and as a list of paths, of which some may be missing", async () => {
    const list = [join(folder, "missing"), first, second].join(delimiter);
    const text = kubeconfigFor("https://198.18.0.12:6443");
    expect((await clusterAccess({ kubeconfig: text })).server).toBe("https://198.18.0.12:6443");
    expect((await clusterAccess({ kubeconfig: second })).server).toBe("https://198.18.0.11:6443");
    expect((await clusterAccess({ kubeconfig: list })).server).toBe("https://198.18.0.10:6443");
    expect((await clusterAccess({ kubeconfig: list, context: "two" })).server).toBe(
      "https://198.18.0.11:6443",
    );
    expect((await clusterAccess({ kubeconfig: list, cluster: "two" })).server).toBe(
      "https://198.18.0.11:6443",
    );
  });

  test("comes from KUBECONFIG when none is given", async () => {
    const before = process.env["KUBECONFIG"];
    process.env["KUBECONFIG"] = second;
    try {
      expect((await clusterAccess({})).server).toBe("https://198.18.0.11:6443");
    } finally {
      if (before === undefined) {
        delete process.env["KUBECONFIG"];
      } else {
        process.env["KUBECONFIG"] = before;
      }
    }
  });

  test("gives the context's namespace, or default", async () => {
    const text = kubeconfigFor("https://198.18.0.10:6443");
    expect((await clusterAccess({ kubeconfig: text })).namespace).toBe("default");
    const named = text.replace('"cluster":"test","user"', '"cluster":"test","namespace":"n","user"');
    expect((await clusterAccess({ kubeconfig: named })).namespace).toBe("n");
  });

  test("is refused in plain words", async () => {
    await expect(clusterAccess({ kubeconfig: "no-such-file" })).rejects.toThrow(
      'kubeconfig is "no-such-file", and there is no such file; give a kubeconfig\'s text, its path, or a list of paths',
    );
    await expect(clusterAccess({ kubeconfig: first, context: "three" })).rejects.toThrow(
      'context is "three", which the kubeconfig does not have; must be one of one',
    );
    await expect(clusterAccess({ kubeconfig: first, cluster: "three" })).rejects.toThrow(
      'cluster is "three", which the kubeconfig does not have; must be one of one',
    );
    await expect(clusterAccess({ kubeconfig: "{" })).rejects.toThrow(/^the kubeconfig can't be read: /);
  });
});
