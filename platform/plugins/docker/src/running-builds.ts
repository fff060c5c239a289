/** The builds under way, so that none outlives the provider. */
export class RunningBuilds {
  private readonly abort = new AbortController();
  private readonly running = new Set<Promise<unknown>>();

  /** Starts a build whose signal is aborted by the caller's or by {@link cancel}. */
  start<T>(caller: AbortSignal, build: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const promise = build(AbortSignal.any([caller, this.abort.signal]));
    this.running.add(promise);
    return promise.finally(() => this.running.delete(promise));
  }

  /** Ends all builds, those to come as well, and waits until they are gone. */
  async cancel(): Promise<void> {
    this.abort.abort();
    await Promise.allSettled(this.running);
  }
}
