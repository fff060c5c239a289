import { NoMatchError, isApiError } from "./errors";
import type { ApiConnection } from "./http";
import type { GroupVersionKind } from "./kinds";
import { formatApiVersion, knownScope, parseApiVersion } from "./kinds";
import type { Properties } from "./values";
import { isRecord, stringAt, valueAt } from "./values";

/** How the API server serves a kind. */
export interface ServedKind {
  /** The part of the path that names the kind, such as `deployments`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

interface Served {
  readonly kinds: ReadonlyMap<string, ServedKind>;
}

/** Finds out which kinds a cluster serves, asking once per group and version. */
export class Discovery {
  private readonly versions = new Map<string, Promise<Served>>();
  /** Scope of the kinds that CRDs of this run define, by `group/Kind`. */
  private readonly declared = new Map<string, boolean>();

  constructor(
    private readonly connection: ApiConnection,
    private readonly signal: AbortSignal,
  ) {}

  /** How a kind is served. Asks again before it says no: a CRD may have been added meanwhile. */
  async resolve(apiVersion: string, kind: string): Promise<ServedKind> {
    const key = formatApiVersion(parseApiVersion(apiVersion));
    const cached = this.versions.get(key);
    const known = cached === undefined ? undefined : (await cached).kinds.get(kind);
    if (known !== undefined) {
      return known;
    }
    const found = (await this.refetch(key, cached)).kinds.get(kind);
    if (found === undefined) {
      throw new NoMatchError(apiVersion, kind);
    }
    return found;
  }

  /** Whether the cluster serves the kind. */
  async serves(gvk: GroupVersionKind): Promise<boolean> {
    try {
      await this.resolve(formatApiVersion(gvk), gvk.kind);
      return true;
    } catch (error) {
      if (error instanceof NoMatchError) {
        return false;
      }
      throw error;
    }
  }

  /** Remembers a CRD of the program, whose kind the cluster may not serve yet. */
  declare(crd: Properties): void {
    const scope = stringAt(crd, "spec", "scope");
    if (scope !== "") {
      this.declared.set(
        `${stringAt(crd, "spec", "group")}/${stringAt(crd, "spec", "names", "kind")}`,
        scope === "Namespaced",
      );
    }
  }

  /** Whether a kind lives in a namespace: from tables, from the program's CRDs, then from the cluster. */
  async namespaced(gvk: GroupVersionKind): Promise<boolean | undefined> {
    const known = knownScope(gvk) ?? this.declared.get(`${gvk.group}/${gvk.kind}`);
    if (known !== undefined) {
      return known;
    }
    return (await this.serves(gvk))
      ? (await this.resolve(formatApiVersion(gvk), gvk.kind)).namespaced
      : undefined;
  }

  /** Asks for a group and version anew, unless another caller has done so since `stale` was read. */
  private refetch(key: string, stale: Promise<Served> | undefined): Promise<Served> {
    const current = this.versions.get(key);
    if (current !== undefined && current !== stale) {
      return current;
    }
    const fetching = this.fetch(key);
    this.versions.set(key, fetching);
    fetching.catch(() => {
      if (this.versions.get(key) === fetching) {
        this.versions.delete(key);
      }
    });
    return fetching;
  }

  private async fetch(key: string): Promise<Served> {
    const path = key.includes("/") ? `/apis/${key}` : `/api/${key}`;
    try {
      const answer = await this.connection.request({ method: "GET", path, signal: this.signal });
      return { kinds: servedKinds(valueAt(answer, "resources")) };
    } catch (error) {
      if (isApiError(error, 404)) {
        return { kinds: new Map() };
      }
      throw error;
    }
  }
}

function servedKinds(resources: unknown): Map<string, ServedKind> {
  const kinds = new Map<string, ServedKind>();
  for (const resource of Array.isArray(resources) ? resources : []) {
    const plural = stringAt(resource, "name");
    if (isRecord(resource) && plural !== "" && !plural.includes("/")) {
      kinds.set(stringAt(resource, "kind"), { plural, namespaced: resource["namespaced"] === true });
    }
  }
  return kinds;
}
