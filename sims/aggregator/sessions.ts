import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../errors';
import type { Network } from '../people';
import type { Settings } from '../settings';
import type { Gateway, HopAnswer } from './gateway';

/** How a session stands; all but `Open` are Africa's Talking's own words for how it ended. */
export type SessionStatus = 'Open' | 'Success' | 'Incomplete' | 'Failed';

interface Hop {
  /** All inputs so far, joined by `*`: a PIN may be among them, so a hop lives no longer than its session. */
  text: string;
  /** What the hop before left in the metadata header, echoed. */
  metadata: string | undefined;
  answer: Promise<HopAnswer>;
}

/** A USSD session as the network keeps it. Times are milliseconds since the epoch. */
export interface Session {
  readonly id: string;
  readonly msisdn: string;
  readonly startedAtMs: number;
  status: SessionStatus;
  /** What the phone shows: the gateway's words, or the network's when there are none. */
  screen: string;
  /** A hop was sent, and its answer is not on the phone yet. */
  waiting: boolean;
  inputs: string[];
  hops: Hop[];
  hopsMetadata: string[];
  lastAppResponse: string;
  errorMessage: string;
  timer: NodeJS.Timeout;
}

/** What the network did with a hop that it delivered again: the gateway's answer, and whether it is the first one's. */
export interface Redelivery {
  answer: string;
  same: boolean;
}

/** The USSD half of the aggregator. Every method throws a Refusal (404) for an unknown or forgotten session. */
export interface Sessions {
  /** Dials. Refusal 400 for a code that is not the service's, 503 when too many sessions are open. */
  dial(msisdn: string, dialled: string, delayMs: number): Promise<Session>;
  /** Sends an answer, and holds the gateway's reply back for `delayMs`. Refusal 409 when ended or still waiting. */
  input(id: string, input: string, delayMs: number): Promise<Session>;
  /** Ends the session without the phone seeing another screen. With an input: it arrives, its answer is lost. */
  drop(id: string, input: string | undefined): Promise<Session>;
  /** The person hangs up. */
  cancel(id: string): Session;
  /** Delivers the last hop again, also while the first is under way or after the session's last screen. */
  repeat(id: string): Promise<Redelivery>;
  /** Delivers the hop before the last one again: a late retransmission. Refusal 409 when there is only one hop. */
  reorder(id: string): Promise<Redelivery>;
  get(id: string): Session;
  /** Stops every timer. */
  close(): void;
}

const SESSIONS_MAX = 1_000;
const HOPS_MAX = 100;
const NETWORK_CODE = '63902';
const NO_ANSWER = 'Connection problem or invalid MMI code.';
const TIMED_OUT = 'Session timed out.';
const CANCELLED = 'Session cancelled.';

interface SessionDeps {
  settings: Settings;
  gateway: Gateway;
  /** How single numbers are treated. */
  networks: ReadonlyMap<string, Network>;
  closing: AbortSignal;
}

interface Context extends SessionDeps {
  sessions: Map<string, Session>;
}

/** Keeps USSD sessions in memory, and nothing of them anywhere else. */
export function createSessions(deps: SessionDeps): Sessions {
  const ctx: Context = { ...deps, sessions: new Map() };
  const find = (id: string) => {
    const session = ctx.sessions.get(id);
    if (session === undefined) throw new Refusal(404, 'sessionId', 'no such session, or it ended a while ago');
    return session;
  };
  const findOpen = (id: string) => {
    const session = find(id);
    if (session.status !== 'Open') throw new Refusal(409, 'sessionId', 'the session has ended');
    return session;
  };
  return {
    dial: (msisdn, dialled, delayMs) => dial(ctx, msisdn, dialled, delayMs),
    input: async (id, input, delayMs) => {
      const session = findOpen(id);
      addInput(session, input);
      await show(ctx, session, delayMs);
      return session;
    },
    drop: async (id, input) => {
      const session = findOpen(id);
      if (input !== undefined) {
        addInput(session, input);
        session.lastAppResponse = (await deliver(ctx, session).answer).raw;
      }
      end(ctx, session, 'Incomplete', NO_ANSWER);
      return session;
    },
    cancel: (id) => {
      const session = find(id);
      end(ctx, session, 'Incomplete', CANCELLED);
      return session;
    },
    repeat: (id) => redeliver(ctx, find(id), -1),
    reorder: (id) => redeliver(ctx, find(id), -2),
    get: find,
    close: () => {
      for (const session of ctx.sessions.values()) clearTimeout(session.timer);
      ctx.sessions.clear();
    },
  };
}

