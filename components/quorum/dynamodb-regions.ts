import { type Path, type Problem, show } from "../core";

/** A site's region as AWS names it, and where that stands in what somebody wrote. */
export interface RegionOfSite {
  readonly name: string;
  readonly region: string;
  readonly path: Path;
}

/** Regions that AWS joins with strong consistency: all three of a table must be in one set. */
const regionSets: readonly (readonly string[])[] = [
  ["eu-central-1", "eu-west-1", "eu-west-2", "eu-west-3"],
  ["us-east-1", "us-east-2", "us-west-2"],
  ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
];

/** Regions with a copy beside the witness. */
const copies = 2;

/** What is wrong with where a table's copies and its witness are. */
export function placeProblems(sites: readonly RegionOfSite[], witness: string, path: Path): Problem[] {
  const witnessPath = [...path, "witness", "region"];
  const [first] = sites;
  if (first === undefined || sites.length !== copies) {
    const names = sites.map(({ name }) => name).join(", ");
    const found = `of ${sites.length === 1 ? "1 region" : `${sites.length} regions`} and a witness (${names})`;
    const fix = "AWS makes it of two copies and a witness: add or remove regions";
    return [{ path, found, allowed: `of ${copies} regions and a witness`, fix }];
  }
  const set = regionSets.find((each) => each.includes(first.region));
  if (set === undefined) {
    const allowed = `one of ${regionSets.flat().join(", ")}`;
    const fix = "AWS has strong consistency between these only";
    return [{ path: first.path, found: show(first.region), allowed, fix }];
  }
  const others = [...sites.slice(1), { region: witness, path: witnessPath }];
  return others.flatMap(({ region, path: at }, index) =>
    regionProblems(region, at, set, [first, ...others.slice(0, index)]),
  );
}

function regionProblems(
  region: string,
  path: Path,
  set: readonly string[],
  before: readonly { readonly region: string }[],
): Problem[] {
  const taken = before.map((each) => each.region);
  if (set.includes(region) && !taken.includes(region)) return [];
  const allowed = `one of ${set.filter((each) => !taken.includes(each)).join(", ")}`;
  const fix = set.includes(region)
    ? "two of the three in one region would be lost together"
    : `AWS has strong consistency with ${taken.join(" and ")} there only`;
  return [{ path, found: show(region), allowed, fix }];
}
