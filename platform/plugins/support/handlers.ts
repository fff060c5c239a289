import { status, type handleUnaryCall, type ServiceError, type StatusObject } from "@grpc/grpc-js";

import { errorText } from "./errors";

/** An error that reaches the engine with a gRPC status of its own. */
export class RpcError extends Error {
  constructor(
    readonly code: status,
    message: string,
  ) {
    super(message);
  }
}

/** A gRPC handler from a plain function; the signal is aborted when the caller gives up. */
export function unary<Request, Response>(
  answer: (request: Request, signal: AbortSignal) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const abort = new AbortController();
    call.on("cancelled", () => {
      abort.abort();
    });
    const run = async (): Promise<Response> => answer(call.request, abort.signal);
    run().then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(toStatus(error));
      },
    );
  };
}

/** What the engine shows of an error: its message, without a stack. */
export function toStatus(error: unknown): Partial<StatusObject> {
  if (error instanceof RpcError) {
    return { code: error.code, details: error.message };
  }
  if (isServiceError(error)) {
    return { code: error.code, details: error.details };
  }
  return { code: status.UNKNOWN, details: errorText(error) };
}

/** Whether an error came over gRPC, with a status of its own. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error && "metadata" in error;
}
