import { isRecord, isSecret } from "./values";

/** Stands where a value may not be shown. */
const masked = "[secret]";

/** Keys whose texts nobody may read in a comment, even where a program forgot to mark them. */
const secretKey = /(password|passwd|secret|token|credential|private_?key)s?\]?$/i;

const longestShown = 120;

/** A value without what is secret in it: marked by Pulumi, by its key, or a private key by its look. */
export function masking(value: unknown, key = ""): unknown {
  if (isSecret(value)) return masked;
  if (typeof value === "string") return secretKey.test(key) ? masked : safe(value);
  if (Array.isArray(value)) return value.map((each) => masking(each));
  if (!isRecord(value)) return value;
  // An environment variable's name is a key too.
  const name = typeof value["name"] === "string" && "value" in value ? value["name"] : undefined;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([each, part]) => [each, masking(part, each === "value" ? (name ?? each) : each)]),
  );
}

/** A text without the private keys, and the passwords of addresses, in it. */
const safe = (text: string): string =>
  text
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, masked)
    .replace(/[^\s/@"']+:[^\s/@"']+@(?!sha256:)/g, "***@");

/** A text as inline code, whatever is in it, on one line. */
export function code(text: string): string {
  const line = text.replace(/\s*\n\s*/g, " ");
  const short = line.length > longestShown ? `${line.slice(0, longestShown)}...` : line;
  const fence = short.includes("`") ? "``" : "`";
  const pad = short.startsWith("`") || short.endsWith("`") ? " " : "";
  return `${fence}${pad}${short}${pad}${fence}`;
}

/** A value as inline code, without what is secret in it. */
export function shown(value: unknown, key = ""): string {
  if (value === undefined) return "nothing";
  const safeValue = masking(value, key);
  return code(typeof safeValue === "string" && safeValue !== "" ? safeValue : JSON.stringify(safeValue));
}

/** `1 resource`, `2 resources`. */
export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
