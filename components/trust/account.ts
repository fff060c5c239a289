import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { metadataOf, type Place, type Role } from "../core";

/** A place, and who makes objects there. */
export interface AccountSite {
  readonly place: Place;
  readonly provider: pulumi.ProviderResource;
}

/** Who may log in, and where that is known. */
export interface AccountArgs {
  /** The user's name. */
  readonly username: string;
  /** Whose account it is. */
  readonly role: Role;
  /** The Secret's name, the same in every site. Replaces the Secrets. */
  readonly secretName: string;
  /** Sites by name. */
  readonly sites: Readonly<Record<string, AccountSite>>;
}

/** Letters and digits only, so that no configuration file, address or shell reads one of them as its own. */
const passwordLength = 32;

/**
 * One user name and one generated password, the same in every site, each with a Secret of its own: `username` and
 * `password`. `pulumi up --replace <urn of the password>` makes a new one, whoever uses the old one notwithstanding.
 */
export class Account extends pulumi.ComponentResource {
  readonly username: string;
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** The Secret to mount, by site: a pod that takes the name from here is made after the Secret. */
  readonly secretNames: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: AccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:trust:Account", name, {}, opts);
    const { username, sites } = args;

    const password = new random.RandomPassword(
      `${name}-password`,
      { length: passwordLength, special: false },
      { parent: this },
    );
    this.username = username;
    this.password = pulumi.secret(password.result);
    this.secretNames = Object.fromEntries(
      Object.entries(sites).map(([site, { place, provider }]) => {
        const secret = new k8s.core.v1.Secret(
          `${name}-${site}-secret`,
          accountSecret(args, place, this.password),
          { parent: this, provider },
        );
        return [site, secret.metadata.name];
      }),
    );
    this.registerOutputs({});
  }
}

function accountSecret(
  { username, role, secretName }: AccountArgs,
  place: Place,
  password: pulumi.Output<string>,
): k8s.core.v1.SecretArgs {
  return {
    metadata: { ...metadataOf(place, role), name: secretName },
    type: "kubernetes.io/basic-auth",
    stringData: { username, password },
  };
}
