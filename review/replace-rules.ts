import { matchesRule, replaceFields } from "../platform/plugins/kubernetes/src/replace-rules";
import { awsReplaces } from "./replace-rules-aws";
import { type FieldPath, isNamed, type Properties } from "./values";

/**
 * Providers that make everything anew when a setting changes: these settings say where it all is.
 * Sources: `DiffConfig` of the Kubernetes provider (see platform/plugins/kubernetes/src/config.ts); for AWS, every
 * resource belongs to the region of its provider.
 */
const whereabouts: Readonly<Record<string, readonly string[]>> = {
  "pulumi:providers:aws": ["region"],
  "pulumi:providers:kubernetes": ["cluster", "context", "kubeconfig"],
};

/** Types whose every input replaces, save these. Source: the providers' schemas, as platform/plugins/{random,tls} has them. */
const inPlace: Readonly<Record<string, readonly string[]>> = {
  "random:index/randomPassword:RandomPassword": [],
  "tls:index/certRequest:CertRequest": [],
  "tls:index/locallySignedCert:LocallySignedCert": ["earlyRenewalHours"],
  "tls:index/privateKey:PrivateKey": [],
  "tls:index/selfSignedCert:SelfSignedCert": ["earlyRenewalHours"],
};

/** What a resource's provider was told, as far as it decides what may change in place. */
export interface Settings {
  readonly enableConfigMapMutable?: unknown;
  readonly enableSecretMutable?: unknown;
}

const isOn = (setting: unknown): boolean => setting === true || setting === "true";

/**
 * Whether another value at a path makes a new resource in place of the old one. Kubernetes' rules are those of the
 * provider (platform/plugins/kubernetes/src/replace-rules.ts, which has them from the official one); nothing ever replaces an image.
 */
export function replaces(
  { type, inputs }: { readonly type: string; readonly inputs: Properties },
  path: FieldPath,
  after: unknown,
  settings: Settings = {},
): boolean {
  if (type.startsWith("kubernetes:")) {
    const mutable = {
      configMaps: isOn(settings.enableConfigMapMutable),
      secrets: isOn(settings.enableSecretMutable),
    };
    // Rules speak of members of a list by position.
    const steps = path.map((step) => (isNamed(step) ? 0 : step));
    return replaceFields({ ...inputs }, mutable).some((rule) => matchesRule(rule, steps, after));
  }
  const [input] = path;
  if (typeof input !== "string") return false;
  const kept = inPlace[type];
  if (kept !== undefined) return !kept.includes(input);
  // Every resource of AWS may name its own region.
  if (type.startsWith("aws:") && input === "region") return true;
  const rules = (awsReplaces[type] ?? []).map((rule) => `.${rule}`);
  return (
    (whereabouts[type]?.includes(input) ?? false) || rules.some((rule) => matchesRule(rule, path, after))
  );
}

/** Whether a resource is made anew when what this input was made from is: its value is another one then. */
export function followsReplacement(type: string, input: string): boolean {
  const kept = inPlace[type];
  if (kept !== undefined) return !kept.includes(input);
  return [...(awsReplaces[type] ?? []), ...(whereabouts[type] ?? [])].includes(input);
}
