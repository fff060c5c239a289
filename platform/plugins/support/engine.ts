import { Client, connectivityState, credentials } from "@grpc/grpc-js";

/**
 * Calls `gone` once when the engine can no longer be reached, and returns a function that stops watching.
 *
 * The engine ends its plugins with a signal; an engine that was killed can't, and would leave them behind.
 */
export function watchEngine(address: string, gone: () => void): () => void {
  const client = new Client(address, credentials.createInsecure());
  const channel = client.getChannel();
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    client.close();
  };
  const look = (): void => {
    if (stopped) {
      return;
    }
    // A broken connection goes to IDLE first: `true` dials again, and only a refused dial counts as gone.
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
      stop();
      gone();
      return;
    }
    channel.watchConnectivityState(state, Infinity, look);
  };
  look();
  return stop;
}
