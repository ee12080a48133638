import type { AuditEvent } from '../audit';
import { fullName, type Customer, type PinError } from '../identity';
import type { HeldAccount } from '../accounts';
import { assert, err, ok, type Result, type Tx } from '../platform';
import type { InvoicesDeps } from './deps';
import type { InvoiceError } from './errors';
import type { Operator, Till } from './invoice';
import { holderOf, personBy } from './seller';
import { refusedAsLeft } from './store';
import {
  closeTills,
  insertOperator,
  insertTill,
  isKnownOperator,
  nextOperatorNo,
  operatorsAt,
  operatorsOf,
  removeOperator,
  soldToday,
  tillOfAccount,
  type Sold,
} from './till-store';

/**
 * Tills (B23). An operator is a customer of their own, with their own PIN, and not a holder of the account: who sells at
 * the counter sees neither its balance nor its statement, and takes nothing out of it. A merchant who does want that
 * adds a holder instead (R37), who sells as well. An operator sells from their own phone, or by their number and PIN on
 * the shop's; the PIN is theirs wherever they work, and no merchant ever sets or sees it.
 */
export interface TillOrder {
  readonly customerId: string;
  readonly accountId: string;
  readonly pin: string;
  readonly hopKey: string;
}

/** With the receipts and the limits of a payment, as many copies as a transfer can carry. */
const operatorsMax = 6;
const tillLength = 6;
const numbersTried = 20;

export interface TillView {
  readonly till: Till;
  readonly operators: readonly (Operator & { readonly name: string })[];
  /** What was paid today, by who sold it. */
  readonly sold: readonly (Sold & { readonly name: string })[];
}

/** The till of an account, for its holders; undefined where it has none. Errors: `not_allowed`. */
export async function viewTill(
  deps: InvoicesDeps,
  who: { customerId: string; accountId: string },
): Promise<Result<TillView | undefined, InvoiceError>> {
  const { db, identity, clock, market } = deps;
  const holder = await holderOf(deps, who);
  if (!holder.ok) return holder;
  const till = await tillOfAccount(db, who.accountId);
  if (!till) return ok(undefined);
  const nameOf = async (id: string | null): Promise<{ name: string }> => {
    const person = id === null ? undefined : await identity.byId(db, id);
    return { name: person ? fullName(person) : '' };
  };
  const there = await operatorsAt(db, till.tillNumber);
  const sold = await soldToday(db, who.accountId, { now: clock.now(), timeZone: market.timeZone });
  return ok({
    till,
    operators: await Promise.all(there.map(async (one) => ({ ...one, ...(await nameOf(one.customerId)) }))),
    sold: await Promise.all(sold.map(async (one) => ({ ...one, ...(await nameOf(one.sellerId)) }))),
  });
}

/**
 * Gives an account a number that buyers dial; the one that it has is the answer where it has one. Its owner is told.
 * Errors: `not_allowed`, and those of the PIN.
 */
export async function openTill(deps: InvoicesDeps, order: TillOrder): Promise<Result<Till, InvoiceError | PinError>> {
  const manager = await managerOf(deps, order);
  if (!manager.ok) return manager;
  const { owner, held } = manager.value;
  try {
    return ok(await deps.db.tx((tx) => ensureTill(deps, tx, { owner, held, order })));
  } catch (error) {
    return refusedOrThrown(error);
  }
}

function refusedOrThrown(error: unknown): Result<never, InvoiceError> {
  const refused = refusedAsLeft(error);
  if (!refused) throw error;
  return err(refused);
}

async function ensureTill(
  deps: InvoicesDeps,
  tx: Tx,
  { owner, held, order }: { owner: Customer; held: HeldAccount; order: TillOrder },
): Promise<Till> {
  const { accountId } = held;
  for (let tried = 0; tried < numbersTried; tried += 1) {
    const known = await tillOfAccount(tx, accountId);
    if (known) return known;
    const tillNumber = deps.ids.number(tillLength);
    const till: Till = { tillNumber, accountId, ownerId: owner.customerId, name: shopName(owner) };
    if (!(await insertTill(tx, till, deps.clock.now()))) continue;
    await deps.notifications.tell(tx, owner, 'sms.tillOpened', { till: tillNumber });
    await deps.audit.record(tx, [
      { action: 'till.opened', ...about(order, tillNumber), new: { accountId, ownerId: owner.customerId } },
    ]);
    return till;
  }
  throw new Error('no free till number was found');
}

/** A till shows its owner's name: what a buyer checks it by. */
function shopName(owner: Customer): string {
  return fullName(owner).slice(0, nameMax).trimEnd();
}
const nameMax = 61;

/** Somebody who may sell at the till. Errors: `not_allowed`, `payee_unknown`. */
export async function lookUpOperator(
  deps: InvoicesDeps,
  { customerId, accountId, number }: { customerId: string; accountId: string; number: string },
): Promise<Result<Customer, InvoiceError>> {
  const holder = await holderOf(deps, { customerId, accountId });
  if (!holder.ok) return holder;
  if (holder.value.held.rank === 'viewer') return err('not_allowed');
  const person = await personBy(deps, number);
  return person?.status === 'active' ? ok(person) : err('payee_unknown');
}

/**
 * Lets a person sell at the till of an account, up to an amount a day. They are told, and so is the owner.
 * Errors: `not_allowed`, `payee_unknown`, `operator_known`, `operators_too_many`, and those of the PIN.
 */
