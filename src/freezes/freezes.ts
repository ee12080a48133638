import type { Accounts } from '../accounts';
import type { Audit, AuditEvent } from '../audit';
import type { Identity } from '../identity';
import type { AccountStatus, Actor, Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import { assert, err, ok, type Clock, type Db, type Result, type Sql, type Tx } from '../platform';
import type { FreezeError } from './errors';
import * as store from './store';
import type { Freeze, FreezeSide } from './store';

export type { Freeze, FreezeSide } from './store';

export interface FreezeDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly notifications: Notifications;
}

export interface NewFreeze {
  /** The act of the staff. */
  readonly freezeId: string;
  /** All accounts that they own, those of tomorrow too; or one account. */
  readonly of: { readonly customerId: string } | { readonly accountId: string };
  readonly side: FreezeSide;
  /** Absent: until it is lifted. */
  readonly endsAt?: Date | undefined;
  /** Whether the owner hears of it. */
  readonly isTold: boolean;
  readonly by: Actor;
}

export interface Frozen {
  readonly number: bigint;
  readonly ownerId: string;
  /** For the forensic log, recorded by the caller. */
  readonly events: readonly AuditEvent[];
}

export interface Freezes {
  /** Errors: `freeze_end_past`, `freeze_nothing`. */
  freeze(tx: Tx, asked: NewFreeze): Promise<Result<Frozen, FreezeError>>;
  /** What other freezes hold stays held. Errors: `freeze_unknown`, `freeze_lifted`. */
  lift(tx: Tx, lifting: { number: bigint; actId: string; by: Actor }): Promise<Result<Frozen, FreezeError>>;
  /** Those that stand, the newest first: of everybody, or of one owner. */
  standing(sql: Sql, customerId?: string): Promise<Freeze[]>;
  /** Whether anything of this person is frozen; nothing is frozen or lifted until the transaction ends. */
  lockStanding(tx: Tx, customerId: string): Promise<boolean>;
  /** Lifts what has ended, and freezes what a frozen person opened since. Returns how many accounts or freezes. */
  keep(): Promise<number>;
}

const keeper: Actor = { kind: 'system', id: 'freezes' };

export function createFreezes(deps: FreezeDeps): Freezes {
  return {
    freeze: (tx, asked) => freeze(deps, tx, asked),
    lift: async (tx, { number, actId, by }) => {
      const found = await store.freezeByNumber(tx, number);
      return found ? lift(deps, tx, { found, actId, by }) : err('freeze_unknown');
    },
    standing: (sql, customerId) => standing(deps, sql, customerId),
    lockStanding: async (tx, customerId) => {
      await store.lockOwner(tx, customerId);
      return (await standing(deps, tx, customerId)).length > 0;
    },
    keep: () => keep(deps),
  };
}

async function standing(deps: FreezeDeps, sql: Sql, customerId?: string): Promise<Freeze[]> {
  if (customerId === undefined) return store.standing(sql);
  const accountIds = (await ownAccounts(deps, sql, customerId)).map(({ accountId }) => accountId);
  return store.standing(sql, { customerId, accountIds });
}

async function freeze(deps: FreezeDeps, tx: Tx, asked: NewFreeze): Promise<Result<Frozen, FreezeError>> {
  const { freezeId, side, endsAt = null, isTold, by } = asked;
  const now = deps.clock.now();
  if (endsAt !== null && endsAt <= now) return err('freeze_end_past');
  const what = await whatOf(deps, tx, asked.of);
  if (!what) return err('freeze_nothing');
  const { ownerId, accountId } = what;
  await store.lockOwner(tx, ownerId);
  const customerId = accountId === null ? ownerId : null;
  const times = { startsAt: now, endsAt };
  const number = await store.insertFreeze(tx, { freezeId, customerId, accountId, side, isTold, ...times });
  const told = { number: number.toString(), side, endsAt: endsAt?.toISOString() ?? null };
  await settle(deps, tx, { ownerId, accountId, by });
  if (isTold) await tell(deps, tx, ownerId, 'sms.accountFrozen');
  return ok({ number, ownerId, events: [{ action: 'freeze.made', actor: by, subject: subjectOf(what), new: told }] });
}

