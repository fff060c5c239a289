/** `random.RandomId`: random bytes, written in four ways. */
import { randomBytes } from "node:crypto";

import type { Kind } from "../../support/bridged/kind";
import type { Properties } from "../../support/properties";
import { keepers } from "./keepers";

const most = 65536;

/** The official resource's inputs and outputs. The id is the number without its prefix. */
export const randomId: Kind = {
  type: "random:index/randomId:RandomId",
  schemaVersion: 0,
  inputs: {
    byteLength: {
      type: "whole",
      required: true,
      allowed: (value) =>
        Number(value) >= 1 && Number(value) <= most ? undefined : `from 1 to ${String(most)}`,
    },
    prefix: { type: "text" },
    keepers,
  },
  computed: { b64Std: "open", b64Url: "open", dec: "open", hex: "open" },
  create: (inputs) => written(randomBytes(Number(inputs["byteLength"])), inputs),
};

function written(bytes: Buffer, { prefix }: Properties) {
  const before = typeof prefix === "string" ? prefix : "";
  const id = bytes.toString("base64url");
  const hex = bytes.toString("hex");
  return {
    id,
    computed: {
      b64Std: before + bytes.toString("base64"),
      b64Url: before + id,
      dec: before + BigInt(`0x${hex}`).toString(),
      hex: before + hex,
    },
  };
}
