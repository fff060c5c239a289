/** Shows progress and warnings at the resource they belong to. */
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** The engine's log. Messages are lost when there is no engine, as in a plugin that was started by hand. */
export class EngineLog {
  private client: EngineClient | undefined;
  private delivered: Promise<void> = Promise.resolve();

  constructor(address: string | undefined) {
    if (address !== undefined) this.attach(address);
  }

  /** Sends what follows to the engine at this address. */
  attach(address: string): void {
    this.close();
    this.client = new EngineClient(address, credentials.createInsecure());
  }

  /** Shows a line that the next one takes the place of. */
  status(urn: string, text: string): void {
    this.send(new LogRequest().setSeverity(LogSeverity.INFO).setUrn(urn).setMessage(text).setEphemeral(true));
  }

  /** Shows a warning that stays. */
  warning(urn: string, text: string): void {
    this.send(new LogRequest().setSeverity(LogSeverity.WARNING).setUrn(urn).setMessage(text));
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
  }

  /** Waits until all messages so far have reached the engine. */
  flush(): Promise<void> {
    return this.delivered;
  }

  /**
   * One at a time, since the engine keeps no order among messages that arrive together. One that can't be delivered must
   * not fail a build: the engine ends its plugins when it is gone.
   */
  private send(request: LogRequest): void {
    this.delivered = this.delivered.then(() => this.deliver(request));
  }

  private deliver(request: LogRequest): Promise<void> {
    return new Promise((resolve) => {
      if (this.client === undefined) {
        resolve();
        return;
      }
      this.client.log(request, () => {
        resolve();
      });
    });
  }
}
