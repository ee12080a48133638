import { randomBytes } from 'node:crypto';
import type { Clock } from './clock';
import { luhnDigit, userNumberLength } from './user-number';

/** Where identifiers come from; injected, so that tests can replay a call. */
export interface Ids {
  /** A UUIDv7 (RFC 9562, section 5.7): time-ordered, 74 random bits. */
  uuid(): string;
  /** A UUIDv4 (RFC 9562, section 5.4): 122 random bits. FSPIOP before 2.0 knows no later version. */
  wireId(): string;
  /** A short reference that a person can read out: eight characters without look-alikes, e.g. `K7QF2M9X`. */
  reference(): string;
  /** A user number: eight digits, the first not zero, the last a check digit. */
  userNumber(): string;
  /** A one-time code: six digits, each of the million as likely as the other. */
  code(): string;
  /** A number of up to ten digits that is dialled: the first not zero, the last a check digit. */
  number(length: number): string;
}

// No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: a reference is read out over a bad line.
const referenceAlphabet = '34679ACDEFGHJKMNPQRTWXY';

export function createIds(clock: Clock, random: (size: number) => Buffer = createPool()): Ids {
  return {
    uuid: () => uuidV7(clock.now().getTime(), random(10)),
    wireId: () => uuidV4(random(16)),
    reference: () => reference(random),
    userNumber: () => number(random, userNumberLength),
    number: (length) => number(random, length),
    code: () => code(random),
  };
}

/** Asking the system for a few bytes costs more than for a few thousand: they are drawn ahead, each given out once. */
function createPool(): (size: number) => Buffer {
  let [pool, used] = [Buffer.alloc(0), 0];
  return (size) => {
    if (used + size > pool.length) [pool, used] = [randomBytes(Math.max(size, 4096)), 0];
    used += size;
    return pool.subarray(used - size, used);
  };
}

function uuidV7(nowMs: number, random: Buffer): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  random.copy(bytes, 6, 0, 10);
  return uuidText(bytes, 7);
}

function uuidV4(random: Buffer): string {
  return uuidText(Buffer.from(random), 4);
}

function uuidText(bytes: Buffer, version: 4 | 7): string {
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function reference(random: (size: number) => Buffer): string {
  const usable = 256 - (256 % referenceAlphabet.length); // a byte beyond would make some letters likelier
  let text = '';
  while (text.length < 8) {
    for (const byte of random(16)) {
      if (byte < usable && text.length < 8) text += referenceAlphabet.charAt(byte % referenceAlphabet.length);
    }
  }
  return text;
}

function number(random: (size: number) => Buffer, length: number): string {
  const least = 10 ** (length - 2);
  const usable = 0xffffffff - (0xffffffff % (9 * least)); // a number beyond would make some likelier
  for (;;) {
    const drawn = random(4).readUInt32BE(0);
    if (drawn >= usable) continue;
    const digits = String(least + (drawn % (9 * least)));
    return digits + luhnDigit(digits);
  }
}

function code(random: (size: number) => Buffer): string {
  const usable = 0x1_00_00_00_00 - (0x1_00_00_00_00 % 1_000_000); // a number beyond would make some likelier
  for (;;) {
    const drawn = random(4).readUInt32BE(0);
    if (drawn < usable) return String(drawn % 1_000_000).padStart(6, '0');
  }
}
