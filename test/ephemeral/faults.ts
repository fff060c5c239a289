/** What may happen to a run, and what is to clean up then. */
export const faults = {
  "kill-up": "kill -9 of the runner while it makes the stack",
  "kill-command": "kill -9 of the runner while its command runs",
  "kill-destroy": "kill -9 of the runner while it destroys the stack",
  "kill-tree": "kill -9 of the runner, of Pulumi and of its plugins while they make the stack",
  "kill-all": "kill -9 of all of these and of the watchdog",
  "half-failed-up": "an up that fails half-way, since its image does not exist",
  "ctrl-c": "an interrupt while the stack is made",
  "region-gone": "a cluster that no longer answers when the stack is to be destroyed",
  "state-lost": "kill -9 of everything, with the state and all files lost, and objects Pulumi never knew of",
} as const;
export type Fault = keyof typeof faults;
export const faultNames = Object.keys(faults) as Fault[];

/** What is asked for to leave a run alone. */
export const noFault = "none";

/** One run of a campaign. */
export interface PlannedRun {
  /** Undefined for one that is left alone. */
  readonly fault: Fault | undefined;
  /** When in its phase the fault comes, from 0 to 1. */
  readonly moment: number;
}

/** What is killed most is what is killed at random points; the others come once in ten. */
const mixture: readonly Fault[] = [
  "kill-up",
  "kill-tree",
  "state-lost",
  "kill-destroy",
  "region-gone",
  "kill-command",
  "half-failed-up",
  "kill-all",
  "ctrl-c",
  "kill-up",
];

/** A campaign: every second run has a fault, or every run has the one asked for. The same seed gives the same. */
export function plan(runs: number, seed: number, asked?: readonly string[]): PlannedRun[] {
  const random = randomOf(seed);
  const chosen = Array.from({ length: runs }, (_, index): Fault | undefined => {
    if (asked !== undefined) return faultNames.find((name) => name === asked[index % asked.length]);
    return index % 2 === 0 ? undefined : mixture[((index - 1) / 2) % mixture.length];
  });
  return chosen.map((fault) => ({ fault, moment: random() }));
}

/** A generator of numbers from 0 to 1 (mulberry32): reproducible, which Math.random is not. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
