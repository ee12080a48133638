import express, { type Router } from 'express';
import { z } from 'zod';
import { delaySchema } from '../aggregator/faults';
import type { Gateway } from '../aggregator/gateway';
import type { Inboxes } from '../aggregator/inboxes';
import type { Session, Sessions } from '../aggregator/sessions';
import { sendInbound } from '../aggregator/sms';
import { parse, Refusal } from '../errors';
import { msisdnSchema, type Person } from '../people';
import type { Settings } from '../settings';
import { screenLength } from './septets';

/** What a phone gets back for whatever it did in a session. `elapsedMs` of `limitMs` have gone by. */
export interface SessionView {
  sessionId: string;
  msisdn: string;
  open: boolean;
  status: Session['status'];
  screen: string;
  septets: ReturnType<typeof screenLength>;
  elapsedMs: number;
  limitMs: number;
  hops: number;
  /** Why the session failed, in the network's words; empty otherwise. */
  errorMessage: string;
}

/** What both phones talk to. */
export interface PhoneDeps {
  settings: Settings;
  people: Person[];
  sessions: Sessions;
  inboxes: Inboxes;
  gateway: Gateway;
  closing: AbortSignal;
}

// What one answer may hold on the network that we play (Safaricom): 80 characters.
const inputSchema = z.string().max(80, 'has at most 80 characters');
const dialSchema = z.strictObject({
  msisdn: msisdnSchema,
  dial: z.string().min(1).max(182),
  delayMs: delaySchema.default(0),
});
const answerSchema = z.strictObject({ input: inputSchema, delayMs: delaySchema.default(0) });
const dropSchema = z.strictObject({ input: inputSchema.optional() });
const smsSchema = z.strictObject({ from: msisdnSchema, text: z.string().min(1).max(1_600) });

/** The phones' own API, under `/api`. Errors are `{"error", "field"}`. */
export function phoneRoutes(deps: PhoneDeps): Router {
  const { settings, sessions } = deps;
  const view = (session: Session) => viewOf(session, settings.sessionLimitMs);
  const router = express.Router();

  router.get('/network', (_req, res) => {
    res.json({ serviceCode: settings.serviceCode, sessionLimitMs: settings.sessionLimitMs });
  });
  addPeople(router, deps);

  router.post('/sessions', async (req, res) => {
    const { msisdn, dial, delayMs } = parse(dialSchema, req.body);
    res.status(201).json(view(await sessions.dial(msisdn, dial, delayMs)));
  });
  router.get('/sessions/:id', (req, res) => {
    res.json(view(sessions.get(req.params.id)));
  });
  router.post('/sessions/:id/input', async (req, res) => {
    const { input, delayMs } = parse(answerSchema, req.body);
    res.json(view(await sessions.input(req.params.id, input, delayMs)));
  });
  router.post('/sessions/:id/cancel', (req, res) => {
    res.json(view(sessions.cancel(req.params.id)));
  });
  router.post('/sessions/:id/drop', async (req, res) => {
    res.json(view(await sessions.drop(req.params.id, parse(dropSchema, req.body).input)));
  });
  router.post('/sessions/:id/repeat', async (req, res) => {
    res.json(await sessions.repeat(req.params.id));
  });
  router.post('/sessions/:id/reorder', async (req, res) => {
    res.json(await sessions.reorder(req.params.id));
  });
  router.post('/sms', async (req, res) => {
    const { from, text } = parse(smsSchema, req.body);
    res.status(201).json(await sendInbound(deps, { from, text, to: shortCode(settings.serviceCode) }));
  });
  return router;
}

function addPeople(router: Router, { people, inboxes }: PhoneDeps): void {
  router.get('/people', (_req, res) => {
    const list = people.map(({ msisdn, firstName, lastName, role }) => {
      return { msisdn, firstName, lastName, role, received: inboxes.count(msisdn) };
    });
    res.json({ people: list });
  });
  // A sandbox's PINs are printed in its README; they are apart, so that no list carries them by accident.
  router.get('/people/:msisdn/pin', (req, res) => {
    const person = people.find(({ msisdn }) => msisdn === req.params.msisdn);
    if (person === undefined) throw new Refusal(404, 'msisdn', 'nobody of the sandbox has this number');
    res.json({ pin: person.pin });
  });
}

/** The number that people text: the service code's first digits, e.g. `384`. */
function shortCode(serviceCode: string): string {
  return /\d+/.exec(serviceCode)?.[0] ?? '';
}

function viewOf(session: Session, limitMs: number): SessionView {
  return {
    sessionId: session.id,
    msisdn: session.msisdn,
    open: session.status === 'Open',
    status: session.status,
    screen: session.screen,
    septets: screenLength(session.screen),
    elapsedMs: Date.now() - session.startedAtMs,
    limitMs,
    hops: session.hops.length,
    errorMessage: session.errorMessage,
  };
}
