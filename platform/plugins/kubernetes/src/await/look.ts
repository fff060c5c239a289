import { AwaitError, statusCode } from "./errors";
import { Teller } from "./teller";
import type { AwaitedKind, Related } from "./decision";
import type { KubernetesObject, ListReference, ObjectReader, ReadyRequest } from "./types";

/** Looks once, without waiting, whether an object is ready; throws an AwaitError when it isn't. */
export async function lookOnce(request: ReadyRequest, kind: AwaitedKind): Promise<KubernetesObject> {
  const { object, operation, reader } = request;
  const related = new Map<string, readonly KubernetesObject[]>();
  for (const entry of kind.related?.(object) ?? []) related.set(entry.name, await listRelated(reader, entry));
  const decision = kind.decide({
    object,
    operation,
    quietMs: Infinity,
    related: (name) => related.get(name) ?? [],
  });
  new Teller(request).tell(decision);
  if (decision.ready) return object;
  const headline = `Resource '${object.metadata.name}' was created but failed to initialize`;
  const troubles = [...(decision.failures ?? []), ...(decision.warnings ?? []), ...(decision.details ?? [])];
  throw new AwaitError([headline, ...new Set(troubles)], object, "failed");
}

async function listRelated(reader: ObjectReader, entry: Related): Promise<readonly KubernetesObject[]> {
  for (const ref of entry.refs) {
    const items = await listIfShown(reader, ref);
    if (items !== undefined)
      return entry.keep === undefined ? items : items.filter((item) => entry.keep?.(item));
  }
  return [];
}

/** The listed objects; undefined when the cluster lacks the kind or refuses to show it. */
async function listIfShown(
  reader: ObjectReader,
  ref: ListReference,
): Promise<KubernetesObject[] | undefined> {
  try {
    return (await reader.list(ref)).items;
  } catch (error) {
    if ([403, 404, 405].includes(statusCode(error) ?? 0)) return undefined;
    throw error;
  }
}
