import type * as pulumi from "@pulumi/pulumi";
import type { AwsSite, Place } from "./core";
import type { Dns } from "./dns";
import { Alarms, planAlarms, planHealthAlarm, type Watched } from "./observability";
import type { Peers } from "./peers";

/** What is watched: regions on AWS, and what they share. */
export interface WatchArgs {
  readonly sites: readonly {
    readonly region: string;
    readonly place: Place;
    readonly aws: AwsSite | undefined;
  }[];
  readonly peers: Pick<Peers, "quorum" | "database"> | undefined;
  readonly dns: Pick<Dns, "healthChecks"> | undefined;
}

/** Route 53 tells its figures in this region and in no other. */
const route53Region = "us-east-1";

/** Alarms of every region on AWS, and of what Route 53 says of them. */
export function makeWatch(
  name: string,
  { sites, peers, dns }: WatchArgs,
  { parent }: { readonly parent: pulumi.Resource },
): void {
  const onAws = sites.flatMap(({ region, place, aws }) =>
    aws === undefined ? [] : [{ region, place, aws }],
  );
  for (const { region, place, aws } of onAws) {
    new Alarms(
      `${name}-${region}-alarms`,
      {
        label: `${place.namespaceName}-${region}`,
        accountId: aws.accountId,
        labels: place.labels,
        alarms: planAlarms(watchedIn(region, aws, peers)),
      },
      { parent, providers: [aws.provider] },
    );
  }
  const [first] = onAws;
  const checks = Object.entries(dns?.healthChecks ?? {});
  if (first === undefined || checks.length === 0) return;
  new Alarms(
    `${name}-health-alarms`,
    {
      label: first.place.namespaceName,
      accountId: first.aws.accountId,
      labels: first.place.labels,
      alarms: Object.fromEntries(
        checks.map(([region, id]) => [`${region}-out-of-service`, planHealthAlarm(region, id)]),
      ),
      region: route53Region,
    },
    { parent, providers: [first.aws.provider] },
  );
}

function watchedIn(region: string, { loadBalancer }: AwsSite, peers: WatchArgs["peers"]): Watched {
  const access = peers?.quorum.access;
  const stewardship = peers?.database.stewardship;
  return {
    loadBalancer,
    table: access?.kind === "table" ? access.table : undefined,
    cluster: stewardship?.kind === "managed" ? stewardship.members[region]?.cluster : undefined,
  };
}
