import { createIdentity, type Identity } from '../identity';
import { chartOf, createLedger, type Ledger } from '../ledger';
import { createNotifications, type Notifications } from '../notifications';
import { createOnboarding, type Onboarding } from '../onboarding';
import { createPayments, type Payments } from '../payments';
import {
  assert,
  createCipher,
  type Clock,
  type Config,
  type Db,
  type Ids,
  type Log,
  type Market,
  type Secrets,
  type Tx,
} from '../platform';
import { createSandboxRules, type Rules } from '../rules';
import { createOutbox, type Outbox } from '../sms';
import { createRenderer, type Language, type Renderer } from '../ussd';

/** Before a caller has chosen one. */
export const defaultLanguage: Language = 'en';

export interface ServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly market: Market;
  readonly limits: Config['limits'];
}

/** The domain, wired: every room made once, top to bottom. */
export interface Services {
  readonly db: Db;
  readonly clock: Clock;
  readonly market: Market;
  readonly renderer: Renderer;
  readonly rules: Rules;
  readonly identity: Identity;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly notifications: Notifications;
  readonly onboarding: Onboarding;
  readonly payments: Payments;
}

export function createServices(deps: ServiceDeps): Services {
  const { db, clock, ids, log, secrets, market, limits } = deps;
  const cipher = createCipher(secrets.dataKeys);
  const renderer = createRenderer();
  const rules = createSandboxRules(market.currency);
  const ledger = createLedger();
  const outbox = createOutbox({ db, clock, ids, cipher, log });
  const notifications = createNotifications({ outbox, renderer, language: defaultLanguage });
  const onLocked = async (tx: Tx, customerId: string): Promise<void> => {
    const customer = await identity.byId(tx, customerId);
    assert(customer, 'who has a PIN is a customer');
    await notifications.tell(tx, customer, 'sms.pinLocked');
  };
  const { peppers, indexKey } = secrets;
  const identity: Identity = createIdentity({ db, clock, ids, cipher, peppers, indexKey, onLocked });
  const onboarding = createOnboarding({ db, clock, ids, identity, ledger, notifications, market });
  const payments = createPayments({
    db,
    clock,
    ids,
    identity,
    ledger,
    chart: chartOf(market.currency),
    rules,
    notifications,
    market,
    limits: { quoteTtlMs: limits.quoteTtlMs, cashOutTtlMs: limits.cashOutTtlMs, noticeTtlMs: limits.resumeTtlMs },
  });
  return { db, clock, market, renderer, rules, identity, ledger, outbox, notifications, onboarding, payments };
}
