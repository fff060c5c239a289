import type { Decision } from "./decision";
import type { AwaitRequest } from "./types";

/** How often the troubles of pods are told, in milliseconds: every rollout has some for a while. */
export const DETAILS_EVERY_MS = 10_000;

const rememberedTexts = 100;

/** Whose trouble a text is about. */
const podPrefix = /^\[Pod [^\]]+\]/;

/** The end of a generated name: a controller that fails again and again does so under ever new names. */
const generatedSuffix = /-[a-z0-9]{5,10}(?=["\s]|$)/g;

/** Tells whoever waits what a decision says, each thing once. */
export class Teller {
  private status: string | undefined;
  private readonly warned = new Set<string>();
  private readonly seen = new Map<string, string>();
  private readonly eventTexts = new Map<string, string>();
  private detailsDueAt = performance.now() + DETAILS_EVERY_MS;

  constructor(private readonly request: Pick<AwaitRequest, "progress" | "warn">) {}

  /** Every detail and warning there was, oldest first; of each pod the last. */
  get remembered(): readonly string[] {
    return [...this.seen.values()];
  }

  /** Shows what is new about a decision. */
  tell(decision: Decision): void {
    for (const text of decision.warnings ?? []) this.warn(text);
    this.tellDetails(decision.details ?? []);
    if (decision.status !== undefined) this.progress(decision.status);
  }

  /** Shows a status line unless it is shown already. */
  progress(text: string): void {
    if (text === this.status) return;
    this.status = text;
    this.request.progress(text);
  }

  /** Shows a warning unless it was shown before. */
  warn(text: string): void {
    this.see(text);
    if (this.warned.has(text)) return;
    this.warned.add(text);
    dropOldest(this.warned);
    this.request.warn(text);
  }

  /** What events have warned of, oldest first. */
  get events(): readonly string[] {
    return [...this.eventTexts.values()];
  }

  /** Shows a warning of an event unless one of the same kind was shown before. */
  event(text: string): void {
    const family = text.replace("(combined from similar events): ", "").replace(generatedSuffix, "");
    if (this.eventTexts.has(family) || this.eventTexts.size >= rememberedTexts) return;
    this.eventTexts.set(family, text);
    this.request.warn(text);
  }

  private tellDetails(details: readonly string[]): void {
    for (const text of details) this.see(text);
    if (performance.now() < this.detailsDueAt) return;
    this.detailsDueAt = performance.now() + DETAILS_EVERY_MS;
    for (const text of details) this.warn(text);
  }

  private see(text: string): void {
    this.seen.set(podPrefix.exec(text)?.[0] ?? text, text);
    dropOldest(this.seen);
  }
}

/** Hours of a crash loop must not fill the memory. */
function dropOldest(texts: Set<string> | Map<string, string>): void {
  const [oldest] = texts.keys();
  if (texts.size > rememberedTexts && oldest !== undefined) texts.delete(oldest);
}
