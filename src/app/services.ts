import { createAccounts, type Accounts } from '../accounts';
import { createStaff, tokenKeyOf, type Staff } from '../admin';
import { createAgentCompanions, createAgents, type Agents } from '../agents';
import { createAudit, createHeadPublisher, type Audit, type HeadPublisher } from '../audit';
import { createBulkCompanion, createBulks, type Bulks } from '../bulk';
import { createClearing, createCrossingCompanion, type Clearing, type Requests } from '../clearing';
import { createClosing, type Closing } from '../closing';
import { createCounter, createCounterCompanion, type Counter } from '../counter';
import { createFreezes, type Freezes } from '../freezes';
import { createIdentity, type Identity, type SeenSwap } from '../identity';
import { createInvoices, createPurchaseCompanion, type Invoices } from '../invoices';
import { chartOf, createLedger, type Ledger } from '../ledger';
import { noSimSwaps, type SimSwaps } from '../mno';
import { createNotifications, type Notifications } from '../notifications';
import { createOnboarding, type Onboarding } from '../onboarding';
import { createPayments, together, type Payments } from '../payments';
import { createPhoneBook, type PhoneBook } from '../phones';
import {
  createCipher,
  createCodeDigests,
  type Clock,
  type Config,
  type Db,
  type Ids,
  type Log,
  type Market,
  type Secrets,
  type Tx,
} from '../platform';
import { createRedress, createRefundCompanion, type Redress } from '../redress';
import { createRules, type Rules } from '../rules';
import { createSettlement, type Settlement } from '../settlement';
import { createOutbox, type Outbox } from '../sms';
import type { Scheme } from './scheme';
import { createTexting, type Texting } from '../texting';
import { createRenderer, type Language, type Renderer } from '../ussd';
import { recordSwap, tellLimits, tellLocked, tellersOf } from './told';

/** The role of the database that the gateway runs as: it reaches books and log through functions only. */
export const appRole = 'starhash_app';

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
  /** How many batches of the ledger may be on their way at once, each on a connection of its own. */
  readonly lanes?: number;
  /** Milliseconds that no clock setting changes; absent where time is made up. */
  readonly monotonicMs?: () => number;
  /** Default: no network is asked, so no PIN is reset. */
  readonly mno?: { readonly simSwaps: SimSwaps; readonly simSwapHoldMs: number };
  /** The way to other providers, and how long what goes there may take. */
  readonly scheme: Config['scheme'] & Pick<Scheme, 'adapter' | 'isAlone'>;
  /** Where the heads of the forensic log go; default: nowhere. */
  readonly heads?: Config['audit'];
}

/** The domain, wired: every room made once, top to bottom. */
export interface Services {
  readonly db: Db;
  readonly clock: Clock;
  readonly market: Market;
  /** Whether there are other providers. */
  readonly hasPeers: boolean;
  readonly renderer: Renderer;
  readonly rules: Rules;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly audit: Audit;
  readonly heads: HeadPublisher;
  readonly outbox: Outbox;
  readonly notifications: Notifications;
  readonly onboarding: Onboarding;
  readonly phones: PhoneBook;
  readonly payments: Payments;
  readonly freezes: Freezes;
  readonly staff: Staff;
  readonly texting: Texting;
  readonly agents: Agents;
  readonly invoices: Invoices;
  readonly redress: Redress;
  readonly clearing: Clearing;
  readonly counter: Counter;
  readonly settlement: Settlement;
  readonly closing: Closing;
  readonly bulks: Bulks;
}

export function createServices(deps: ServiceDeps): Services {
  const { db, clock, ids, log, secrets, market } = deps;
  const cipher = createCipher(secrets.dataKeys);
  const renderer = createRenderer();
  const audit = createAudit({ clock });
  const outbox = createOutbox({ db, clock, ids, cipher, log });
  const notifications = createNotifications({ outbox, renderer, language: defaultLanguage });
  const rules: Rules = createRules({
    ...{ db, clock, market },
    record: (tx, events) => audit.record(tx, events),
    onTier: (tx, customerId, tier) =>
      tellLimits({ rules, identity, notifications, market, clock }, tx, { customerId, tier }),
  });
  const heads = headsOf(deps, { audit, notifications });
  const { lanes, monotonicMs } = deps;
  const ledger = createLedger({
    ...{ db, clock, log, moneyAllowed: () => heads.moneyAllowed() },
    ...(lanes !== undefined && { lanes }),
    ...(monotonicMs && { monotonicMs }),
  });
  const onLocked = (tx: Tx, customerId: string) => tellLocked({ identity, notifications, audit }, tx, customerId);
  const telling = tellersOf({ identity: () => identity, notifications, renderer, market, language: defaultLanguage });
  const { peppers, indexKey } = secrets;
  const { mno = { simSwaps: noSimSwaps, simSwapHoldMs: 0 } } = deps;
  const onSimSwapped = (tx: Tx, swap: SeenSwap) => recordSwap(audit, tx, swap);
  const keeping = { db, clock, ids, cipher, peppers, indexKey };
  const identity: Identity = createIdentity({ ...keeping, ...mno, onLocked, onSimSwapped });
  const accounts = createAccounts({ db, clock, identity, ledger, audit, currency: market.currency, ...telling });
  const onboarding = createOnboarding({ db, clock, ids, identity, accounts, ledger, audit, notifications, market });
  const phones = createPhoneBook({ db, clock, ids, identity, audit, notifications, market });
  const freezes = createFreezes({ db, clock, identity, accounts, ledger, audit, notifications });
  const below = {
    ...{
      db,
      clock,
      market,
      renderer,
      rules,
      identity,
      accounts,
      ledger,
      audit,
      heads,
      outbox,
      notifications,
      onboarding,
      phones,
      freezes,
    },
    hasPeers: deps.scheme.isAlone !== true,
  };
  return { ...below, ...createTrade(below, deps) };
}

