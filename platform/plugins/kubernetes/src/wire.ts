import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

import type { Properties } from "./values";
import { decode, encode, isRecord } from "./values";

/** Properties as the engine sent them; nothing means none. */
export function fromStruct(struct: Struct | undefined): Properties {
  const decoded = decode(struct?.toJavaScript() ?? {});
  return isRecord(decoded) ? decoded : {};
}

/** Properties as the engine wants them. */
export function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(encode(properties) as Record<string, JavaScriptValue>);
}
