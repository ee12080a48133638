import { createAfricasTalking, type Aggregator, type AggregatorHandlers, type SessionEnd } from '../aggregators';
import type { Config, Log, Msisdn, Secrets } from '../platform';
import {
  createHopHasher,
  createMemorySessions,
  createReaders,
  createRunner,
  lastAnswer,
  type SessionStore,
} from '../ussd';
import { bindMenus } from './menu-actors';
import { defaultLanguage, type Services } from './services';

export interface GatewayDeps {
  readonly services: Services;
  readonly config: Config;
  readonly secrets: Secrets;
  readonly smsBaseUrl: string;
  readonly log: Log;
  /** In this process unless given. */
  readonly sessions?: SessionStore;
}

/** 160 septets is the least that a network shows (Safaricom); 80 letters in UCS-2. */
const screenBudget = { septets: 160, ucs2Units: 80 };
const sessionsMax = 100_000;
const waitersMax = 100;

export interface Gateway {
  readonly aggregators: readonly Aggregator[];
  /** Resolves when nothing is under way any more that outlived its hop. */
  drain(): Promise<void>;
}

/** The dialogue engine and the aggregators in front of it. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { config, log, smsBaseUrl } = deps;
  const { africasTalking, market, limits } = config;
  const sms = {
    username: africasTalking.username,
    apiKey: africasTalking.apiKey,
    baseUrl: smsBaseUrl,
    from: africasTalking.from,
    timeoutMs: africasTalking.smsTimeoutMs,
  };
  const parked = new Set<Promise<void>>();
  const handlers = createHandlers(deps, parked);
  const { callbackToken } = africasTalking;
  const common = { handlers, country: market.country, hopDeadlineMs: limits.hopDeadlineMs, budget: screenBudget, log };
  return {
    aggregators: [createAfricasTalking({ ...common, callbackToken, sms })],
    drain: async () => {
      await Promise.allSettled(parked);
    },
  };
}

function createHandlers(deps: GatewayDeps, parked: Set<Promise<void>>): AggregatorHandlers {
  const { services, config, secrets, log } = deps;
  const { db, clock, market, renderer, rules, identity, notifications, outbox } = services;
  const sessions = deps.sessions ?? createMemorySessions({ clock, valuesMax: sessionsMax, waitersMax });
  const { country, currency } = market;
  const onHop = createRunner({
    flows: bindMenus(services),
    sessions,
    renderer,
    readers: createReaders({ country, currency, amountMaxMinor: rules.amountMaxMinor, clock }),
    hasher: createHopHasher(secrets.hopKey),
    clock,
    log,
    limits: config.limits,
    language: defaultLanguage,
    isOn: (personId, msisdn) => identity.phones.isOn(personId, msisdn),
    parked,
    onLate: ({ msisdn, text }) => db.tx((tx) => notifications.tellWords(tx, msisdn as Msisdn, text)),
  });
  return {
    onHop,
    onSessionEnd: (end) => endSession(deps, sessions, end),
    onSms: (sms) => services.texting.receive(sms),
    onDeliveryReport: async (report) => {
      if (!(await outbox.report(report)))
        log.debug({ state: report.state }, 'a delivery report about nothing that waits');
    },
  };
}

/** A last screen that reached the phone has told what came of the payment: the next call need not say it again (B2, B8). */
async function endSession({ services, log }: GatewayDeps, sessions: SessionStore, end: SessionEnd): Promise<void> {
  log[end.outcome === 'failed' ? 'error' : 'info']({ outcome: end.outcome, screens: end.screens }, 'a session ended');
  const last = await lastAnswer(sessions, end);
  if (last?.tellsOutcome && end.outcome === 'completed') await services.payments.markSeen({ hopKey: last.hopKey });
}
