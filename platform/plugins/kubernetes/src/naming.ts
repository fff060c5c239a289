import { createHash, randomBytes } from "node:crypto";

/** The annotation that tells a generated name from a chosen one. */
export const autonamedAnnotation = "pulumi.com/autonamed";

/** What the engine asks about generated names. */
export interface Autonaming {
  readonly mode: "propose" | "enforce" | "disable";
  readonly proposedName: string;
}

/**
 * A prefix with eight hexadecimal digits. The same seed gives the digits that the official provider takes from it:
 * a stack must not see other names when it moves between the two.
 */
export function uniqueName(prefix: string, seed: Uint8Array): string {
  return prefix + (seed.length === 0 ? randomBytes(4).toString("hex") : seededDigits(seed));
}

/** A name for the field manager of one resource. */
export function newFieldManager(): string {
  return uniqueName("pulumi-kubernetes-", new Uint8Array());
}

/** The name for a resource that has none. */
export function autoname(resourceName: string, seed: Uint8Array, wish: Autonaming | undefined): string {
  if (wish?.mode === "disable") {
    throw new Error(
      "metadata.name is missing and autonaming is disabled; set metadata.name, or change the stack's pulumi:autonaming",
    );
  }
  return wish === undefined ? uniqueName(`${resourceName}-`, seed) : wish.proposedName;
}

/**
 * The low four bits of the first eight 64-bit numbers of a ChaCha8 stream keyed with the seed's SHA-256. The stream
 * interleaves four blocks, so number 2i comes from word i of block 0 and number 2i + 1 from word i of block 2.
 */
function seededDigits(seed: Uint8Array): string {
  const key = createHash("sha256").update(seed).digest();
  const blocks = [chacha8(key, 0), chacha8(key, 2)] as const;
  let digits = "";
  for (let word = 0; word < 4; word++) {
    for (const block of blocks) {
      digits += ((block[word] ?? 0) & 15).toString(16);
    }
  }
  return digits;
}

/** One ChaCha8 block without the final addition of the constants, as Go's generator defines it. */
function chacha8(key: Buffer, counter: number): Uint32Array {
  const state = new Uint32Array(16);
  state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let word = 0; word < 8; word++) {
    state[4 + word] = key.readUInt32LE(word * 4);
  }
  state[12] = counter;
  for (let round = 0; round < 4; round++) {
    for (let column = 0; column < 4; column++) {
      quarterRound(state, column, column + 4, column + 8, column + 12);
    }
    for (let column = 0; column < 4; column++) {
      quarterRound(state, column, 4 + ((column + 1) % 4), 8 + ((column + 2) % 4), 12 + ((column + 3) % 4));
    }
  }
  return state;
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  for (const [first, second] of [
    [16, 12],
    [8, 7],
  ] as const) {
    addXorRotate(state, a, b, d, first);
    addXorRotate(state, c, d, b, second);
  }
}

/** `state[x] += state[y]; state[z] = (state[z] ^ state[x]) <<< bits`. */
function addXorRotate(state: Uint32Array, x: number, y: number, z: number, bits: number): void {
  state[x] = (state[x] ?? 0) + (state[y] ?? 0);
  const mixed = (state[z] ?? 0) ^ (state[x] ?? 0);
  state[z] = (mixed << bits) | (mixed >>> (32 - bits));
}
