import { createHash } from 'node:crypto';
import { assert } from '../platform';

/** One hash over many, in their order: leaves sha256(00 | hash), nodes sha256(01 | left | right), an odd one goes up. */
export interface Root {
  add(hash: Buffer): void;
  readonly count: bigint;
  /** Of what was added so far; sha256('') of nothing. */
  value(): Buffer;
}

const leafMark = Buffer.from([0]);
const nodeMark = Buffer.from([1]);

/** Holds one node a level, whatever the number. */
export function createRoot(): Root {
  const nodes: Buffer[] = []; // complete trees of 2^n leaves, the largest first
  let count = 0n;
  return {
    add: (hash) => {
      let node = sha256(leafMark, hash);
      for (let full = count; (full & 1n) === 1n; full >>= 1n) {
        const left = nodes.pop();
        assert(left, 'a set bit of the count is a complete tree');
        node = sha256(nodeMark, left, node);
      }
      nodes.push(node);
      count += 1n;
    },
    get count() {
      return count;
    },
    value: () => (nodes.length === 0 ? sha256() : nodes.reduceRight((right, left) => sha256(nodeMark, left, right))),
  };
}

function sha256(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