/** Whose, and which account where it is one; undefined where that is not open. */
interface What {
  readonly ownerId: string;
  readonly accountId: string | null;
}

async function whatOf({ accounts }: FreezeDeps, tx: Tx, of: NewFreeze['of']): Promise<What | undefined> {
  if ('customerId' in of) return { ownerId: of.customerId, accountId: null };
  const account = await accounts.byId(tx, of.accountId);
  return account?.status === 'open' ? { ownerId: account.ownerId, accountId: account.accountId } : undefined;
}

function subjectOf({ ownerId, accountId }: What): AuditEvent['subject'] {
  return accountId === null ? { kind: 'customer', id: ownerId } : { kind: 'account', id: accountId };
}

async function lift(
  deps: FreezeDeps,
  tx: Tx,
  { found, actId, by }: { found: Freeze; actId: string | null; by: Actor },
): Promise<Result<Frozen, FreezeError>> {
  const { number, customerId, accountId, side, isTold } = found;
  const ownerId = customerId ?? (await deps.accounts.byId(tx, accountId ?? ''))?.ownerId;
  assert(ownerId, 'what is frozen has an owner');
  await store.lockOwner(tx, ownerId);
  if (!(await store.liftFreeze(tx, { number, actId, now: deps.clock.now() }))) return err('freeze_lifted');
  await settle(deps, tx, { ownerId, accountId, by });
  if (isTold) await tell(deps, tx, ownerId, 'sms.accountUnfrozen');
  const subject = subjectOf({ ownerId, accountId });
  const action = actId === null ? 'freeze.ended' : 'freeze.lifted';
  return ok({ number, ownerId, events: [{ action, actor: by, subject, old: { number: number.toString(), side } }] });
}

/** Gives the accounts in question the status that all freezes together ask for. */
async function settle(
  deps: FreezeDeps,
  tx: Tx,
  { ownerId, accountId, by }: { ownerId: string; accountId: string | null; by: Actor },
): Promise<void> {
  const owned = await ownAccounts(deps, tx, ownerId);
  for (const account of owned.filter((one) => accountId === null || one.accountId === accountId)) {
    const sides = await store.sidesOf(tx, { accountId: account.accountId, ownerId });
    const done = await deps.ledger.setStatus(tx, account.accountId, statusOf(sides), by);
    assert(done.ok, 'an open account can be frozen and opened again');
  }
}

function statusOf(sides: readonly FreezeSide[]): AccountStatus {
  const debit = sides.some((side) => side !== 'credit');
  const credit = sides.some((side) => side !== 'debit');
  if (debit && credit) return 'frozen';
  return debit ? 'frozen_debit' : credit ? 'frozen_credit' : 'open';
}

async function ownAccounts({ accounts }: FreezeDeps, sql: Sql, ownerId: string): Promise<{ accountId: string }[]> {
  return (await accounts.of(sql, ownerId)).filter((account) => account.ownerId === ownerId);
}

async function tell(
  deps: FreezeDeps,
  tx: Tx,
  ownerId: string,
  text: 'sms.accountFrozen' | 'sms.accountUnfrozen',
): Promise<void> {
  const owner = await deps.identity.byId(tx, ownerId);
  if (owner) await deps.notifications.tell(tx, owner, text);
}

async function keep(deps: FreezeDeps): Promise<number> {
  const { db, audit, clock } = deps;
  const over = await store.ended(db, clock.now());
  for (const found of over) {
    await db.tx(async (tx) => {
      const lifted = await lift(deps, tx, { found, actId: null, by: keeper });
      if (lifted.ok) await audit.record(tx, lifted.value.events); // else somebody lifted it meanwhile
    });
  }
  const opened = await store.openedSince(db);
  for (const account of opened) {
    await db.tx(async (tx) => {
      await store.lockOwner(tx, account.ownerId);
      await settle(deps, tx, { ...account, by: keeper });
    });
  }
  return over.length + opened.length;
}
