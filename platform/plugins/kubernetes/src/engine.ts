import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Tells the user about one resource. */
export interface ResourceLog {
  /** Shows a passing status line; an empty one clears it. */
  status(message: string): void;
  /** Shows a passing warning beside the resource. */
  statusWarning(message: string): void;
  /** Leaves a warning in the closing summary. */
  warning(message: string): void;
  /** Resolves when everything said so far has reached the engine. */
  flushed(): Promise<void>;
}

/** Speaks to the engine that started the plugin; says nothing where there is none. */
export class Engine {
  private readonly client: EngineClient | undefined;

  constructor(address: string | undefined) {
    this.client = address === undefined ? undefined : new EngineClient(address, credentials.createInsecure());
  }

  /** A log whose messages arrive in the order in which they were written. */
  log(urn: string): ResourceLog {
    let last = Promise.resolve();
    const say = (
      severity: LogRequest["getSeverity"] extends () => infer S ? S : never,
      message: string,
      passing: boolean,
    ) => {
      const request = new LogRequest();
      request.setSeverity(severity);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(passing);
      last = last.then(() => this.send(request));
    };
    return {
      status: (message) => {
        say(LogSeverity.INFO, message, true);
      },
      statusWarning: (message) => {
        say(LogSeverity.WARNING, message, true);
      },
      warning: (message) => {
        say(LogSeverity.WARNING, message, false);
      },
      flushed: () => last,
    };
  }

  close(): void {
    this.client?.close();
  }

  /** A message that can't be delivered is lost: the operation it tells about matters more. */
  private send(request: LogRequest): Promise<void> {
    const { client } = this;
    if (client === undefined) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      client.log(request, () => {
        resolve();
      });
    });
  }
}
