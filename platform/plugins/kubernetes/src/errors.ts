import type { Properties } from "./values";
import { isRecord, stringAt } from "./values";

/** The API server's refusal of a request. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: number,
    /** Kubernetes' machine-readable reason, such as `AlreadyExists`. */
    readonly reason: string,
    message: string,
    readonly details: Properties = {},
  ) {
    super(message);
  }

  /** Reads Kubernetes' Status object; other bodies are quoted as they are. */
  static fromAnswer(code: number, statusText: string, body: string): ApiError {
    const status = parseStatus(body);
    if (status === undefined) {
      const quoted = body.trim().slice(0, 500);
      return new ApiError(
        code,
        "",
        `the API server answered ${code} ${statusText}${quoted === "" ? "" : `: ${quoted}`}`,
      );
    }
    const details = isRecord(status["details"]) ? status["details"] : {};
    return new ApiError(code, stringAt(status, "reason"), stringAt(status, "message"), details);
  }

  /** Whether the object's namespace is what is missing, rather than the object. */
  get namespaceMissing(): boolean {
    return this.code === 404 && this.details["kind"] === "namespaces";
  }
}

/** The API server could not be reached, or stopped answering. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(
    address: string,
    cause: Error,
    /** Whether the request had been sent, so that it may have been carried out. */
    readonly sent: boolean,
    /** Whether an older connection was used, which the server may have closed before it saw the request. */
    readonly stale = false,
  ) {
    super(
      sent
        ? `lost the connection to the Kubernetes API server at ${address}: ${describe(cause)}`
        : `cannot reach the Kubernetes API server at ${address}: ${describe(cause)}`,
      { cause },
    );
  }
}

/** The cluster does not serve the kind. */
export class NoMatchError extends Error {
  override readonly name = "NoMatchError";

  constructor(apiVersion: string, kind: string) {
    super(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
  }
}

/** An operation that changed the cluster but did not finish; the state must keep what is known. */
export class PartialFailure extends Error {
  override readonly name = "PartialFailure";

  constructor(
    message: string,
    readonly id: string,
    readonly state: Properties,
    readonly reasons: readonly string[],
    readonly inputs?: Properties,
  ) {
    super(message);
  }
}

/** Whether the error is an answer with the given status code. */
export function isApiError(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code;
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Node reports a failed connection to several addresses as an error without a message. */
function describe(cause: Error): string {
  if (cause instanceof AggregateError) {
    return cause.errors.map(messageOf).join("; ");
  }
  return cause.message;
}

function parseStatus(body: string): Properties | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) && parsed["kind"] === "Status" ? parsed : undefined;
  } catch {
    return undefined;
  }
}