export async function addOperator(
  deps: InvoicesDeps,
  order: TillOrder & { readonly operatorId: string; readonly dayMaxMinor: bigint | null },
): Promise<Result<Operator, InvoiceError | PinError>> {
  const manager = await managerOf(deps, order);
  if (!manager.ok) return manager;
  const { accountId, operatorId: customerId, dayMaxMinor } = order;
  const till = await tillOfAccount(deps.db, accountId);
  const person = await deps.identity.byId(deps.db, customerId);
  if (!till) return err('not_allowed');
  if (person?.status !== 'active') return err('payee_unknown');
  try {
    return await deps.db.tx(async (tx) => {
      const operatorNo = await nextOperatorNo(tx, till.tillNumber); // locks the till
      if ((await operatorsAt(tx, till.tillNumber)).length >= operatorsMax) return err('operators_too_many');
      const operator: Operator = { tillNumber: till.tillNumber, operatorNo, customerId, dayMaxMinor };
      await insertOperator(tx, operator, deps.clock.now());
      await tellBoth(deps, tx, { text: 'sms.operatorAdded', owner: manager.value.owner, person, operator });
      const added = { accountId, customerId, operatorNo, dayMaxMinor: dayMaxMinor?.toString() ?? null };
      await deps.audit.record(tx, [{ action: 'till.operator_added', ...about(order, till.tillNumber), new: added }]);
      return ok(operator);
    });
  } catch (error) {
    return isKnownOperator(error) ? err('operator_known') : refusedOrThrown(error);
  }
}

/** From now on they sell nothing there; what they sold stays theirs. Errors: `not_allowed`, `operator_unknown`, and the PIN's. */
export async function dropOperator(
  deps: InvoicesDeps,
  order: TillOrder & { readonly operatorNo: number },
): Promise<Result<undefined, InvoiceError | PinError>> {
  const manager = await managerOf(deps, order);
  if (!manager.ok) return manager;
  const { accountId, operatorNo } = order;
  const till = await tillOfAccount(deps.db, accountId);
  if (!till) return err('not_allowed');
  return deps.db.tx(async (tx) => {
    const operator = (await operatorsAt(tx, till.tillNumber)).find((one) => one.operatorNo === operatorNo);
    if (!operator || !(await removeOperator(tx, till.tillNumber, operatorNo))) return err('operator_unknown');
    const person = await deps.identity.byId(tx, operator.customerId);
    assert(person, 'an operator is a customer');
    await tellBoth(deps, tx, { text: 'sms.operatorRemoved', owner: manager.value.owner, person, operator });
    const old = { accountId, customerId: operator.customerId, operatorNo };
    await deps.audit.record(tx, [{ action: 'till.operator_removed', ...about(order, till.tillNumber), old }]);
    return ok(undefined);
  });
}

/**
 * A person leaves: nobody sells at a till of theirs any more, and they sell at nobody's. Whom that concerns is told.
 * Returns what is to be recorded.
 */
export async function leaveTills(
  deps: InvoicesDeps,
  tx: Tx,
  { customerId, hopKey }: Pick<TillOrder, 'customerId' | 'hopKey'>,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  const remove = async (operator: Operator, ownerId: string): Promise<void> => {
    await removeOperator(tx, operator.tillNumber, operator.operatorNo);
    const [owner, person] = [await deps.identity.byId(tx, ownerId), await deps.identity.byId(tx, operator.customerId)];
    assert(owner && person, 'who has a till or sells there is a customer');
    await tellBoth(deps, tx, { text: 'sms.operatorRemoved', owner, person, operator });
    const old = { customerId: operator.customerId, operatorNo: operator.operatorNo };
    const at = {
      actor: { kind: 'customer', id: customerId },
      subject: { kind: 'till', id: operator.tillNumber },
    } as const;
    events.push({ action: 'till.operator_removed', ...at, traceId: hopKey, old });
  };
  for (const { till, ...operator } of await operatorsOf(tx, customerId)) await remove(operator, till.ownerId);
  for (const tillNumber of await closeTills(tx, customerId)) {
    for (const operator of await operatorsAt(tx, tillNumber)) await remove(operator, customerId);
    const at = { actor: { kind: 'customer', id: customerId }, subject: { kind: 'till', id: tillNumber } } as const;
    events.push({ action: 'till.closed', ...at, traceId: hopKey });
  }
  return events;
}

/** Who changes a till proves it by the PIN, and is its account's owner or a signatory. */
async function managerOf(
  deps: InvoicesDeps,
  order: TillOrder,
): Promise<Result<{ held: HeldAccount; owner: Customer }, InvoiceError | PinError>> {
  const { customerId, pin, hopKey } = order;
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  const holder = await holderOf(deps, order);
  if (!holder.ok) return holder;
  return holder.value.held.rank === 'viewer' ? err('not_allowed') : ok(holder.value);
}

async function tellBoth(
  { notifications }: InvoicesDeps,
  tx: Tx,
  about: {
    text: 'sms.operatorAdded' | 'sms.operatorRemoved';
    owner: Customer;
    person: Customer;
    operator: Operator;
  },
): Promise<void> {
  const { owner, person, operator } = about;
  const values = {
    name: { name: fullName(person) },
    till: operator.tillNumber,
    number: operator.operatorNo,
  };
  await notifications.tell(tx, person, about.text, values);
  if (owner.customerId !== person.customerId) await notifications.tell(tx, owner, about.text, values);
}

function about({ customerId, hopKey }: TillOrder, tillNumber: string) {
  return {
    actor: { kind: 'customer', id: customerId },
    subject: { kind: 'till', id: tillNumber },
    traceId: hopKey,
  } as const;
}
