/** What a registry answers with where it can: without these it converts manifests, or refuses. */
const manifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** A tag of a repository. */
export interface Tag {
  readonly repository: string;
  readonly tag: string;
}

/** A registry, by the protocol that all of them speak. */
export class Registry {
  private readonly url: string;

  /** @param host - with its port; one without encryption where it is an address or this machine */
  constructor(readonly host: string) {
    const isPlain = /^(localhost|\d+(\.\d+){3})(:\d+)?$/.test(host);
    this.url = `${isPlain ? "http" : "https"}://${host}/v2`;
  }

  /** The digest of a tag; undefined where there is none, or nobody tells us. */
  async digestOf({ repository, tag }: Tag): Promise<string | undefined> {
    const answer = await this.ask("HEAD", `/${repository}/manifests/${tag}`).catch(() => undefined);
    const digest = answer?.ok === true ? answer.headers.get("docker-content-digest") : null;
    return digest ?? undefined;
  }

  /** Tags of all repositories whose name holds a text. */
  async tagsOf(part: string): Promise<Tag[]> {
    const mine = (await this.repositories()).filter((repository) => repository.includes(part));
    const tags = await Promise.all(
      mine.map(async (repository) => {
        const answer = await this.ask("GET", `/${repository}/tags/list`);
        // Once its last tag is gone a repository may still be listed, and have no list of tags.
        const { tags } = answer.ok ? ((await answer.json()) as { tags: string[] | null }) : { tags: null };
        return (tags ?? []).map((tag) => ({ repository, tag }));
      }),
    );
    return tags.flat();
  }

  /** Removes a tag, with every other tag of its repository that means the same image. */
  async remove(tag: Tag): Promise<void> {
    const digest = await this.digestOf(tag);
    if (digest === undefined) return;
    const answer = await this.ask("DELETE", `/${tag.repository}/manifests/${digest}`);
    if (!answer.ok && answer.status !== 404) {
      throw new Error(`registry ${this.host} answered ${answer.status} to the removal of ${tag.repository}`);
    }
  }

  /** Every repository: a registry gives out its list in pages, each of which names the next. */
  private async repositories(): Promise<string[]> {
    const all: string[] = [];
    for (let page: string | undefined = "/_catalog?n=1000"; page !== undefined;) {
      const answer = await this.ask("GET", page);
      if (!answer.ok) throw new Error(`registry ${this.host} answered ${answer.status} to GET ${page}`);
      all.push(...((await answer.json()) as { repositories: string[] }).repositories);
      page = /<(?:.*\/v2)?(\/_catalog[^>]*)>/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    return all;
  }

  private async ask(method: string, path: string): Promise<Response> {
    const signal = AbortSignal.timeout(10_000);
    return fetch(this.url + path, { method, headers: { accept: manifests }, signal }).catch(
      (error: unknown) => {
        throw new Error(`registry ${this.host} does not answer: ${String((error as Error).cause ?? error)}`);
      },
    );
  }
}

/** An image's name in parts; `latest` where it has no tag, as everywhere else. */
export function partsOf(image: string): Tag & { readonly host: string } {
  const [, host = "", repository = "", tag = "latest"] =
    /^([^/]+)\/([^@]+?)(?::([\w.-]+))?(?:@.*)?$/.exec(image) ?? [];
  return { host, repository, tag };
}

/** The same image by digest, where its registry tells it; otherwise as it was named. */
export async function pinned(image: string): Promise<string> {
  const { host, ...tag } = partsOf(image);
  if (image.includes("@") || host === "") return image;
  const digest = await new Registry(host).digestOf(tag);
  return digest === undefined ? image : `${host}/${tag.repository}@${digest}`;
}
