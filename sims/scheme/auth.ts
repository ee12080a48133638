import { createHash, randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { unauthorised } from './errors';

/** Who asks: nobody said, the operator of the hub, or the DFSP of that name. */
export type Caller = { kind: 'nobody' } | { kind: 'admin' } | { kind: 'dfsp'; name: string };

interface Credentials {
  name: string;
  secret: string;
}

/** Reads HTTP Basic credentials; undefined where there are none. */
function credentialsOf(req: IncomingMessage): Credentials | undefined {
  const header = req.headers.authorization;
  if (header === undefined) return undefined;
  const match = /^Basic ([A-Za-z0-9+/_=-]+)$/i.exec(header.trim());
  const text = match === null ? '' : Buffer.from(match[1] ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) throw unauthorised('The Authorization header must be HTTP Basic');
  return { name: text.slice(0, colon), secret: text.slice(colon + 1) };
}

interface Options {
  admin: { key: string; secret: string };
  /** Whether a DFSP of this name has this secret. */
  check(this: void, name: string, secret: string): boolean;
}

/**
 * Says who asks. Credentials that come are always checked.
 * @throws SchemeError (UnauthorizedError, 401) when they are wrong.
 */
export const callers =
  ({ admin, check }: Options) =>
  (req: IncomingMessage): Caller => {
    const given = credentialsOf(req);
    if (given === undefined) return { kind: 'nobody' };
    if (given.name === admin.key && sameText(given.secret, admin.secret)) return { kind: 'admin' };
    if (check(given.name, given.secret)) return { kind: 'dfsp', name: given.name };
    throw unauthorised('The name or the secret is wrong');
  };

export const sameText = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const COST = { N: 4096, r: 8, p: 1 };

/** A password as it is kept: `salt.hash`, both base64url. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16);
  return `${salt.toString('base64url')}.${scryptSync(password, salt, 32, COST).toString('base64url')}`;
}

export function passwordFits(password: string, kept: string): boolean {
  const [salt = '', hash = ''] = kept.split('.');
  const expected = Buffer.from(hash, 'base64url');
  return timingSafeEqual(scryptSync(password, Buffer.from(salt, 'base64url'), expected.length, COST), expected);
}
