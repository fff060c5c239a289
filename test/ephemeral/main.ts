import { type Options, parse, usage, UsageError } from "./arguments";
import { chaos } from "./campaign";
import { contextsOf, readDescription, registryOf } from "./description";
import { RunFolder } from "./folder";
import { takeInventory } from "./inventory";
import { reap } from "./reap";
import { progress } from "./table";
import { up } from "./up";
import { watch } from "./watchdog";

const usageCode = 2;
const say = progress((line) => {
  console.log(line);
});

// Nobody may listen any more, such as after a terminal was closed: that must not end what cleans up.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

/** Prints all that is there because of a run. */
async function inventory(id: string): Promise<number> {
  const description = readDescription(`stacks/Pulumi.${process.env["STACK"] ?? "local"}.yaml`);
  const record = new RunFolder(id).read();
  const places = { contexts: contextsOf(description), registry: registryOf(description) };
  const { left, unseen } = await takeInventory({ ...places, ...record, id });
  for (const thing of left) console.log(thing);
  for (const reason of unseen) console.log(`not looked at: ${reason}`);
  console.log(`run ${id}: ${left.length} left${unseen.length === 0 ? "" : ", and not all was looked at"}`);
  return left.length + unseen.length === 0 ? 0 : 1;
}

function main(options: Options): Promise<number> {
  switch (options.command) {
    case "up":
      return up(options, say);
    case "reap":
      return reap(options, say);
    case "inventory":
      return inventory(options.id);
    case "chaos":
      return chaos(options, say);
    case "watch":
      return watch(options.id, say);
  }
}

async function run(): Promise<number> {
  try {
    return await main(parse(process.argv.slice(2)));
  } catch (error) {
    console.error((error as Error).message);
    if (!(error instanceof UsageError)) return 1;
    console.error(usage);
    return usageCode;
  }
}

// Not by itself: a pipe to a watchdog that was killed, or a connection kept for later, must not hold it.
void run().then((code) => process.exit(code));
