import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Keyring } from '../platform';

/**
 * Interledger as Mojaloop uses it: a packet that tells the transaction, a fulfilment that only the payee's provider can
 * make of it, and a condition that proves the fulfilment. Packets of ILP v1 (FSPIOP's profile, `IlpPayment`) and of v4
 * (`IlpPrepare`); their first byte tells which. Source: API Definition 1.1, section 4.5 and listing 12; OER: ITU-T X.696.
 */
export interface IlpPacket {
  readonly version: 1 | 4;
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly destination: string;
  /** base64url of the JSON of the Transaction object (7.4.17), as bytes. */
  readonly data: Buffer;
  /** v4 only. */
  readonly expiresAt?: Date;
  readonly condition?: Buffer;
}

const typeOfVersion = { 1: 1, 4: 12 } as const;
const uint64Max = 2n ** 64n - 1n;

/** The packet as base64url. v4 needs `expiresAt` and a `condition` of 32 bytes. Throws on what doesn't fit. */
export function encodeIlp(packet: IlpPacket): string {
  const { version, amountMinor, destination, data, expiresAt, condition } = packet;
  if (amountMinor < 0n || amountMinor > uint64Max) throw new RangeError('an ILP amount has 64 bits and no sign');
  const amount = Buffer.alloc(8);
  amount.writeBigUInt64BE(amountMinor);
  const parts: Buffer[] = [amount];
  if (version === 4) {
    if (expiresAt === undefined || condition?.length !== 32)
      throw new TypeError('ILP v4 has an expiry and a condition');
    parts.push(Buffer.from(expiresAt.toISOString().replace(/\D/g, ''), 'ascii'), condition);
  }
  parts.push(octets(Buffer.from(destination, 'ascii')), octets(data));
  if (version === 1) parts.push(Buffer.of(0)); // no extensions
  return Buffer.concat([Buffer.of(typeOfVersion[version]), octets(Buffer.concat(parts))]).toString('base64url');
}

/** Reads a packet of either version. Throws a `RangeError` where bytes are missing, left over or of another type. */
export function decodeIlp(base64url: string): IlpPacket {
  const outer = reader(Buffer.from(base64url, 'base64url'));
  const type = outer.take(1).readUInt8();
  if (type !== typeOfVersion[1] && type !== typeOfVersion[4])
    throw new RangeError(`no ILP packet has the type ${type}`);
  const inner = reader(outer.octets());
  outer.end();
  const amountMinor = inner.take(8).readBigUInt64BE();
  const timing = type === typeOfVersion[4] ? { expiresAt: dateOf(inner.take(17)), condition: inner.take(32) } : {};
  const destination = inner.octets().toString('ascii');
  const data = inner.octets();
  if (type === typeOfVersion[4]) return { version: 4, amountMinor, destination, data, ...timing };
  // Extensions of v1 were never defined: whatever is there is passed over.
  return { version: 1, amountMinor, destination, data };
}

/** OER: a length of one byte below 128, else the number of its bytes and they themselves. */
function octets(content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(length), content]);
  const size = length < 0x1_00 ? 1 : length < 0x1_00_00 ? 2 : 3;
  const prefix = Buffer.alloc(1 + size);
  prefix.writeUInt8(0x80 | size);
  prefix.writeUIntBE(length, 1, size);
  return Buffer.concat([prefix, content]);
}

function reader(bytes: Buffer) {
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('the ILP packet is cut short');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const octets = (): Buffer => {
    const first = take(1).readUInt8();
    if (first < 0x80) return take(first);
    const size = first & 0x7f;
    if (size < 1 || size > 4) throw new RangeError('an ILP packet has no such length');
    return take(take(size).readUIntBE(0, size));
  };
  const end = (): void => {
    if (at !== bytes.length) throw new RangeError('something follows the ILP packet');
  };
  return { take, octets, end };
}

/** `20261127101500000` → a date, in UTC. */
function dateOf(digits: Buffer): Date {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/.exec(digits.toString('ascii'));
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', ms = ''] = match ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  if (Number.isNaN(date.getTime())) throw new RangeError('an ILP packet has no such expiry');
  return date;
}

/**
 * 32 bytes that only who knows `secret` can make of `text`. Key and text go in as the reference makes them (the key's
 * base64), so that packets made by Mojaloop's own software are fulfilled with the same secret.
 */
export function fulfilmentOf(text: string, secret: Buffer): Buffer {
  return createHmac('sha256', secret.toString('base64')).update(text).digest();
}

/** SHA-256 of a fulfilment. */
export function conditionOf(fulfilment: Buffer): Buffer {
  return createHash('sha256').update(fulfilment).digest();
}

/**
 * What proves a condition of ours, base64url; undefined where none of our secrets made it of `text`. With any of them: the
 * one that made an offer may since have been replaced.
 */
export function fulfilmentUnder(secrets: Keyring, text: string, condition: string): string | undefined {
  return secrets.ids
    .map((id) => fulfilmentOf(text, secrets.get(id)))
    .find((made) => conditionOf(made).toString('base64url') === condition)
    ?.toString('base64url');
}

/** Whether `fulfilment` proves `condition`, both base64url of 32 bytes. */
export function fulfils(fulfilment: string, condition: string): boolean {
  const [preimage, expected] = [Buffer.from(fulfilment, 'base64url'), Buffer.from(condition, 'base64url')];
  return preimage.length === 32 && expected.length === 32 && timingSafeEqual(conditionOf(preimage), expected);
}
