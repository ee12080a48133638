import type { HeldAccount } from '../accounts';
import type { AuditEvent } from '../audit';
import type { Customer, PinError } from '../identity';
import { assert, err, ok, type Result, type Tx } from '../platform';
import type { ClosingDeps } from './deps';
import type { ClosingError } from './errors';
import { giveUp, remainderOf } from './remainder';

interface Leaver {
  readonly customerId: string;
  /** Names the hop that brought the PIN. */
  readonly hopKey: string;
}

export interface Closing {
  /**
   * Closes a person's profile: their accounts, the primary one too, their places at other people's accounts and tills,
   * their phones and their PIN, in one transaction. What is known of them stays for whoever audits. Closed already is
   * closed: the same hop again says so. Errors: the PIN's, and why the profile stays open, the first reason that there is.
   *
   * What is left may be less than it costs to send: then it is the answer, and the person may give it up to the provider
   * by closing once more with that very amount. It goes before the profile is closed, with an SMS of its own: were somebody
   * to ask them for money in between, the profile would stay open without it.
   *
   * The reasons are told after the PIN: on a shared phone it is nobody else's business whether there is money.
   *
   * An agent or a merchant may close as well: no role has to be ended first, because nobody could end one. What others
   * need of them is what keeps it open: agents below them (the staff put those under somebody else), a request for float,
   * an invoice, and the money in their accounts. A till has no life of its own: it closes with its account, and whoever
   * sold there is told.
   *
   * Money that arrives meanwhile is never lost. The ledger closes an account under the lock under which it posts: what
   * was posted before makes the closing be refused, and what comes after is refused, which its payer is told.
   */
  close(leaver: Leaving): Promise<Result<Closed, ClosingError | PinError>>;
}

interface Leaving extends Leaver {
  readonly pin: string;
  /** What the person was shown that is left, and gives up. Default: nothing. */
  readonly givesUpMinor?: bigint;
}

/** Zero: the profile is closed. Else it is open, for so much is left that can't be sent and may be given up. */
interface Closed {
  readonly leftMinor: bigint;
}
const closed: Closed = { leftMinor: 0n };

export function createClosing(deps: ClosingDeps): Closing {
  return { close: (leaver) => close(deps, leaver) };
}

/** Rolls the transaction back with a refusal in hand. */
class Refused extends Error {
  constructor(readonly reason: ClosingError) {
    super('refused');
  }
}

async function close(
  deps: ClosingDeps,
  { pin, givesUpMinor = 0n, ...leaver }: Leaving,
): Promise<Result<Closed, ClosingError | PinError>> {
  const { customerId, hopKey } = leaver;
  if (await isClosed(deps, customerId)) return ok(closed);
  const verified = await deps.identity.verifyPin({ customerId, pin, attemptKey: hopKey });
  if (!verified.ok) return (await isClosed(deps, customerId)) ? ok(closed) : verified;
  const tried = await tryToClose(deps, leaver);
  if (tried.ok || tried.error !== 'profile_not_empty') return tried;
  const customer = await deps.identity.byId(deps.db, customerId);
  const remainder = customer && (await remainderOf(deps, customer));
  if (!remainder) return tried;
  if (remainder.totalMinor !== givesUpMinor) return ok({ leftMinor: remainder.totalMinor });
  await giveUp(deps, remainder, { customer, hopKey });
  return tryToClose(deps, leaver);
}

async function tryToClose(deps: ClosingDeps, leaver: Leaver): Promise<Result<Closed, ClosingError>> {
  try {
    await deps.db.tx((tx) => closeProfile(deps, tx, leaver));
    return ok(closed);
  } catch (error) {
    if (error instanceof Refused) return err(error.reason);
    throw error;
  }
}

async function isClosed({ db, identity }: ClosingDeps, customerId: string): Promise<boolean> {
  return (await identity.byId(db, customerId))?.status === 'closed';
}

async function closeProfile(deps: ClosingDeps, tx: Tx, leaver: Leaver): Promise<void> {
  const { accounts, agents, audit, identity, invoices, notifications } = deps;
  const { customerId } = leaver;
  const owned = await accounts.lockOwned(tx, customerId);
  const customer = await identity.byId(tx, customerId);
  assert(customer, 'who has a PIN is known');
  if (customer.status === 'closed') return; // by another call, while this one waited
  const reason = await reasonToStay(deps, tx, { customerId, owned });
  if (reason) throw new Refused(reason);
  await notifications.tell(tx, customer, 'sms.profileClosed', { userNumber: customer.userNumber });
  const tills = await invoices.leave(tx, leaver);
  await agents.leave(tx, customerId);
  const phones = await identity.close(tx, customerId);
  for (const { msisdn, heir } of phones) if (heir) await notifications.tell(tx, heir, 'sms.phoneInherited', { msisdn });
  const left = await accounts.leave(tx, leaver); // the last: from here on others wait for the forensic log
  if (!left.ok) throw new Refused(left.error === 'account_reserved' ? 'profile_waiting' : 'profile_not_empty');
  await audit.record(tx, [...tills, ...left.value, ...eventsOf(leaver, phones)]);
}

function eventsOf(
  { customerId, hopKey }: Leaver,
  phones: readonly { readonly msisdn: string; readonly heir: Customer | undefined }[],
): AuditEvent[] {
  const by = { actor: { kind: 'customer', id: customerId }, traceId: hopKey } as const;
  const about = (id: string) => ({ ...by, subject: { kind: 'customer', id } });
  return [
    ...phones.flatMap(({ msisdn, heir }): AuditEvent[] => [
      { action: 'phone.removed', ...about(customerId), old: { msisdn } },
      ...(heir ? [{ action: 'phone.default_changed', ...about(heir.customerId), new: { msisdn } } as const] : []),
    ]),
    { action: 'customer.closed', ...about(customerId) },
  ];
}

/** The first reason for which the profile stays open; undefined when there is none. */
async function reasonToStay(
  deps: ClosingDeps,
  tx: Tx,
  { customerId, owned }: { customerId: string; owned: readonly HeldAccount[] },
): Promise<ClosingError | undefined> {
  const { agents, freezes, invoices, onboarding, payments, redress } = deps;
  const accountIds = owned.map(({ accountId }) => accountId);
  if (await freezes.lockStanding(tx, customerId)) return 'account_blocked';
  if (await redress.isUndecided(tx, customerId)) return 'profile_cases';
  if (await payments.isWaiting(tx, { customerId, accountIds })) return 'profile_waiting';
  if (await invoices.isAsking(tx, customerId)) return 'profile_invoices';
  if (await agents.isNeeded(tx, customerId)) return 'profile_agents';
  if (await onboarding.hasApplied(tx, customerId)) return 'application_open';
  return (await anyMoney(deps, tx, accountIds)) ? 'profile_not_empty' : undefined;
}

async function anyMoney({ ledger }: ClosingDeps, tx: Tx, accountIds: readonly string[]): Promise<boolean> {
  for (const accountId of accountIds) {
    const balance = await ledger.balance(tx, accountId);
    if (balance && balance.postedMinor !== 0n) return true;
  }
  return false;
}
