import type { AccountPurpose } from '../accounts';
import type { AuditEvent } from '../audit';
import type { Customer, NewCustomer, PinError, RegistrationError, Role } from '../identity';
import { chartOf, type Actor, type Transfer } from '../ledger';
import { assert, nationalForm, ok, type Result, type Sql, type Tx } from '../platform';
import { apply, approve, refuse, type Apply, type Decided, type Deciding } from './applications';
import type { OnboardingDeps } from './deps';
import type { ApplicationError, ApplyError } from './errors';
import * as store from './store';
import { insertOpening, openingAttachment, waitingOpenings, type Opening } from './store';

/** What a person tells of themselves at sign-up; the role is given, not asked for. */
type Application = Omit<NewCustomer, 'role'>;

export interface SandboxPerson extends Application {
  readonly role: Role;
  readonly balanceMinor: bigint;
}

export interface Onboarding {
  /**
   * Opens an account for a person: identity, ledger, phone, PIN and welcome message, all or nothing (R54).
   * Everybody starts as a customer. Errors: `already_registered` (R49), `phone_taken`.
   */
  open(application: Application): Promise<Result<Customer, RegistrationError>>;
  /** The people of the sandbox, all or nobody, each with the promise of money; then the money, from the trust account. */
  openSandbox(people: readonly SandboxPerson[]): Promise<void>;
  /** The money that a start which died half-way still owes. Does nothing where none is missing. */
  finishSandbox(): Promise<void>;
  /** See applications.ts. Errors: those of a PIN, `id_mismatch`, `application_open`, `application_needless`. */
  apply(asked: Apply): Promise<Result<undefined, ApplyError | PinError>>;
  /** Those that wait, the oldest first. */
  openApplications(sql: Sql): Promise<store.Application[]>;
  /** Whether this person has one that nobody has decided. */
  hasApplied(sql: Sql, customerId: string): Promise<boolean>;
  /** Errors: `application_unknown`, `application_decided`, `application_needless`. */
  approve(tx: Tx, deciding: Deciding): Promise<Result<Decided, ApplicationError>>;
  /** Errors: `application_unknown`, `application_decided`. */
  refuse(tx: Tx, deciding: Deciding): Promise<Result<Decided, ApplicationError>>;
}

/** Rolls the transaction back with a refusal in hand. */
class Refused extends Error {
  constructor(readonly refusal: Result<never, RegistrationError>) {
    super('refused');
  }
}

/** The most that one call of the ledger is asked for. */
const openingsMax = 500;

export function createOnboarding(deps: OnboardingDeps): Onboarding {
  return {
    open: async (application) => {
      try {
        return ok(await deps.db.tx((tx) => openFor(deps, tx, application)));
      } catch (error) {
        if (error instanceof Refused && !error.refusal.ok) return error.refusal;
        throw error;
      }
    },
    openSandbox: async (people) => {
      await deps.db.tx((tx) => openPromised(deps, tx, people));
      await finishSandbox(deps);
    },
    finishSandbox: () => finishSandbox(deps),
    apply: (asked) => apply(deps, asked),
    openApplications: store.openApplications,
    hasApplied: async (sql, customerId) => (await store.openApplicationOf(sql, customerId)) !== undefined,
    approve: (tx, deciding) => approve(deps, tx, deciding),
    refuse: (tx, deciding) => refuse(deps, tx, deciding),
  };
}

async function openFor(deps: OnboardingDeps, tx: Tx, application: Application): Promise<Customer> {
  const opened = await createPerson(deps, tx, { ...application, role: 'customer' });
  const { customer } = opened;
  await deps.notifications.tell(tx, customer, 'sms.welcome', {
    name: { name: customer.firstName },
    msisdn: nationalForm(customer.msisdn, deps.market.country),
    userNumber: customer.userNumber,
    serviceCode: deps.market.serviceCode,
  });
  const { msisdn } = application;
  const joined = await deps.accounts.acceptInvitations(tx, { msisdn, customerId: customer.customerId });
  await openAccounts(deps, tx, [opened], { by: { kind: 'customer', id: customer.customerId }, before: joined });
  return customer;
}

async function openPromised(deps: OnboardingDeps, tx: Tx, people: readonly SandboxPerson[]): Promise<void> {
  const everybody: Opened[] = [];
  for (const { balanceMinor, ...person } of people) {
    const opened = await createPerson(deps, tx, person);
    const { customerId } = opened.customer;
    const accountId = opened.accounts[0]?.accountId;
    assert(accountId, 'everybody has a main account');
    if (balanceMinor > 0n) await insertOpening(tx, { customerId, accountId, amountMinor: balanceMinor });
    everybody.push(opened);
  }
  await openAccounts(deps, tx, everybody, { by: sandbox, before: [] });
}