async function dial(ctx: Context, msisdn: string, dialled: string, delayMs: number): Promise<Session> {
  const inputs = readDialled(dialled, ctx.settings.serviceCode);
  if (ctx.sessions.size >= SESSIONS_MAX) throw new Refusal(503, 'msisdn', 'too many sessions are open');
  // A phone has one session: dialling anew hangs up the old one, and forgets what was typed in it.
  for (const old of ctx.sessions.values()) {
    if (old.msisdn === msisdn) {
      end(ctx, old, 'Incomplete', CANCELLED);
      forget(ctx, old);
    }
  }
  const session: Session = {
    id: `ATUid_${randomBytes(16).toString('hex')}`,
    msisdn,
    startedAtMs: Date.now(),
    status: 'Open',
    screen: '',
    waiting: false,
    inputs,
    hops: [],
    hopsMetadata: [],
    lastAppResponse: '',
    errorMessage: '',
    timer: setTimeout(() => end(ctx, session, 'Incomplete', TIMED_OUT), ctx.settings.sessionLimitMs),
  };
  ctx.sessions.set(session.id, session);
  await show(ctx, session, delayMs);
  return session;
}

/** `*384*123*1*0712#` dialled on the service `*384*123#` carries the inputs `1` and `0712`. */
function readDialled(dialled: string, serviceCode: string): string[] {
  const root = serviceCode.slice(0, -1);
  const rest = dialled.startsWith(root) && dialled.endsWith('#') ? dialled.slice(root.length, -1) : undefined;
  if (rest === undefined || (rest !== '' && !rest.startsWith('*'))) {
    throw new Refusal(400, 'dial', `This network knows only ${serviceCode}, and ${root}*…# into its menus`);
  }
  return rest === '' ? [] : rest.slice(1).split('*');
}

function addInput(session: Session, input: string): void {
  if (session.waiting) throw new Refusal(409, 'input', 'the answer to the last one is still on its way');
  if (session.hops.length >= HOPS_MAX) throw new Refusal(409, 'input', `a session has at most ${HOPS_MAX} hops`);
  session.inputs.push(input);
}

/** Delivers the next hop, and puts its answer on the phone. */
async function show(ctx: Context, session: Session, delayMs: number): Promise<void> {
  const answer = await deliver(ctx, session).answer;
  await sleep(delayMs, undefined, { signal: ctx.closing }).catch(() => undefined);
  // The person may have hung up, or the time run out, while the answer was on its way.
  if (session.status !== 'Open') return;
  session.waiting = false;
  session.lastAppResponse = answer.raw;
  if (answer.kind === 'failed') {
    session.errorMessage = answer.reason;
    end(ctx, session, 'Failed', NO_ANSWER);
    return;
  }
  session.screen = answer.screen;
  if (answer.metadata !== undefined) session.hopsMetadata.push(answer.metadata);
  if (answer.kind === 'end') end(ctx, session, 'Success', answer.screen);
}

function deliver(ctx: Context, session: Session): Hop {
  const text = session.inputs.join('*');
  const metadata = session.hops.length === 0 ? undefined : session.hopsMetadata.at(-1);
  session.waiting = true;
  const hop: Hop = { text, metadata, answer: ctx.gateway.hop(hopForm(ctx, session, text), metadata) };
  session.hops.push(hop);
  if (ctx.networks.get(session.msisdn)?.hops === 'twice') void ctx.gateway.hop(hopForm(ctx, session, text), metadata);
  return hop;
}

function hopForm(ctx: Context, session: Session, text: string): Record<string, string> {
  return {
    sessionId: session.id,
    serviceCode: ctx.settings.serviceCode,
    phoneNumber: session.msisdn,
    networkCode: NETWORK_CODE,
    text,
  };
}

async function redeliver(ctx: Context, session: Session, index: -1 | -2): Promise<Redelivery> {
  const hop = session.hops.at(index);
  if (hop === undefined) throw new Refusal(409, 'sessionId', 'there is no earlier hop to deliver again');
  const again = ctx.gateway.hop(hopForm(ctx, session, hop.text), hop.metadata);
  const [first, second] = await Promise.all([hop.answer, again]);
  return { answer: second.raw, same: first.kind === second.kind && first.raw === second.raw };
}

/** Ends a session once: the phone shows `screen`, and the gateway gets the event. */
function end(ctx: Context, session: Session, status: Exclude<SessionStatus, 'Open'>, screen: string): void {
  if (session.status !== 'Open') return;
  session.status = status;
  session.screen = screen;
  session.waiting = false;
  clearTimeout(session.timer);
  session.timer = setTimeout(() => forget(ctx, session), ctx.settings.afterEndMs);
  const durationMs = Date.now() - session.startedAtMs;
  void ctx.gateway
    .post('/ussd/africastalking/events', {
      date: new Date().toISOString().slice(0, 19).replace('T', ' '),
      sessionId: session.id,
      serviceCode: ctx.settings.serviceCode,
      networkCode: NETWORK_CODE,
      phoneNumber: session.msisdn,
      status,
      cost: '0.00',
      durationInMillis: String(durationMs),
      hopsCount: String(session.hops.length),
      hopsMetadata: session.hopsMetadata.join('|'),
      input: session.inputs.join('*'),
      lastAppResponse: session.lastAppResponse,
      errorMessage: session.errorMessage,
    })
    .then((taken) => {
      if (!taken && !ctx.closing.aborted) console.warn('simulator: the gateway did not take an end-of-session event');
    });
}

function forget(ctx: Context, session: Session): void {
  clearTimeout(session.timer);
  ctx.sessions.delete(session.id);
  session.inputs = [];
  session.hops = [];
}
