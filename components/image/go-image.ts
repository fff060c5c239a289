import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, refuse, show, type Transform, transformed } from "../core";
import { goBuildArgs, platformOf } from "./dockerfile-args";
import { registryOf, imageProblems, repositoryProblems, tagOf, versionProblems } from "./image-name";

/** Who may push to a registry. */
export interface RegistryCredentials {
  readonly username: pulumi.Input<string>;
  /** Marked as secret, it is stored encrypted and reaches the builder by a private file only. */
  readonly password: pulumi.Input<string>;
}

/** What is built, and where it goes. */
export interface GoImageArgs {
  /** Registry and path to push to, without tag. */
  readonly repository: string;
  /** Folder of the Go module, from the program's working directory. */
  readonly context: string;
  /**
   * The Dockerfile, from the program's working directory. It gets the arguments BUILDER, COMMAND and VERSION.
   * @default `Dockerfile` in `context`
   */
  readonly dockerfile?: string | undefined;
  /** Package of the command, from `context`, such as `cmd/web`. */
  readonly command: string;
  /** What the command reports as its version; the image's tag too. */
  readonly version: string;
  /** Image with the Go toolchain and CA certificates. */
  readonly builder: string;
  /**
   * Operating system to compile for.
   * @default "linux"
   */
  readonly goos?: string | undefined;
  /**
   * Processor to compile for.
   * @default "amd64"
   */
  readonly goarch?: string | undefined;
  /**
   * Credentials to push with.
   * @default those of the Docker configuration of whoever runs Pulumi
   */
  readonly credentials?: RegistryCredentials | undefined;
  /**
   * The last word on a child's arguments.
   * @default nothing is changed
   */
  readonly transform?: { readonly image?: Transform<docker.ImageArgs> | undefined } | undefined;
}

/** A Go command as a small image: a static binary and CA certificates. Equal source gives an equal digest. */
export class GoImage extends pulumi.ComponentResource {
  /** The image by digest, to be run: `registry/path@sha256:...`. Unknown until it is built. */
  readonly ref: pulumi.Output<string>;
  /** Where it was pushed to. */
  readonly repository: string;
  readonly version: string;

  constructor(name: string, args: GoImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:image:GoImage", name, {}, opts);
    refuse(`image ${name}`, goImageProblems(args));

    const image = new docker.Image(`${name}-image`, transformed(imageArgs(args), args.transform?.image), {
      parent: this,
    });

    this.ref = image.repoDigest;
    this.repository = args.repository;
    this.version = args.version;
    this.registerOutputs({ ref: this.ref, repository: this.repository, version: this.version });
  }
}

function goImageProblems({ repository, version, builder, command }: GoImageArgs): Problem[] {
  const isInside = !command.startsWith("/") && !command.split("/").includes("..");
  return [
    ...repositoryProblems(repository, ["repository"]),
    ...versionProblems(version, ["version"]),
    ...imageProblems(builder, ["builder"]),
    ...(isInside && /^[\w./-]+$/.test(command)
      ? []
      : [
          {
            path: ["command"],
            found: show(command),
            allowed: "a package inside the context, such as cmd/web",
          },
        ]),
  ];
}

function imageArgs(args: GoImageArgs): docker.ImageArgs {
  const { context, credentials, repository } = args;
  return {
    imageName: `${repository}:${tagOf(args.version)}`,
    build: {
      context,
      dockerfile: args.dockerfile ?? `${context}/Dockerfile`,
      platform: platformOf(args.goos ?? "linux", args.goarch ?? "amd64"),
      args: goBuildArgs(args),
    },
    ...(credentials === undefined ? {} : { registry: { server: registryOf(repository), ...credentials } }),
  };
}
