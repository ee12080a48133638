import { createHmac, randomBytes } from 'node:crypto';
import { deriveKey, err, ok, plusMs, type Clock, type Db, type Result, type Sql } from '../platform';
import type { Member, StaffRole } from './member';
import * as store from './store';

/** A token is good for so long; an invitation for a day. */
const tokenTtlMs = 90 * 86_400_000;
const invitationTtlMs = 86_400_000;
/** Who has not been here for so long is refused (dormant accounts are the ones that get stolen). */
const dormantAfterMs = 45 * 86_400_000;
const seenEveryMs = 60_000;

export interface MemberDeps {
  readonly clock: Clock;
  readonly tokenKey: Buffer;
}

/** The key of tokens' digests, made from one that is kept outside of the database. */
export function tokenKeyOf(indexKey: Buffer): Buffer {
  return deriveKey(indexKey, 'staff token');
}

/** 256 random bits: nothing that could be guessed, so its digest needs no slow hash. */
function newToken(): string {
  return `staff_${randomBytes(32).toString('base64url')}`;
}

function digestOf({ tokenKey }: Pick<MemberDeps, 'tokenKey'>, token: string): Buffer {
  return createHmac('sha256', tokenKey).update(token).digest();
}

/** Whose token it is. Errors: `token_unknown`, `token_expired`, `member_disabled`, `member_dormant`. */
export async function authenticate(
  { db, clock, tokenKey }: MemberDeps & { db: Db },
  token: string,
): Promise<Result<Member, 'token_unknown' | 'token_expired' | 'member_disabled' | 'member_dormant'>> {
  const row = await store.memberByDigest(db, digestOf({ tokenKey }, token));
  if (!row) return err('token_unknown');
  const now = clock.now();
  if (row.status === 'disabled') return err('member_disabled');
  if (row.tokenExpiresAt === null || row.tokenExpiresAt <= now) return err('token_expired');
  const seenAt = row.lastSeenAt ?? row.createdAt;
  if (seenAt < plusMs(now, -dormantAfterMs)) return err('member_dormant');
  if (seenAt < plusMs(now, -seenEveryMs)) await store.touchMember(db, row.staffId, now);
  const { staffId, fullName, role, status } = row;
  return ok({ staffId, fullName, role, status });
}

export interface NewMember {
  readonly staffId: string;
  readonly fullName: string;
  readonly role: StaffRole;
}

/** Writes somebody who begins with a token of their own invitation. Undefined when the short or the full name is taken. */
export async function invite(
  sql: Sql,
  deps: MemberDeps,
  { actId, ...member }: NewMember & { actId: string | null },
): Promise<string | undefined> {
  const token = newToken();
  const now = deps.clock.now();
  const inserted = await store.insertMember(sql, {
    ...{ ...member, status: 'invited', actId, isSandbox: false, now },
    ...{ digest: digestOf(deps, token), expiresAt: plusMs(now, invitationTtlMs) },
  });
  return inserted ? token : undefined;
}

/** Lets somebody in again who was disabled, dormant or whose token is lost: by a new invitation. */
export async function inviteAgain(
  sql: Sql,
  deps: MemberDeps,
  { staffId, actId }: { staffId: string; actId: string },
): Promise<string> {
  const token = newToken();
  const now = deps.clock.now();
  await store.updateToken(sql, {
    ...{ staffId, status: 'invited', actId, now },
    ...{ digest: digestOf(deps, token), expiresAt: plusMs(now, invitationTtlMs) },
  });
  return token;
}

/** A member's own new token: whoever handed the old one over knows it no more. */
export async function renewOwn(sql: Sql, deps: MemberDeps, staffId: string): Promise<string> {
  const token = newToken();
  const now = deps.clock.now();
  await store.updateToken(sql, {
    ...{ staffId, status: 'active', now },
    ...{ digest: digestOf(deps, token), expiresAt: plusMs(now, tokenTtlMs) },
  });
  return token;
}

/**
 * The first admins of an installation, two or more so that one can check the other: for whoever owns the database.
 * Undefined when there is an admin already; then they invite everybody else.
 */
export async function bootstrap(
  owner: Db,
  deps: MemberDeps,
  admins: readonly Omit<NewMember, 'role'>[],
): Promise<readonly { staffId: string; token: string }[] | undefined> {
  return owner.tx(async (tx) => {
    await tx.run({ text: 'lock table staff_member in share row exclusive mode' });
    if (await store.anyAdmin(tx)) return undefined;
    const invited: { staffId: string; token: string }[] = [];
    for (const admin of admins) {
      const token = await invite(tx, deps, { ...admin, role: 'admin', actId: null });
      if (token === undefined) throw new Error(`the name ${admin.staffId} is taken`);
      invited.push({ staffId: admin.staffId, token });
    }
    return invited;
  });
}

/**
 * The sandbox's members, active, with these tokens where they still open; whoever has none that opens gets a new one.
 * Returns everybody's. Only the owner of the database may do it.
 */
export async function enrolSandbox(
  owner: Db,
  deps: MemberDeps,
  { members, tokens }: { members: readonly NewMember[]; tokens: Readonly<Record<string, string>> },
): Promise<Record<string, string>> {
  const now = deps.clock.now();
  const kept: Record<string, string> = {};
  for (const member of members) {
    const { staffId } = member;
    const before = tokens[staffId];
    const opens = before !== undefined && (await authenticate({ ...deps, db: owner }, before)).ok;
    const token = opens ? before : newToken();
    if (!opens) {
      const fresh = { digest: digestOf(deps, token), expiresAt: plusMs(now, tokenTtlMs) };
      const inserted = await store.insertMember(owner, {
        ...{ ...member, status: 'active', actId: null, isSandbox: true, now },
        ...fresh,
      });
      // Whoever was shut out stays out.
      if (!inserted && (await store.memberById(owner, staffId))?.status === 'disabled') continue;
      if (!inserted) await store.updateToken(owner, { staffId, status: 'active', now, ...fresh });
    }
    kept[staffId] = token;
  }
  return kept;
}

/** Nobody of the sandbox gets into production. */
export async function disableSandbox(owner: Sql): Promise<number> {
  return store.disableSandboxMembers(owner);
}