/** A person who is written, whose accounts are still to be opened. */
interface Opened {
  readonly customer: Customer;
  readonly accounts: readonly { readonly accountId: string; readonly purpose: AccountPurpose }[];
}

/** What the accounts are called with which somebody begins; each can be renamed. */
const firstNames = { main: 'Main', commission: 'Commission', till: 'Till' } as const;

/** A person with the accounts of their role: an agent's commission is never mixed with the float (R66). */
async function createPerson(deps: OnboardingDeps, tx: Tx, person: Application & { role: Role }): Promise<Opened> {
  const { identity, ledger } = deps;
  const purposes: readonly AccountPurpose[] = person.role === 'agent' ? ['main', 'commission'] : ['main'];
  const numbers = await ledger.newAccountIds(tx, purposes.length);
  const registered = await identity.register(tx, person);
  if (!registered.ok) throw new Refused(registered);
  const customer = await identity.byId(tx, registered.value.customerId);
  assert(customer, 'who was just registered is there');
  const accounts: Opened['accounts'][number][] = [];
  for (const [index, purpose] of purposes.entries()) {
    const accountId = numbers[index];
    assert(accountId, 'the ledger gives as many numbers as it is asked for');
    accounts.push({ accountId, purpose });
    await deps.accounts.create(tx, {
      ...{ accountId, ownerId: customer.customerId, purpose },
      ...{ name: firstNames[purpose], isPrimary: purpose === 'main' },
    });
  }
  return { customer, accounts };
}

/** The last of the transaction: it writes to the forensic log, and from then on whoever writes to it waits. */
async function openAccounts(
  { ledger, audit, market }: OnboardingDeps,
  tx: Tx,
  everybody: readonly Opened[],
  { by, before }: { by: Actor; before: readonly AuditEvent[] },
): Promise<void> {
  const bounds = { currency: market.currency, floorMinor: 0n, ceilingMinor: null, limitProfile: null };
  for (const { customer, accounts } of everybody) {
    for (const { accountId, purpose } of accounts) {
      const kind = purpose === 'main' ? customer.role : 'commission';
      await ledger.openAccount(tx, { accountId, kind, ...bounds }, by);
    }
  }
  await audit.record(tx, [...everybody.flatMap((opened) => eventsOf(opened, by)), ...before]);
}

/** Neither name nor papers: the log says who it is by the id, and that cannot be taken out of it again. */
function eventsOf(
  { customer: { customerId, userNumber, role, language, msisdn }, accounts }: Opened,
  by: Actor,
): AuditEvent[] {
  const about = { actor: by, subject: { kind: 'customer', id: customerId } };
  const accountIds = accounts.map(({ accountId }) => accountId);
  return [
    { action: 'customer.registered', ...about, new: { userNumber, role, language, accountIds } },
    { action: 'phone.assigned', ...about, new: { msisdn: msisdn ?? null } },
    { action: 'pin.set', ...about },
  ];
}

const sandbox: Actor = { kind: 'system', id: 'sandbox' };

/**
 * Moves the money that was promised and has not come. Each promise is kept by the row that commits with its transfer,
 * so that nobody gets it twice, whoever died in between and however often this is called.
 */
async function finishSandbox(deps: OnboardingDeps): Promise<void> {
  const waiting = await waitingOpenings(deps.db);
  for (let first = 0; first < waiting.length; first += openingsMax) {
    const some = waiting.slice(first, first + openingsMax);
    for (const outcome of await deps.ledger.post(some.map((opening) => openingOf(deps, opening)))) {
      const kept = outcome.ok || outcome.detail?.['reason'] === 'opening_once'; // another start was faster
      assert(kept, `the trust account has no floor: ${outcome.ok ? '' : outcome.error}`);
    }
  }
}

function openingOf({ ids, audit, market }: OnboardingDeps, { customerId, accountId, amountMinor }: Opening): Transfer {
  const transferId = ids.uuid();
  const debitAccountId = chartOf(market.currency).trust;
  const event = {
    action: 'money.opened',
    actor: sandbox,
    subject: { kind: 'account', id: accountId },
    transferId,
    new: { amountMinor: amountMinor.toString(), currency: market.currency, customerId },
  } as const;
  return {
    kind: 'transfer',
    transferId,
    legs: [{ debitAccountId, creditAccountId: accountId, amountMinor, code: 'opening' }],
    attachments: [openingAttachment(customerId, transferId), audit.attachment(event)],
  };
}
