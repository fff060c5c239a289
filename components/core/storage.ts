import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { hardenedPod } from "./pod";

type StatefulSetSpec = types.input.apps.v1.StatefulSetSpec;
type Volume = types.input.core.v1.Volume;

/** The volume of each pod. It outlives the pod and its StatefulSet, and goes with the namespace. */
export interface VolumeConfig {
  /**
   * The StorageClass. A volume that exists stays where it is: delete its claim to have a new one, empty.
   * @default the cluster's own default
   */
  readonly class?: string | undefined;
  /** Its size. A volume that exists keeps its own: change its claim too, where the class can expand volumes. */
  readonly gibibytes: number;
}

/** The part of a StatefulSet's spec that gives each pod a volume named `name`. */
export function volumePerPod(
  name: string,
  { class: storageClassName, gibibytes }: VolumeConfig,
  labels: Readonly<Record<string, string>>,
): Pick<StatefulSetSpec, "persistentVolumeClaimRetentionPolicy" | "volumeClaimTemplates"> {
  return {
    // A StatefulSet is replaced for many a change, in every site at once: that must not take the data along.
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    volumeClaimTemplates: [
      {
        metadata: { name, labels },
        spec: {
          accessModes: ["ReadWriteOnce"],
          ...(storageClassName === undefined ? {} : { storageClassName }),
          resources: { requests: { storage: `${gibibytes}Gi` } },
        },
      },
    ],
  };
}

/**
 * The same as {@link hardenedPod}, for a pod that writes to volumes and reads mounted secrets: Kubernetes gives them to
 * its group, and walks through a volume's files only where that is not so yet.
 */
export function hardenedPodWithVolumes(id: number = hardenedPod.securityContext.runAsUser) {
  return {
    ...hardenedPod,
    securityContext: {
      ...hardenedPod.securityContext,
      runAsUser: id,
      runAsGroup: id,
      fsGroup: id,
      fsGroupChangePolicy: "OnRootMismatch",
    },
  } as const;
}

/** The pod's group reads mounted secrets, and nobody else. */
const secretMode = 0o440;

/** Where pods find who they are and whom they trust, and the accounts that they may use. */
export const secretDirectories = {
  trust: "/run/twinstack/trust",
  accounts: "/run/twinstack/accounts",
} as const;

/** `ca.crt`, `tls.crt` and `tls.key` of a Secret. Renewed files appear by themselves. */
export const trustVolume = (secretName: Input<string>): Volume => ({
  name: "trust",
  secret: { secretName, defaultMode: secretMode },
});

/** `ca.crt` alone, of a ConfigMap, where that of an identity would be: for whoever needs none of its own. */
export const authorityVolume = (name: Input<string>): Volume => ({ name: "trust", configMap: { name } });

/** One folder an account, with `username` and `password` of its Secret. */
export function accountVolume(secretNames: Readonly<Record<string, Input<string>>>): Volume {
  const sources = Object.entries(secretNames).map(([account, name]) => ({
    secret: { name, items: ["username", "password"].map((key) => ({ key, path: `${account}/${key}` })) },
  }));
  return { name: "accounts", projected: { defaultMode: secretMode, sources } };
}
