import { autoscalerBounds } from "./availability/autoscaler-bounds";
import { disruptionBudget } from "./availability/disruption-budget";
import { distinctProbes } from "./availability/distinct-probes";
import { drainLongerThanRouter } from "./availability/drain-longer-than-router";
import { keepCapacity } from "./availability/keep-capacity";
import { minimumReplicas } from "./availability/minimum-replicas";
import { resourceRequests } from "./availability/resource-requests";
import { satisfiableBudget } from "./availability/satisfiable-budget";
import { topologySpread } from "./availability/topology-spread";
import type { Rule } from "./rule";
import { digestPinnedImages } from "./security/digest-pinned-images";
import { dropPrivileges } from "./security/drop-privileges";
import { hostAccess } from "./security/host-access";
import { noLatestTag } from "./security/no-latest-tag";
import { nonRoot } from "./security/non-root";
import { plaintextSecrets } from "./security/plaintext-secrets";
import { readOnlyRoot } from "./security/read-only-root";
import { serviceAccountToken } from "./security/service-account-token";

/** The whole pack: every rule is mandatory unless the pack's configuration says otherwise. */
export const rules: readonly Rule[] = [
  autoscalerBounds,
  digestPinnedImages,
  disruptionBudget,
  distinctProbes,
  drainLongerThanRouter,
  dropPrivileges,
  hostAccess,
  keepCapacity,
  minimumReplicas,
  noLatestTag,
  nonRoot,
  plaintextSecrets,
  readOnlyRoot,
  resourceRequests,
  satisfiableBudget,
  serviceAccountToken,
  topologySpread,
];
