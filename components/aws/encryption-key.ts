import * as kms from "@pulumi/aws/kms";
import * as pulumi from "@pulumi/pulumi";
import { keyPolicy, type Statement } from "./policy";

/** A key and what it is for. */
export interface EncryptionKeyArgs {
  /** What is encrypted with it, as a person reads it in AWS' console. */
  readonly description: string;
  /** The account that owns it: 12 digits. */
  readonly accountId: string;
  /**
   * Who else may use it, and for what.
   * @default nobody
   */
  readonly statements?: readonly Statement[] | undefined;
  /** Whether Pulumi refuses to delete it: what it encrypted is lost with it. */
  readonly protect: boolean;
}

/** For how long a deleted key can be called back. */
const deletionWindowInDays = 30;

/** A key of our own: it is renewed every year, who uses it is logged, and it can be taken away. */
export class EncryptionKey extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EncryptionKeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:aws:EncryptionKey", name, {}, opts);
    const { description, accountId, statements, protect } = args;
    const key = new kms.Key(
      `${name}-key`,
      {
        description,
        enableKeyRotation: true,
        deletionWindowInDays,
        policy: keyPolicy(accountId, statements),
      },
      { parent: this, protect },
    );
    this.arn = key.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
