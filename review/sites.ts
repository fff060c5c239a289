import { isRecord, member } from "./values";

/** Names of the sites that a description has: its regions, and the witness where there is one. */
export function sitesOf(description: unknown): string[] {
  const regions = member(description, "regions");
  const witness = member(member(member(description, "quorum"), "witness"), "name");
  return [...regionsOf(description), ...(isRecord(regions) && typeof witness === "string" ? [witness] : [])];
}

/** Names of the regions that a description has, in order. */
export function regionsOf(description: unknown): string[] {
  const regions = member(description, "regions");
  return isRecord(regions) ? Object.keys(regions).sort() : [];
}

/** The site that a resource's name puts it in; undefined for what sites share. */
export function siteOf(name: string, sites: readonly string[]): string | undefined {
  const found = sites
    .map((site) => ({ site, at: `${name}-`.indexOf(`-${site}-`) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at || other.site.length - one.site.length);
  return found[0]?.site;
}
