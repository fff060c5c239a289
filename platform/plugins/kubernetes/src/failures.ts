import type { StatusObject } from "@grpc/grpc-js";
import { Metadata, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";

import { toStatus } from "../../support/handlers";
import { PartialFailure } from "./errors";
import { toStruct } from "./wire";

/** What the engine gets of an error; a partial failure carries the state that it must keep. */
export function statusOf(error: unknown): Partial<StatusObject> {
  if (!(error instanceof PartialFailure)) {
    return toStatus(error);
  }
  const failed = new ErrorResourceInitFailed();
  failed.setId(error.id);
  failed.setProperties(toStruct(error.state));
  failed.setReasonsList([...error.reasons]);
  if (error.inputs !== undefined) {
    failed.setInputs(toStruct(error.inputs));
  }
  const detail = new Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const answer = new Status();
  answer.setCode(status.UNKNOWN);
  answer.setMessage(error.message);
  answer.addDetails(detail);
  // gRPC for Node has no notion of details; this is the header in which other languages look for them.
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(answer.serializeBinary()));
  return { code: status.UNKNOWN, details: error.message, metadata };
}
