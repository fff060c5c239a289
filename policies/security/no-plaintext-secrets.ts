import { containerName, containersOf, nameOf, podSpecOf, value } from "../manifest";
import type { ResourceRule } from "../rule";

/** Words that name a credential, at a word boundary of FOO_BAR, fooBar or foo.bar. */
const credential =
  /(^|[_.-])(password|passwd|passphrase|secret|token|api[_.-]?key|private[_.-]?key|credentials?)($|[_.-])/i;

/** Names that point at a credential rather than hold one, such as PASSWORD_FILE or TOKEN_TTL_SECONDS. */
const pointer = /(file|path|dir|name|ttl|seconds|url)$/i;

/** A value that is a credential whatever its name: a private key, or a URL with a password. */
const secretValue = /-----BEGIN [A-Z ]*PRIVATE KEY-----|:\/\/[^\s/:@]+:[^\s/@]+@/;

const kebab = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2");

const holdsCredential = (name: string): boolean => credential.test(kebab(name)) && !pointer.test(name);

const isCredential = (name: string, text: string): boolean =>
  text !== "" && (holdsCredential(name) || secretValue.test(text));

export const plaintextSecrets: ResourceRule = {
  kind: "resource",
  name: "no-plaintext-secrets",
  description: "Credentials come from Secrets, never from plain environment values or ConfigMaps.",
  why: "Anyone who may read a pod or a ConfigMap reads what stands in it in clear.",
  check: (resource) => {
    const inEnvironment = containersOf(podSpecOf(resource)).flatMap((container) =>
      (value(container.env) ?? [])
        .filter((entry) => isCredential(value(entry.name) ?? "", value(entry.value) ?? ""))
        .map(
          (entry) =>
            `${nameOf(resource.props)}: ${containerName(container)} sets ${value(entry.name) ?? ""} in clear; ` +
            "use valueFrom.secretKeyRef",
        ),
    );
    const inConfigMap = resource.type.endsWith(":ConfigMap")
      ? Object.entries(value(resource.props.data) ?? {})
          .filter(([key, text]) => holdsCredential(key) || secretValue.test(value(text) ?? ""))
          .map(
            ([key]) =>
              `${nameOf(resource.props)}: key ${key} is a credential in a ConfigMap; move it to a Secret`,
          )
      : [];
    return [...inEnvironment, ...inConfigMap];
  },
};
