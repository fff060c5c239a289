/** Waits that long, or until the signal aborts; leaves neither timer nor listener behind. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
  });
}

/** Something to wait for that others can ring. */
export class Bell {
  private rung = false;
  private wake: (() => void) | undefined;

  /** Ends the present wait, or the next one if nobody waits now. */
  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Waits until somebody rings, that long has passed or the signal aborts. */
  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.rung) {
      const woken = new AbortController();
      this.wake = () => {
        woken.abort();
      };
      await pause(milliseconds, AbortSignal.any([signal, woken.signal]));
      this.wake = undefined;
    }
    this.rung = false;
  }
}
