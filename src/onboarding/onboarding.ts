import type { Customer, Identity, NewCustomer, RegistrationError, Role } from '../identity';
import { chartOf, type Ledger } from '../ledger';
import type { Notifications } from '../notifications';
import {
  assert,
  nationalForm,
  ok,
  type Clock,
  type Db,
  type Ids,
  type Market,
  type Result,
  type Tx,
} from '../platform';

export interface OnboardingDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly ledger: Ledger;
  readonly notifications: Notifications;
  readonly market: Market;
}

/** What a person tells of themselves at sign-up; role and accounts are given, not asked for. */
type Application = Omit<NewCustomer, 'role' | 'accounts'>;

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
  /** The people of the sandbox, with money out of nowhere but the trust account. All or nobody. */
  openSandbox(people: readonly SandboxPerson[]): Promise<void>;
}

/** Rolls the transaction back with a refusal in hand. */
class Refused extends Error {
  constructor(readonly refusal: Result<never, RegistrationError>) {
    super('refused');
  }
}

export function createOnboarding(deps: OnboardingDeps): Onboarding {
  return {
    open: async (application) => {
      try {
        return ok(await deps.db.tx((tx) => openFor(deps, tx, { ...application, role: 'customer' })));
      } catch (error) {
        if (error instanceof Refused && !error.refusal.ok) return error.refusal;
        throw error;
      }
    },
    openSandbox: (people) =>
      deps.db.tx(async (tx) => {
        for (const person of people) await endow(deps, tx, await createPerson(deps, tx, person), person.balanceMinor);
      }),
  };
}

async function openFor(deps: OnboardingDeps, tx: Tx, person: Application & { role: Role }): Promise<Customer> {
  const customer = await createPerson(deps, tx, person);
  await deps.notifications.tell(tx, customer, 'sms.welcome', {
    name: { name: customer.firstName },
    msisdn: nationalForm(customer.msisdn, deps.market.country),
    serviceCode: deps.market.serviceCode,
  });
  return customer;
}

/** A person with the accounts of their role: an agent's commission is never mixed with the float (R66). */
async function createPerson(deps: OnboardingDeps, tx: Tx, person: Application & { role: Role }): Promise<Customer> {
  const { identity, ledger, ids, market } = deps;
  const bounds = { currency: market.currency, floorMinor: 0n, ceilingMinor: null };
  const main = { accountId: ids.uuid(), purpose: 'main' as const };
  const commission = { accountId: ids.uuid(), purpose: 'commission' as const };
  const accounts = person.role === 'agent' ? [main, commission] : [main];
  const registered = await identity.register(tx, { ...person, accounts });
  if (!registered.ok) throw new Refused(registered);
  for (const { accountId, purpose } of accounts) {
    await ledger.openAccount(tx, { accountId, kind: purpose === 'main' ? person.role : 'commission', ...bounds });
  }
  const customer = await identity.byId(tx, registered.value.customerId);
  assert(customer, 'who was just registered is there');
  return customer;
}

async function endow(
  { ledger, ids, identity, clock, market }: OnboardingDeps,
  tx: Tx,
  customer: Customer,
  amountMinor: bigint,
): Promise<void> {
  if (amountMinor === 0n) return;
  const creditAccountId = (await identity.accountsOf(tx, customer.customerId)).get('main');
  assert(creditAccountId, 'every customer has a main account');
  const debitAccountId = chartOf(market.currency).trust;
  const legs = [{ debitAccountId, creditAccountId, amountMinor, code: 'opening' as const }];
  const moved = await ledger.transfer(tx, { transferId: ids.uuid(), legs }, clock.now());
  assert(moved.ok, 'the trust account has no floor');
}
