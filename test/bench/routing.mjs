import { attack } from "./support/load.mjs";
import { plainNginx, serviceOf } from "./support/plain-nginx.mjs";
import { row } from "./support/report.mjs";
import { contextsOf, kubectl, localTopology, requireEnvironment, ScratchStack } from "./support/stand.mjs";

const roundCount = 3;
const attackSeconds = 10;
const warmUpSeconds = 2;
const stackName = "bench";
const namespace = `twinstack-${stackName}`;

/**
 * The stack's router against a plain nginx and against no router, in front of the same pods. The stack is one of the
 * bench's own, with a fixed number of pods: autoscaling under load would give every target another number.
 */
export async function routing(session) {
  const { context, up, destroy } = await standUp(session);
  const { addresses, removePeers } = await makePeers(context);
  for (const address of Object.values(addresses)) await attack(session, context, address, warmUpSeconds);

  const seen = await session.rounds(
    "routing",
    roundCount,
    Object.fromEntries(
      Object.entries(addresses).map(([name, address]) => [
        name,
        () => attack(session, context, address, attackSeconds),
      ]),
    ),
  );
  await removePeers();
  const destroyed = await destroy();
  return [
    row("first `up` of all of it, built before", "pulumi up", "s", [up]),
    row("destroy of all of it", "pulumi destroy", "s", [destroyed], { target: 30 }),
    ...loadRows(seen),
  ];
}

/** Requests a second, p50 and p99 of every target. */
function loadRows(seen) {
  const { router, ...peers } = seen;
  const of = (reports, key) => reports.map((report) => report[key]);
  return [
    ["requests", "1/s", "rate"],
    ["p50", "ms", "p50"],
    ["p99", "ms", "p99"],
  ].flatMap(([what, unit, key]) => [
    row(`${what} through the router`, "vegeta attack router", unit, of(router, key), {
      peers: Object.fromEntries(Object.entries(peers).map(([name, reports]) => [name, of(reports, key)])),
    }),
    ...Object.entries(peers).map(([name, reports]) =>
      row(`peer: ${what}, ${name}`, `vegeta attack ${name}`, unit, of(reports, key)),
    ),
  ]);
}

/** Brings the bench's stack up and sees to it that it goes. */
async function standUp(session) {
  const topology = localTopology();
  const [context] = contextsOf(topology);
  for (const { routing } of Object.values(topology.regions)) routing.exposure = { kind: "clusterIp" };
  topology.service.scaling = { kind: "fixed", replicas: 2 };
  await requireEnvironment([context]);
  await refuseLeftovers(context);

  const stack = await new ScratchStack(session, stackName, { topology }).create();
  let gone = false;
  const destroy = async () => {
    const { seconds } = await stack.pulumi(["destroy", "--yes", "--skip-preview"], 180);
    gone = true;
    return seconds;
  };
  session.defer(`namespace ${namespace} goes`, async () => {
    if (gone) return;
    // What an `up` was doing when it was interrupted, Pulumi may not know of.
    await destroy().catch(() => undefined);
    await kubectl(context, ["delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s"]);
  });
  session.say(`routing: pulumi up of ${namespace}`);
  const { seconds: up } = await stack.pulumi(["up", "--yes", "--skip-preview"], 300);
  return {
    context,
    up,
    destroy: () => {
      session.say(`routing: pulumi destroy of ${namespace}`);
      return destroy();
    },
  };
}

async function refuseLeftovers(context) {
  if ((await kubectl(context, ["get", "namespace", namespace, "--ignore-not-found"])) === "") return;
  throw new Error(
    `namespace ${namespace} is there; must be absent: another bench runs, or one was killed. ` +
      `Remove it with 'kubectl --context ${context} delete namespace ${namespace}'`,
  );
}

/** Makes the peers of the router in its namespace; the address of each target inside the cluster, and the way back. */
async function makePeers(context) {
  const inside = (args, options) => kubectl(context, ["--namespace", namespace, ...args], options);
  const read = async (...args) => JSON.parse(await inside(["get", ...args, "-o", "json"]));
  const { spec } = await read("deployment", "router");
  const { items } = await read("pods", "-l", "app.kubernetes.io/name=web");
  const { backends } = Object.values(localTopology().regions)[0].routing;
  const servers = items.map(({ metadata, status }) => {
    const backend = metadata.labels["app.kubernetes.io/instance"].replace(/^web-/, "");
    return { address: `${status.podIP}:8080`, weight: backends[backend].weight };
  });
  const image = spec.template.spec.containers[0].image;
  const objects = [
    ...plainNginx(image, spec.replicas, servers),
    serviceOf("direct", { "app.kubernetes.io/name": "web" }),
  ];
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  await inside(["apply", "--filename", "-"], { input });
  await inside(["rollout", "status", "deployment/plain-nginx", "--timeout=60s"], { deadlineSeconds: 70 });

  const names = { router: "router", "plain nginx": "plain-nginx", "no router": "direct" };
  const found = Object.entries(names).map(async ([target, service]) => {
    const { clusterIP, ports } = (await read("service", service)).spec;
    return [target, `${clusterIP}:${ports[0].port}`];
  });
  return {
    addresses: Object.fromEntries(await Promise.all(found)),
    removePeers: () => inside(["delete", "--filename", "-", "--cascade=foreground"], { input }),
  };
}
