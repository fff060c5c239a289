import { join, relative } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { refuse, type Transform, transformed } from "../core";
import { mirrorBuildArgs } from "./dockerfile-args";
import type { RegistryCredentials } from "./go-image";
import { hasDigest, imageProblems, registryOf, repositoryProblems, tagIn } from "./image-name";

/** What is mirrored, and where to. */
export interface MirrorImageArgs {
  /**
   * The image to run. By digest it is run as it is. By tag it is pulled once and keeps that digest: to take what the
   * tag means later, name another tag.
   */
  readonly image: string;
  /** Registry and path to push a copy of a tagged image to. Unused when `image` has a digest. */
  readonly repository: string;
  /**
   * Credentials to push with.
   * @default those of the Docker configuration of whoever runs Pulumi
   */
  readonly credentials?: RegistryCredentials | undefined;
  /**
   * The platform to take out of an image for several.
   * @default "linux/amd64"
   */
  readonly platform?: string | undefined;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: { readonly image?: Transform<docker.ImageArgs> | undefined } | undefined;
}

/** Somebody else's image by digest, however it was named. */
export class MirrorImage extends pulumi.ComponentResource {
  /** The image by digest, to be run. Unknown until a tagged image is pulled. */
  readonly ref: pulumi.Output<string>;

  constructor(name: string, args: MirrorImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:image:MirrorImage", name, {}, opts);
    refuse(`image ${name}`, [
      ...imageProblems(args.image, ["image"]),
      ...repositoryProblems(args.repository, ["repository"]),
    ]);

    this.ref = hasDigest(args.image) ? pulumi.output(args.image) : this.mirror(name, args).repoDigest;
    this.registerOutputs({ ref: this.ref });
  }

  private mirror(name: string, args: MirrorImageArgs): docker.Image {
    return new docker.Image(`${name}-image`, transformed(imageArgs(args), args.transform?.image), {
      parent: this,
    });
  }
}

function imageArgs({ image, repository, platform, credentials }: MirrorImageArgs): docker.ImageArgs {
  // From the working directory, so that the state is the same on every machine.
  const context = relative(process.cwd(), join(__dirname, "mirror"));
  return {
    imageName: `${repository}:${tagIn(image)}`,
    build: {
      context,
      dockerfile: join(context, "Dockerfile"),
      platform: platform ?? "linux/amd64",
      args: mirrorBuildArgs(image),
    },
    ...(credentials === undefined ? {} : { registry: { server: registryOf(repository), ...credentials } }),
  };
}
