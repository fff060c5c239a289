import { runs } from "./environment";
import { elements, follow, input, textOf } from "./inputs";
import { at, containersOf, type Field, nameOf, notYetKnown, podSpecOf, value } from "./manifest";
import type { Resource } from "./rule";
import { regionLabel } from "./workloads";

/** A store of leases that decides by majority. */
export interface LeaseStore {
  readonly name: string;
  /** Where each of its voters is: a region of the stack, or one of AWS. */
  readonly places: readonly Field<string>[];
  /** How many voters it was told that it has; undefined where it is told nothing. */
  readonly told: Field<number>;
}

/** An argument of etcd's such as `--name`, as far as its arguments are known. */
export function etcdArgument(voter: Resource, name: string): Field<string> {
  const found = containersOf(podSpecOf(voter)).map((container) => {
    const given = follow(container, "args");
    if (given === notYetKnown || elements(given).includes(notYetKnown)) return notYetKnown;
    const argument = elements(given)
      .map(textOf)
      .find((each) => each?.startsWith(`--${name}=`));
    return argument?.slice(name.length + 3);
  });
  return found.find((each) => each !== undefined);
}

/** The voters of etcd that the stack runs. */
export const etcdVoters = (resources: readonly Resource[]): Resource[] =>
  resources.filter((resource) => resource.type.endsWith(":StatefulSet") && runs(resource, "quorum"));

function etcdOf(resources: readonly Resource[]): LeaseStore[] {
  const voters = etcdVoters(resources);
  if (voters.length === 0) return [];
  const told = voters.map((voter) => etcdArgument(voter, "initial-cluster"));
  const lists = new Set(told.map((list) => value(list)));
  const only = lists.size === 1 ? [...lists][0] : "";
  return [
    {
      name: voters.map(({ props }) => nameOf(props)).join(", "),
      places: voters.map(({ props }) => at(at(props.metadata, "labels"), regionLabel)),
      told: told.includes(notYetKnown) ? notYetKnown : (only ?? "").split(",").filter(Boolean).length,
    },
  ];
}

/** Tables in several regions; a table in one region is no store of leases between regions. */
function tablesOf(resources: readonly Resource[]): LeaseStore[] {
  return resources
    .filter(({ type }) => type === "aws:dynamodb/table:Table")
    .filter((table) => elements(input(table, "replicas")).length > 0)
    .map((table) => {
      const replicas = elements(input(table, "replicas")).map((each) => follow(each, "regionName"));
      const witness = input(table, "globalTableWitness.regionName");
      const others = [...replicas, ...(witness === undefined ? [] : [witness])];
      return {
        name: table.name,
        places: [table.provider?.region, ...others] as Field<string>[],
        told: undefined,
      };
    });
}

/** Every store of leases in the stack. */
export const leaseStores = (resources: readonly Resource[]): LeaseStore[] => [
  ...etcdOf(resources),
  ...tablesOf(resources),
];
