import { createHash, type Hash } from 'node:crypto';
import { assert } from '../platform';

/**
 * The digests of 0006_audit.sql and 0007_ledger.sql once more, from the texts of the columns and without a database: an
 * archive is proved by what it holds.
 */
export type Cells = readonly (string | null)[];

const oid = { int8: 20, int2: 21, int8array: 1016, timestamptz: 1184, uuid: 2950 } as const;

/** sha256(record_send(row(…))) of the first eight columns of a transfer. */
export function transferDigest([id, seq, kind, result, refused, pending, expires, legs]: Cells): Buffer {
  const fields: readonly [number, Buffer | null][] = [
    [oid.uuid, uuidOf(id)],
    [oid.int8, int8Of(seq)],
    [oid.int2, int2Of(kind)],
    [oid.int2, int2Of(result)],
    [oid.int8, int8Of(refused)],
    [oid.uuid, uuidOf(pending)],
    [oid.timestamptz, momentOf(expires)],
    [oid.int8array, arrayOf(legs)],
  ];
  const hash = createHash('sha256').update(int4(fields.length));
  for (const [type, value] of fields) {
    hash.update(int4(type)).update(int4(value === null ? -1 : value.length));
    if (value) hash.update(value);
  }
  return hash.digest();
}

/** sha256(int8 seq | int4 number | the JSON array of the other fields, as jsonb writes it). */
export function eventDigest(cells: Cells): Buffer {
  const [seq = null, number = null, at = null, ...rest] = cells;
  const [action, actorKind, actorId, subjectKind, subjectId, transferId, traceId, old, fresh] = rest;
  const text = (value: string | null | undefined) => (value == null ? 'null' : JSON.stringify(value));
  const json = [
    momentMicros(at)?.toString() ?? 'null',
    ...[action, actorKind, actorId, subjectKind, subjectId, transferId, traceId].map(text),
    old ?? 'null',
    fresh ?? 'null',
  ];
  return createHash('sha256')
    .update(int8Of(seq) ?? Buffer.alloc(0))
    .update(int4(Number(number)))
    .update(`[${json.join(', ')}]`)
    .digest();
}

/** A link of a chain, with the hashes over its rows' digests. */
export interface LinkContent {
  readonly seq: bigint;
  readonly number: bigint;
  readonly transfers: number;
  readonly events: number;
  readonly transferDigests: Hash;
  readonly eventDigests: Hash;
}

export function linkHash(previous: Buffer, link: LinkContent): Buffer {
  const numbers = Buffer.alloc(24);
  numbers.writeBigInt64BE(link.seq, 0);
  numbers.writeBigInt64BE(link.number, 8);
  numbers.writeInt32BE(link.transfers, 16);
  numbers.writeInt32BE(link.events, 20);
  return createHash('sha256')
    .update(previous)
    .update(numbers)
    .update(link.transferDigests.digest())
    .update(link.eventDigests.digest())
    .digest();
}

/** `\x…` */
export function bytesOf(text: string | null | undefined): Buffer {
  return Buffer.from(text?.slice(2) ?? '', 'hex');
}

function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int8(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function int8Of(text: string | null | undefined): Buffer | null {
  return text == null ? null : int8(BigInt(text));
}

function int2Of(text: string | null | undefined): Buffer | null {
  if (text == null) return null;
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(Number(text));
  return bytes;
}

function uuidOf(text: string | null | undefined): Buffer | null {
  return text == null ? null : Buffer.from(text.replaceAll('-', ''), 'hex');
}

function arrayOf(text: string | null | undefined): Buffer | null {
  if (text == null) return null;
  const numbers = text === '{}' ? [] : text.slice(1, -1).split(',');
  const head = numbers.length === 0 ? [0, 0, oid.int8] : [1, 0, oid.int8, numbers.length, 1];
  const bytes = Buffer.alloc(head.length * 4 + numbers.length * 12);
  for (const [index, value] of head.entries()) bytes.writeInt32BE(value, index * 4);
  for (const [index, number] of numbers.entries()) {
    bytes.writeInt32BE(8, head.length * 4 + index * 12);
    bytes.writeBigInt64BE(BigInt(number), head.length * 4 + index * 12 + 4);
  }
  return bytes;
}

const momentShape = /^(\d{4,6}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;
const epoch2000Micros = 946_684_800_000_000n;

/** Microseconds since 1970 of a timestamp in UTC, as PostgreSQL writes it. */
function momentMicros(text: string | null | undefined): bigint | undefined {
  if (text == null) return undefined;
  const [, date, time, fraction = ''] = momentShape.exec(text) ?? [];
  assert(date !== undefined && time !== undefined, `${text} is a timestamp in UTC`);
  return BigInt(Date.parse(`${date}T${time}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

function momentOf(text: string | null | undefined): Buffer | null {
  const micros = momentMicros(text);
  return micros === undefined ? null : int8(micros - epoch2000Micros);
}