type Trade =
  | 'payments'
  | 'agents'
  | 'invoices'
  | 'redress'
  | 'staff'
  | 'texting'
  | 'clearing'
  | 'counter'
  | 'settlement'
  | 'closing'
  | 'bulks';

/** The rooms where money moves and people are served, on those that they stand on. */
function createTrade(below: Omit<Services, Trade>, deps: ServiceDeps): Pick<Services, Trade> {
  const { ids, log, secrets, limits } = deps;
  const { codeTtlMs } = limits;
  const forAgents = { ...below, ids, log, cipher: createCipher(secrets.dataKeys), codeTtlMs };
  const { adapter, ...scheme } = deps.scheme;
  const terms = { ...scheme, patienceMs: (limits.hopDeadlineMs * 2) / 3, offerTtlMs: limits.quoteTtlMs };
  const telling = { ...below, policy: below.rules.redress };
  const crossing = createCrossingCompanion({ db: below.db, terms });
  const ofAgents = createAgentCompanions(forAgents);
  const payments: Payments = createPayments({
    ...{ ...below, ids, chart: chartOf(below.market.currency) },
    companions: {
      ...ofAgents,
      cash_out: together(crossing, ofAgents.cash_out, createCounterCompanion(below)),
      send: together(crossing, createBulkCompanion()),
      purchase: together(crossing, ofAgents.purchase, createPurchaseCompanion(below), createCounterCompanion(below)),
      refund: together(crossing, createRefundCompanion({ ...telling, find: (paymentId) => payments.find(paymentId) })),
    },
    limits: { ...limits, noticeTtlMs: limits.resumeTtlMs },
  });
  const agents = createAgents({ ...forAgents, payments });
  const redress = createRedress({ ...telling, ids, log, payments });
  const texting = createTexting({
    ...{ ...below, ids, payments, codes: createCodeDigests(secrets.indexKey, 'SMS code') },
    onStop: (request) => redress.stopBySms(request),
  });
  const invoices = createInvoices({ ...below, ids, log, payments, limits, scheme: { ...terms, adapter } });
  const requests = requestsOf(invoices, () => counter);
  const clearing = createClearing({
    ...{ ...below, ids, log, payments, adapter, terms, requests },
    onAskedBack: (asked) => redress.openFromElsewhere(asked),
  });
  const codes = createCodeDigests(secrets.indexKey, 'counter code');
  const counter: Counter = createCounter({
    ...{ ...below, ids, log, payments, agents, invoices, clearing, adapter, codes, terms: { ...terms, codeTtlMs } },
  });
  const { dfspId, graceMs } = terms;
  const { currency } = below.market;
  const settlement = createSettlement({ ...below, log, chart: chartOf(currency), currency, adapter, dfspId, graceMs });
  const bulks = createBulks({ ...below, ids, payments, scheme: clearing });
  const tokenKey = tokenKeyOf(secrets.indexKey);
  const staff = createStaff({ ...below, ids, payments, agents, redress, clearing, settlement, bulks, tokenKey });
  const closing = createClosing({ ...below, ids, payments, agents, invoices, redress });
  return { payments, agents, invoices, redress, staff, texting, clearing, counter, settlement, closing, bulks };
}

/** What is asked between providers: by a code it is a counter's, else an invoice's. */
function requestsOf({ requests }: Invoices, counter: () => Counter): Requests {
  return {
    ...requests,
    take: (asked) => (asked.request.authentication === undefined ? requests.take(asked) : counter().takeRequest(asked)),
    takeAnswer: async (answer) => {
      if (!(await counter().takeAnswer(answer))) await requests.takeAnswer(answer);
    },
    takeCodeAsk: (ask) => counter().takeCodeAsk(ask),
    takeCodeAnswer: (answer) => counter().takeCodeAnswer(answer),
    find: async (ref) => (await counter().findRequested(ref)) ?? requests.find(ref),
  };
}

function headsOf(
  { db, clock, log, secrets, heads }: ServiceDeps,
  { audit, notifications }: Pick<Services, 'audit' | 'notifications'>,
): HeadPublisher {
  return createHeadPublisher({
    ...{ db, clock, log, audit, keys: secrets.auditKeys },
    file: heads?.headsFile,
    maxAgeMs: heads?.headsMaxAgeMs,
    // Queued is handed over: the outbox sends it, and tries again where it must.
    sms: heads && {
      to: heads.headsSmsTo,
      send: (to, body) => db.tx((tx) => notifications.tellWords(tx, to, body)),
    },
  });
}
