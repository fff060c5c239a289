import { AwaitError } from "./errors";
import { Session } from "./session";
import { Events } from "./events";
import { pause } from "./pause";
import { DETAILS_EVERY_MS, Teller } from "./teller";
import type { AwaitOutcome } from "./errors";
import type { Decision, Related } from "./decision";
import type { AwaitRequest, KubernetesObject } from "./types";

/** A cluster that has been silent for this long is not waited for, in milliseconds; a restart takes less. */
export const SILENCE_LIMIT_MS = 60_000;

/** A silence shorter than this is not worth a word, in milliseconds. */
const SILENCE_TOLD_MS = 1_000;

/** News of a failure can overtake that of its cause: how long the cause is given to arrive, in milliseconds. */
const LAST_LOOK_MS = 250;

/** The longest delay a timer can take. */
const LONGEST_MS = 2 ** 31 - 1;

/** What to wait for, and in which words failure is told. */
export interface Goal {
  readonly timeoutSeconds: number;
  readonly related: readonly Related[];
  /** Whether troubles of pods count in the end although the pods are gone by then. */
  readonly remembersDetails: boolean;
  /** Whether events from before the wait are told. */
  readonly tellsEarlierEvents: boolean;
  /** Whether an object of that name is the one to wait for. */
  isSame(object: KubernetesObject): boolean;
  decide(session: Session): Decision;
  /** The headline of the error. */
  headline(outcome: AwaitOutcome): string;
}

/** Waits for the goal and answers the object as it was then; throws an AwaitError otherwise. */
export async function waitFor(request: AwaitRequest, goal: Goal): Promise<KubernetesObject> {
  const session = new Session(request, (object) => goal.isSame(object), goal.related);
  const teller = new Teller(request);
  const events = new Events(request.reader, request.object, teller, goal.tellsEarlierEvents);
  session.start();
  void events.run(session.signal);
  try {
    return await loop(request, goal, session, teller, events);
  } finally {
    session.close();
  }
}

async function loop(
  request: AwaitRequest,
  goal: Goal,
  session: Session,
  teller: Teller,
  events: Events,
): Promise<KubernetesObject> {
  const deadline = performance.now() + Math.min(timeoutMs(request, goal), LONGEST_MS);
  let lastLook = false;
  for (;;) {
    const decision = session.synced ? goal.decide(session) : undefined;
    tell(session, decision, teller);
    if (decision?.ready) return session.object;
    const end = endOf(request, session, decision, deadline);
    if (end !== undefined && (lastLook || end.outcome === "cancelled")) {
      throw new AwaitError(reasons(goal, end, decision, teller), session.object, end.outcome);
    }
    if (end !== undefined) {
      lastLook = true;
      void events.read(session.signal);
      await pause(LAST_LOOK_MS, session.signal);
    } else {
      const nextMs = Math.min(
        decision?.recheckMs ?? Infinity,
        DETAILS_EVERY_MS,
        deadline - performance.now(),
      );
      await session.changed(Math.max(Math.ceil(nextMs), 0));
    }
  }
}

/** What was known before the API server fell silent is no news. */
function tell(session: Session, decision: Decision | undefined, teller: Teller): void {
  const { silentMs, failureText } = session;
  if (silentMs > SILENCE_TOLD_MS) teller.progress(`Waiting for the API server: ${failureText}`);
  else if (decision !== undefined && silentMs === 0) teller.tell(decision);
}

interface End {
  readonly outcome: AwaitOutcome;
  /** Why it ended, where the headline does not say it. */
  readonly cause?: string;
}

function endOf(
  request: AwaitRequest,
  session: Session,
  decision: Decision | undefined,
  deadline: number,
): End | undefined {
  if (request.signal.aborted) return { outcome: "cancelled" };
  if (decision?.failed) return { outcome: "failed" };
  if (session.refused) return { outcome: "failed", cause: `its state can't be read: ${session.failureText}` };
  const { silentMs, failureText } = session;
  const seconds = Math.round(silentMs / 1000);
  const silence =
    silentMs === 0 ? {} : { cause: `the cluster could not be read for ${seconds} s: ${failureText}` };
  if (silentMs > SILENCE_LIMIT_MS) return { outcome: "failed", ...silence };
  return performance.now() >= deadline ? { outcome: "timed out", ...silence } : undefined;
}

function reasons(
  goal: Goal,
  end: End,
  decision: Decision | undefined,
  teller: Teller,
): [string, ...string[]] {
  const details = goal.remembersDetails ? teller.remembered : (decision?.details ?? []);
  const causes = end.cause === undefined ? [] : [end.cause];
  const all = new Set([...causes, ...(decision?.failures ?? []), ...details, ...teller.events]);
  return [goal.headline(end.outcome), ...all];
}

function timeoutMs(request: AwaitRequest, goal: Goal): number {
  return (request.timeoutSeconds ?? goal.timeoutSeconds) * 1000;
}
