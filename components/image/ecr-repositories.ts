import * as ecr from "@pulumi/aws/ecr";
import * as pulumi from "@pulumi/pulumi";
import { EncryptionKey } from "../aws";
import type { AwsGround } from "../core";

/** One region's repositories. */
export interface EcrRepositoriesArgs {
  readonly ground: AwsGround;
  /** First part of the repositories' names. */
  readonly path: string;
  /** Images: each has a repository. */
  readonly roles: readonly string[];
}

/** Images kept of each repository; what runs is by far among them. */
const keptImages = 100;
/** A push that was never finished leaves layers without a tag. */
const untaggedDays = 14;

const rule = (rulePriority: number, description: string, selection: object) => ({
  rulePriority,
  description,
  selection,
  action: { type: "expire" },
});

const lifecycle = JSON.stringify({
  rules: [
    rule(1, "Layers nobody names", {
      tagStatus: "untagged",
      countType: "sinceImagePushed",
      countUnit: "days",
      countNumber: untaggedDays,
    }),
    rule(2, "Images long replaced", {
      tagStatus: "any",
      countType: "imageCountMoreThan",
      countNumber: keptImages,
    }),
  ],
});

/** Repositories of a region: encrypted, scanned on push, and with tags that mean one image for ever. */
export class EcrRepositories extends pulumi.ComponentResource {
  /** Repositories, once they are there. */
  readonly repositories: readonly ecr.Repository[];

  constructor(name: string, args: EcrRepositoriesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:image:EcrRepositories", name, {}, opts);
    const { ground, path, roles } = args;
    const { accountId, protect, region } = ground;
    const key = new EncryptionKey(
      `${name}-images`,
      { accountId, protect, description: `Images of ${path} in ${region}` },
      { parent: this },
    );
    this.repositories = roles.map((role) => {
      const repository = new ecr.Repository(
        `${name}-${role}`,
        {
          name: `${path}/${role}`,
          imageTagMutability: "IMMUTABLE",
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: key.arn }],
          // Without it, no repository with an image in it could ever be deleted.
          forceDelete: !protect,
        },
        { parent: this, protect },
      );
      new ecr.LifecyclePolicy(
        `${name}-${role}-lifecycle`,
        { repository: repository.name, policy: lifecycle },
        { parent: this },
      );
      return repository;
    });
    this.registerOutputs({});
  }
}
