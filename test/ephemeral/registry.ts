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
    const { repositories } = await this.read<{ repositories: string[] }>("/_catalog?n=10000");
    const mine = repositories.filter((repository) => repository.includes(part));
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

  private async read<Answer>(path: string): Promise<Answer> {
    const answer = await this.ask("GET", path);
    if (!answer.ok) throw new Error(`registry ${this.host} answered ${answer.status} to GET ${path}`);
    return (await answer.json()) as Answer;
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
