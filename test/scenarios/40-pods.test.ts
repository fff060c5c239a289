import { isReady, type Pod, processesOf, restarts } from "./support/cluster";
import { eventually, must } from "./support/command";
import { backendPods, type Environment, environment, restore } from "./support/environment";
import { ask, load } from "./support/load";

let local: Environment;
beforeAll(async () => {
  local = await environment();
  // An autoscaler that is still coming down could take the very pod that is looked at.
  await eventually(
    "two ready pods of stable",
    async () => {
      const pods = await local.cluster.pods(backendPods("stable"));
      return (pods.length === 2 && pods.every(isReady)) || undefined;
    },
    { deadlineSeconds: 240, everySeconds: 2 },
  );
});
afterAll(() => restore(local));

async function onePod(): Promise<Pod> {
  const [pod] = await local.cluster.pods(backendPods("stable"));
  if (pod === undefined) throw new Error("backend stable has no pod");
  return pod;
}

async function again(pod: Pod): Promise<Pod> {
  return JSON.parse(await local.cluster.kubectl("get", "pod", pod.metadata.name, "-o", "json")) as Pod;
}

/** Runs a command inside the pod's network, for its loopback-only admin port. */
async function setReady(pod: Pod, to: "enable" | "disable"): Promise<void> {
  const [pid] = processesOf(pod);
  await must("nsenter", [
    ...["--net", "--target", String(pid), "curl", "--silent", "--show-error", "--fail", "--max-time", "5"],
    ...["--request", "POST", `http://127.0.0.1:8081/ready/${to}`],
  ]);
}

test("a hung process is taken out of traffic, restarted, and costs no failed request", async () => {
  const pod = await onePod();
  const traffic = load(local.endpoint, 30, 120);
  const before = restarts(pod);
  processesOf(pod).forEach((pid) => process.kill(pid, "SIGSTOP"));
  const hungAt = Date.now();
  await eventually("the hung pod is out of traffic", async () => !isReady(await again(pod)) || undefined);
  const outAfter = (Date.now() - hungAt) / 1000;
  await eventually("liveness restarted it", async () => restarts(await again(pod)) > before || undefined, {
    deadlineSeconds: 90,
  });
  await eventually("it is ready again", async () => isReady(await again(pod)) || undefined);
  const report = await traffic.stop();
  console.log(
    `hung: out after ${outAfter.toFixed(1)} s, back after ${((Date.now() - hungAt) / 1000).toFixed(1)} s, ` +
      JSON.stringify(report),
  );
  expect(report).toMatchObject({ failed: 0, errors: [] });
});

test("an unready pod gets no traffic", async () => {
  const pod = await onePod();
  await setReady(pod, "disable");
  try {
    await eventually("the pod is not ready", async () => !isReady(await again(pod)) || undefined);
    await eventually(
      "no answer comes from it",
      async () => {
        const answers = await Promise.all(
          Array.from({ length: 120 }, () => ask(`${local.endpoint}/v1/process`)),
        );
        const pods = answers.map((answer) => (JSON.parse(answer.body) as { pod: string }).pod);
        return !pods.includes(pod.metadata.name) || undefined;
      },
      { deadlineSeconds: 15 },
    );
  } finally {
    await setReady(pod, "enable");
  }
  await eventually("the pod is ready again", async () => isReady(await again(pod)) || undefined);
});

test("a killed process costs no failed request", async () => {
  const pod = await onePod();
  const before = restarts(pod);
  const traffic = load(local.endpoint, 30, 60);
  processesOf(pod).forEach((pid) => process.kill(pid, "SIGKILL"));
  await eventually("it was started again", async () => restarts(await again(pod)) > before || undefined);
  await eventually("it is ready again", async () => isReady(await again(pod)) || undefined);
  const report = await traffic.stop();
  console.log(`killed: ${JSON.stringify(report)}`);
  expect(report).toMatchObject({ failed: 0, errors: [] });
});

test("a deleted pod costs no failed request", async () => {
  const pod = await onePod();
  const traffic = load(local.endpoint, 30, 60);
  await local.cluster.kubectl("delete", "pod", pod.metadata.name, "--wait=true");
  await eventually("two ready pods again", async () => {
    const ready = (await local.cluster.pods(backendPods("stable"))).filter(isReady);
    return ready.length >= 2 || undefined;
  });
  const report = await traffic.stop();
  console.log(`deleted: ${JSON.stringify(report)}`);
  expect(report).toMatchObject({ failed: 0, errors: [] });
});

test("the service degrades, not dies, without its cache", async () => {
  const degraded = async () =>
    (JSON.parse((await ask(`${local.endpoint}/v1/process`)).body) as { degraded: boolean }).degraded;
  await eventually("not degraded at first", async () => !(await degraded()) || undefined);
  const traffic = load(local.endpoint, 30, 90);
  await local.cluster.kubectl("scale", "deployment/cache", "--replicas=0");
  try {
    await eventually("answers say degraded", async () => (await degraded()) || undefined);
  } finally {
    await local.cluster.kubectl("scale", "deployment/cache", "--replicas=1");
  }
  await eventually("whole again", async () => !(await degraded()) || undefined, { deadlineSeconds: 60 });
  expect(await traffic.stop()).toMatchObject({ failed: 0, errors: [] });
});
