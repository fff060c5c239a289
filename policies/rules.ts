import { autoscalerBounds } from "./availability/autoscaler-bounds";
import { autoscalerOwnsReplicas } from "./availability/autoscaler-owns-replicas";
import { autoscalerTarget } from "./availability/autoscaler-target";
import { disruptionBudget } from "./availability/disruption-budget";
import { distinctProbes } from "./availability/distinct-probes";
import { drainLongerThanRouter } from "./availability/drain-longer-than-router";
import { keepCapacity } from "./availability/keep-capacity";
import { minimumReplicas } from "./availability/minimum-replicas";
import { resourceRequests } from "./availability/resource-requests";
import { satisfiableBudget } from "./availability/satisfiable-budget";
import { serviceSelectsPods } from "./availability/service-selects-pods";
import { symmetricRegions } from "./availability/symmetric-regions";
import { topologySpread } from "./availability/topology-spread";
import { alarmsNotify } from "./aws/alarms-notify";
import { backups } from "./aws/backups";
import { controlPlaneLogs } from "./aws/control-plane-logs";
import { databaseInTwoRegions } from "./aws/database-in-two-regions";
import { databaseInstances } from "./aws/database-instances";
import { defaultTags } from "./aws/default-tags";
import { deletionProtection } from "./aws/deletion-protection";
import { dnsValidatedCertificates } from "./aws/dns-validated-certificates";
import { encryptedAtRest } from "./aws/encrypted-at-rest";
import { encryptedListeners } from "./aws/encrypted-listeners";
import { explicitProviders } from "./aws/explicit-providers";
import { flowLogs } from "./aws/flow-logs";
import { healthChecksAskRegion } from "./aws/health-checks-ask-region";
import { instanceMetadataTokens } from "./aws/instance-metadata-tokens";
import { keyRotation } from "./aws/key-rotation";
import { noOpenIngress } from "./aws/no-open-ingress";
import { noPublicAddresses } from "./aws/no-public-addresses";
import { noPublicDatabase } from "./aws/no-public-database";
import { noWildcardIamActions } from "./aws/no-wildcard-iam-actions";
import { noWildcardIamResources } from "./aws/no-wildcard-iam-resources";
import { noWildcardPrincipals } from "./aws/no-wildcard-principals";
import { ownRegion } from "./aws/own-region";
import { privateControlPlane } from "./aws/private-control-plane";
import { recordsHealthChecked } from "./aws/records-health-checked";
import { trustedRepositories } from "./aws/trusted-repositories";
import { authenticatedVoters } from "./data/authenticated-voters";
import { closedAtStart } from "./data/closed-at-start";
import { databaseEncryptsConnections } from "./data/database-encrypts-connections";
import { durableWrites } from "./data/durable-writes";
import { groupFailsClosed } from "./data/group-fails-closed";
import { keepVolumes } from "./data/keep-volumes";
import { leaseWithinBudget } from "./data/lease-within-budget";
import { namedTransactions } from "./data/named-transactions";
import { oddVoters } from "./data/odd-voters";
import { rpoMatchesMode } from "./data/rpo-matches-mode";
import { semiSyncWaits } from "./data/semi-sync-waits";
import { stewardsAgree } from "./data/stewards-agree";
import { stronglyConsistentLeases } from "./data/strongly-consistent-leases";
import { ttlWithinBudget } from "./data/ttl-within-budget";
import { votersApart } from "./data/voters-apart";
import type { Rule } from "./rule";
import { digestPinnedImages } from "./security/digest-pinned-images";
import { dropPrivileges } from "./security/drop-privileges";
import { hostAccess } from "./security/no-host-access";
import { knownRegistries } from "./security/known-registries";
import { networkExposure } from "./security/network-exposure";
import { networkPolicy } from "./security/network-policy";
import { noLatestTag } from "./security/no-latest-tag";
import { noPowerfulRoles } from "./security/no-powerful-roles";
import { noWildcardRbac } from "./security/no-wildcard-rbac";
import { nonRoot } from "./security/non-root";
import { plaintextSecrets } from "./security/no-plaintext-secrets";
import { podSecurityLabel } from "./security/pod-security-label";
import { readOnlyRoot } from "./security/read-only-root";
import { seccompProfile } from "./security/seccomp-profile";
import { serviceAccountToken } from "./security/no-service-account-token";

/** All rules by what they guard, by name. */
export const families = {
  availability: [
    autoscalerBounds,
    autoscalerOwnsReplicas,
    autoscalerTarget,
    disruptionBudget,
    distinctProbes,
    drainLongerThanRouter,
    keepCapacity,
    minimumReplicas,
    resourceRequests,
    satisfiableBudget,
    serviceSelectsPods,
    symmetricRegions,
    topologySpread,
  ],
  security: [
    digestPinnedImages,
    dropPrivileges,
    knownRegistries,
    networkExposure,
    networkPolicy,
    hostAccess,
    noLatestTag,
    plaintextSecrets,
    noPowerfulRoles,
    serviceAccountToken,
    noWildcardRbac,
    nonRoot,
    podSecurityLabel,
    readOnlyRoot,
    seccompProfile,
  ],
  data: [
    authenticatedVoters,
    closedAtStart,
    databaseEncryptsConnections,
    durableWrites,
    groupFailsClosed,
    keepVolumes,
    leaseWithinBudget,
    namedTransactions,
    oddVoters,
    rpoMatchesMode,
    semiSyncWaits,
    stewardsAgree,
    stronglyConsistentLeases,
    ttlWithinBudget,
    votersApart,
  ],
  aws: [
    alarmsNotify,
    backups,
    controlPlaneLogs,
    databaseInTwoRegions,
    databaseInstances,
    defaultTags,
    deletionProtection,
    dnsValidatedCertificates,
    encryptedAtRest,
    encryptedListeners,
    explicitProviders,
    flowLogs,
    healthChecksAskRegion,
    instanceMetadataTokens,
    keyRotation,
    noOpenIngress,
    noPublicAddresses,
    noPublicDatabase,
    noWildcardIamActions,
    noWildcardIamResources,
    noWildcardPrincipals,
    ownRegion,
    privateControlPlane,
    recordsHealthChecked,
    trustedRepositories,
  ],
} as const satisfies Readonly<Record<string, readonly Rule[]>>;

/** The whole pack. */
export const rules: readonly Rule[] = Object.values(families).flat();
