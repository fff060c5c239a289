import { listAt, textAt } from "../fields";
import type { AwaitedKind, Decision, Snapshot } from "../decision";

const FIVE_MINUTES = 300;

/** A PersistentVolume is ready when a claim may take it or has taken it. */
export const persistentVolume: AwaitedKind = {
  timeoutSeconds: FIVE_MINUTES,
  checkedOnRead: false,
  decide: ({ object }) => {
    const phase = textAt(object, "status", "phase");
    if (phase === "Available") return { ready: true, status: "PV marked available" };
    if (phase === "Bound") return { ready: true, status: "PV has been bound" };
    const message = `PersistentVolume is ${phase ?? "without phase"}, neither Available nor Bound`;
    return { ready: false, status: message, failures: [message] };
  },
};

/** A PersistentVolumeClaim is ready when it is bound, or when it waits for the pod that will use it. */
export const persistentVolumeClaim: AwaitedKind = {
  timeoutSeconds: FIVE_MINUTES,
  checkedOnRead: false,
  related: (object) => {
    const name = textAt(object, "spec", "storageClassName");
    if (name === undefined) return [];
    const ref = {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      fieldSelector: `metadata.name=${name}`,
    };
    return [{ name: "storageClasses", refs: [ref] }];
  },
  decide: decideClaim,
};

function decideClaim(snapshot: Snapshot): Decision {
  const phase = textAt(snapshot.object, "status", "phase");
  if (phase === "Bound") return { ready: true };
  const [storageClass] = snapshot.related("storageClasses");
  const bindsLate = textAt(storageClass, "volumeBindingMode") === "WaitForFirstConsumer";
  if (bindsLate && phase === "Pending") return { ready: true };
  const message = `PersistentVolumeClaim is ${phase ?? "without phase"}, not Bound`;
  const modes = listAt(snapshot.object, "spec", "accessModes").join(", ");
  const wanted = textAt(snapshot.object, "spec", "storageClassName");
  const hint = `no PersistentVolume serves access modes ${modes} in storage class ${wanted ?? '""'} yet`;
  return { ready: false, status: message, failures: [`${message}: ${hint}`] };
}
