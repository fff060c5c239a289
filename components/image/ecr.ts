import * as ecr from "@pulumi/aws/ecr";
import * as pulumi from "@pulumi/pulumi";
import { type AwsGround, show, ValidationError } from "../core";
import { EcrRepositories } from "./ecr-repositories";
import type { RegistryCredentials } from "./go-image";
import type { Registry, RegistryArgs } from "./registry";

/** {@link RegistryArgs} and the region that images are pushed to. */
export interface EcrRegistryArgs extends RegistryArgs {
  readonly home: string;
}

/** The registry of an account in a region. */
const hostOf = ({ accountId, region }: AwsGround): string => `${accountId}.dkr.ecr.${region}.amazonaws.com`;

/**
 * A registry on AWS in every region. Images are pushed to one of them and copied to the others by AWS, by digest too: each
 * region pulls its own copies, so that it starts pods while the other one is lost.
 */
export class EcrRegistry extends pulumi.ComponentResource implements Registry {
  readonly credentials: RegistryCredentials;
  readonly repository: (role: string) => string;
  readonly pulledIn: (region: string, ref: pulumi.Output<string>) => pulumi.Output<string>;

  constructor(name: string, args: EcrRegistryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:image:EcrRegistry", name, {}, opts);
    const { path, grounds, roles } = args;
    const home = groundNamed(grounds, args.home, name);
    const repositories = Object.entries(grounds).flatMap(([region, ground]) => {
      const inRegion = { parent: this, providers: [ground.provider] };
      return new EcrRepositories(`${name}-${region}`, { ground, path, roles }, inRegion).repositories;
    });
    const others = Object.values(grounds).filter((ground) => ground !== home);
    const ready =
      others.length === 0
        ? pulumi.all(repositories.map(({ registryId }) => registryId)).apply(() => home.accountId)
        : this.replication(`${name}-${args.home}-replication`, path, { home, others, repositories })
            .registryId;

    this.credentials = tokenOf(ready, home);
    this.repository = (role) => `${hostOf(home)}/${path}/${role}`;
    this.pulledIn = (region, ref) => {
      const host = hostOf(groundNamed(grounds, region, name));
      return ref.apply((image) => image.replace(`${hostOf(home)}/`, `${host}/`));
    };
    this.registerOutputs({});
  }

  /** Copies what is pushed from now on. It is one for all of the account's registry in that region. */
  private replication(name: string, path: string, { home, others, repositories }: EcrParts) {
    const rule = {
      destinations: others.map(({ region, accountId }) => ({ region, registryId: accountId })),
      repositoryFilters: [{ filter: `${path}/`, filterType: "PREFIX_MATCH" }],
    };
    return new ecr.ReplicationConfiguration(
      name,
      { replicationConfiguration: { rules: [rule] } },
      // Where no repository is there, AWS would make one with settings of its own.
      { parent: this, provider: home.provider, dependsOn: [...repositories] },
    );
  }
}

/** What a replication is made of. */
interface EcrParts {
  readonly home: AwsGround;
  readonly others: readonly AwsGround[];
  readonly repositories: readonly ecr.Repository[];
}

/** What a push logs in with: valid for twelve hours, asked for only once the registry is ready to take images. */
function tokenOf(registryId: pulumi.Output<string>, { provider }: AwsGround): RegistryCredentials {
  const token = ecr.getAuthorizationTokenOutput({ registryId }, { provider });
  return { username: token.userName, password: pulumi.secret(token.password) };
}

function groundNamed(grounds: RegistryArgs["grounds"], region: string, subject: string): AwsGround {
  const ground = grounds[region];
  if (ground !== undefined) return ground;
  const allowed = `a region on AWS: one of ${Object.keys(grounds).join(", ")}`;
  throw new ValidationError(subject, [{ path: ["region"], found: show(region), allowed }]);
}
