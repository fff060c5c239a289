import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  aloneBecause,
  metadataOf,
  oneAtATime,
  peerBlocks,
  rolloutTimeouts,
  runLabelsIn,
  selectorLabels,
  transformed,
  volumePerPod,
} from "../core";
import { type Certificate, TrustSecret } from "../trust";
import type { AccountSecrets, MysqlPodArgs } from "./kubernetes-mysql";
import { renderMysqlConfig } from "./mysql-config";
import { hostOf, nodePorts, type PlannedMember, roleOf, serviceNames } from "./mysql-plan";
import { dataVolume, mysqlPodSpec } from "./mysql-pod";
import { mysqlNetworkPolicy, mysqlServices } from "./mysql-services";

/** {@link MysqlPodArgs} and what is this member's own. */
export interface MysqlMemberArgs extends MysqlPodArgs {
  readonly planned: PlannedMember;
  /** All members, this one among them. */
  readonly plan: readonly PlannedMember[];
  readonly certificate: Certificate;
  readonly secrets: AccountSecrets;
}

/** The member of one site. */
export class MysqlMember extends pulumi.ComponentResource {
  /** ConfigMap with `ca.crt`: whoever connects needs the authority, and nobody else's key. */
  readonly authorityConfigName: pulumi.Output<string>;

  constructor(name: string, args: MysqlMemberArgs, opts?: pulumi.ComponentResourceOptions) {
    super("twinstack:database:MysqlMember", name, {}, opts);
    const { planned, certificate, transform } = args;
    const { place } = planned.at;
    const role = roleOf(planned);
    const metadata = metadataOf(place, role);
    const child = { parent: this };
    const awaited = { ...child, customTimeouts: rolloutTimeouts(args.rolloutTimeoutSeconds) };
    // Pulumi does not hand a component's dependencies down to its children.
    const after = opts?.dependsOn === undefined ? {} : { dependsOn: opts.dependsOn };

    const trust = new TrustSecret(
      `${name}-trust`,
      { place, certificate, role, secretName: `${planned.instance}-trust` },
      child,
    );
    const authority = new k8s.core.v1.ConfigMap(
      `${name}-authority`,
      { metadata: { ...metadata, name: "database-authority" }, data: { "ca.crt": certificate.caPem } },
      child,
    );
    const config = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      transformed(configArgs(args), transform?.config),
      child,
    );
    // Ready as soon as the server answers, open or closed: it waits for no other member's word, nor for its steward.
    new k8s.apps.v1.StatefulSet(
      `${name}-stateful-set`,
      transformed(
        statefulSetArgs(args, { configName: config.metadata.name, trustSecretName: trust.secretName }),
        transform?.statefulSet,
      ),
      { ...awaited, ...after },
    );
    for (const [kind, service] of Object.entries(mysqlServices(args))) {
      new k8s.core.v1.Service(`${name}-${kind}`, transformed(service, transform?.service), awaited);
    }
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-disruption-budget`,
      // A node may be drained: another region takes over.
      transformed({ metadata, spec: oneAtATime(selectorLabels(role)) }, transform?.disruptionBudget),
      child,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-network-policy`,
      transformed(mysqlNetworkPolicy(args), transform?.networkPolicy),
      child,
    );

    this.authorityConfigName = authority.metadata.name;
    this.registerOutputs({ authorityConfigName: this.authorityConfigName });
  }
}

function configArgs({ planned, plan, database }: MysqlMemberArgs): k8s.core.v1.ConfigMapArgs {
  const { namespace, labels } = metadataOf(planned.at.place, roleOf(planned));
  return {
    // Named by Pulumi, anew for every change: a pod finds the configuration that it was made with.
    metadata: { namespace, labels },
    data: {
      "my.cnf": renderMysqlConfig({
        mode: database.mode,
        memoryMebibytes: database.memoryMebibytes,
        token: planned.at.place.namespaceName,
        peerCidrs: plan.flatMap(({ at }) => peerBlocks(at.network)),
      }),
    },
  };
}

interface Mounted {
  readonly configName: pulumi.Input<string>;
  readonly trustSecretName: pulumi.Input<string>;
}

function statefulSetArgs(args: MysqlMemberArgs, mounted: Mounted): k8s.apps.v1.StatefulSetArgs {
  const { planned, plan, database, images, secrets } = args;
  const { place } = planned.at;
  const { mysql: reportPort, group: groupPort } = nodePorts(database);
  const metadata = metadataOf(place, roleOf(planned));
  const selector = selectorLabels(roleOf(planned));
  return {
    metadata: aloneBecause(metadata, "one member a site: the other sites have theirs"),
    spec: {
      replicas: 1,
      serviceName: serviceNames.member,
      selector: { matchLabels: selector },
      // The other policy would not replace a pod that never gets ready by one that could.
      podManagementPolicy: "Parallel",
      revisionHistoryLimit: 3,
      ...volumePerPod(dataVolume, database.storage, { ...runLabelsIn(place.labels), ...selector }),
      template: {
        metadata: { labels: metadata.labels },
        spec: mysqlPodSpec({
          ...mounted,
          images,
          site: planned.site,
          member: planned.name,
          serverId: planned.serverId,
          mode: database.mode,
          reportPort,
          groupPort,
          groupSeeds: plan.map(({ name }) => `${name}:${groupPort}`),
          groupWeight: planned.weight,
          peers: plan.filter((other) => other !== planned).map(hostOf),
          memoryMebibytes: database.memoryMebibytes,
          accounts: secrets,
        }),
      },
    },
  };
}
