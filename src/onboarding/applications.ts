import type { AuditEvent } from '../audit';
import type { Customer, PinError } from '../identity';
import type { Actor } from '../ledger';
import { assert, err, ok, type Result, type Tx } from '../platform';
import type { ApplicationError, ApplyError } from './errors';
import type { OnboardingDeps } from './deps';
import * as store from './store';

export interface Apply {
  readonly customerId: string;
  readonly wants: 'agent' | 'merchant';
  /** 1 to 20 letters. */
  readonly businessName: string;
  /** As the person types it; compared with the one they registered with. */
  readonly nationalId: string;
  readonly pin: string;
  readonly hopKey: string;
}

export interface Deciding {
  readonly number: bigint;
  /** The act of the staff: for an approval one that two people stand for, or the database refuses. */
  readonly actId: string;
  readonly by: Actor;
}

export interface Decided {
  readonly customer: Customer;
  readonly application: store.Application;
  /** Recorded by the caller. */
  readonly events: readonly AuditEvent[];
}

/**
 * A customer asks to become an agent or a merchant; nothing changes before the staff decide. The same hop again is the
 * same application. Errors: `pin_wrong`, `pin_locked`, `pin_busy`, `id_mismatch`, `application_open`, `application_needless`,
 * `account_closed`.
 */
export async function apply(deps: OnboardingDeps, asked: Apply): Promise<Result<undefined, ApplyError | PinError>> {
  const { db, identity } = deps;
  const { customerId, hopKey } = asked;
  const verified = await identity.verifyPin({ customerId, pin: asked.pin, attemptKey: hopKey });
  if (!verified.ok) return verified;
  try {
    return await db.tx((tx) => write(deps, tx, asked));
  } catch (error) {
    if (store.hasLeft(error)) return err('account_closed');
    throw error;
  }
}

async function write(
  { identity, ids, clock, audit }: OnboardingDeps,
  tx: Tx,
  { customerId, wants, businessName, nationalId: typed, hopKey }: Apply,
): Promise<Result<undefined, ApplicationError>> {
  const customer = await identity.byId(tx, customerId);
  assert(customer, 'who has a PIN is known');
  if (customer.role !== 'customer') return err('application_needless');
  const { nationalId } = await identity.papersOf(tx, customerId);
  if (folded(nationalId) !== folded(typed)) return err('id_mismatch');
  const applicationId = ids.uuid();
  const made = { applicationId, customerId, wants, businessName, hopKey, madeAt: clock.now() };
  if (!(await store.insertApplication(tx, made))) {
    const open = await store.openApplicationOf(tx, customerId);
    return open?.hopKey === hopKey ? ok(undefined) : err('application_open');
  }
  const subject = { kind: 'application', id: applicationId };
  const actor = { kind: 'customer', id: customerId } as const;
  await audit.record(tx, [{ action: 'application.made', actor, subject, traceId: hopKey, new: { wants } }]);
  return ok(undefined);
}

function folded(nationalId: string): string {
  return nationalId.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
}

/**
 * The person is an agent or a merchant from the next call on, an agent with an account for commission (R66), and is told.
 * Errors: `application_unknown`, `application_decided`, `application_needless`.
 */
export async function approve(
  deps: OnboardingDeps,
  tx: Tx,
  deciding: Deciding,
): Promise<Result<Decided, ApplicationError>> {
  const { identity, notifications, market } = deps;
  const found = await decide(deps, tx, deciding, 'approved');
  if (!found.ok) return found;
  const { application, customer } = found.value;
  if (customer.role !== 'customer' || customer.status !== 'active') return err('application_needless');
  await identity.setRole(tx, customer.customerId, application.wants);
  if (application.wants === 'agent') await openCommission(deps, tx, { ownerId: customer.customerId, by: deciding.by });
  const text = application.wants === 'agent' ? 'sms.becameAgent' : 'sms.becameMerchant';
  const { serviceCode } = market;
  await notifications.tell(tx, customer, text, { business: { name: application.businessName }, serviceCode });
  const about = { actor: deciding.by, subject: { kind: 'application', id: application.applicationId } };
  const role = { old: { role: customer.role }, new: { role: application.wants } };
  const whom = { actor: deciding.by, subject: { kind: 'customer', id: customer.customerId } };
  return ok({
    ...found.value,
    events: [
      { action: 'application.approved', ...about },
      { action: 'role.changed', ...whom, ...role },
    ],
  });
}

async function openCommission(
  { accounts, ledger, market }: OnboardingDeps,
  tx: Tx,
  { ownerId, by }: { ownerId: string; by: Actor },
): Promise<void> {
  const [accountId] = await ledger.newAccountIds(tx, 1);
  assert(accountId, 'the ledger gives as many numbers as it is asked for');
  await accounts.create(tx, { accountId, ownerId, purpose: 'commission', name: 'Commission', isPrimary: false });
  const bounds = { currency: market.currency, floorMinor: 0n, ceilingMinor: null, limitProfile: null };
  await ledger.openAccount(tx, { accountId, kind: 'commission', ...bounds }, by);
}

/** The person stays what they are and is told. Errors: `application_unknown`, `application_decided`. */
export async function refuse(
  deps: OnboardingDeps,
  tx: Tx,
  deciding: Deciding,
): Promise<Result<Decided, ApplicationError>> {
  const found = await decide(deps, tx, deciding, 'refused');
  if (!found.ok) return found;
  const { application, customer } = found.value;
  await deps.notifications.tell(tx, customer, 'sms.applicationRefused', {
    business: { name: application.businessName },
  });
  const subject = { kind: 'application', id: application.applicationId };
  return ok({ ...found.value, events: [{ action: 'application.refused', actor: deciding.by, subject }] });
}

async function decide(
  { identity, clock }: OnboardingDeps,
  tx: Tx,
  { number, actId }: Deciding,
  state: 'approved' | 'refused',
): Promise<Result<Omit<Decided, 'events'>, ApplicationError>> {
  const application = await store.lockApplication(tx, number);
  if (!application) return err('application_unknown');
  if (application.state !== 'open') return err('application_decided');
  const customer = await identity.byId(tx, application.customerId);
  assert(customer, 'who applied is known');
  await store.decideApplication(tx, number, { state, actId, now: clock.now() });
  return ok({ application, customer });
}
