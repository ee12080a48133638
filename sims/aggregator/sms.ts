import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RequestHandler, Response } from 'express';
import { msisdnSchema, type Network } from '../people';
import { DELAY_MAX_MS, type Faults } from './faults';
import type { Gateway } from './gateway';
import type { Inboxes } from './inboxes';

const RECIPIENTS_MAX = 1_000;
const COST_CENTS = 80;
const DEFAULT_SENDER = 'AFRICASTKNG';
/** A delivery report comes after the answer that carries its id, as from a real network. */
const REPORT_DELAY_MS = 100;
/** The pauses between the attempts to hand an inbound SMS over: Africa's Talking goes on for hours, we give up sooner. */
const RETRY_DELAYS_MS = [1_000, 2_000, 4_000, 8_000];

const sendSchema = z.object({
  username: z.string().min(1),
  to: z.string().min(1),
  message: z.string().min(1).max(1_600),
  from: z.string().max(20).optional(),
});

interface Recipient {
  statusCode: number;
  number: string;
  status: string;
  cost: string;
  messageId: string;
}

/** What the SMS half needs. `faults` is asked on every request. */
export interface SmsDeps {
  gateway: Gateway;
  inboxes: Inboxes;
  closing: AbortSignal;
  /** How single numbers are treated, whatever the faults. */
  networks: ReadonlyMap<string, Network>;
  faults: () => Faults;
}

/**
 * `POST /version1/messaging`: answers 201 with one status per recipient, delivers to the inboxes, then reports.
 * Without an apiKey header 401, without a needed field 400, both as text, as Africa's Talking does.
 */
export function messagingHandler(deps: SmsDeps): RequestHandler {
  return async (req, res) => {
    if (!req.get('apikey')) {
      res.status(401).type('text/plain').send('The supplied authentication is invalid');
      return;
    }
    const read = sendSchema.safeParse(req.body ?? {});
    if (!read.success) {
      const field = read.error.issues[0]?.path.join('.') ?? '';
      res.status(400).type('text/plain').send(`Request is missing required form field '${field}'`);
      return;
    }
    const { sms: fault, delayMs } = deps.faults();
    if (fault === 'timeout') {
      neverAnswer(res);
      return;
    }
    await sleep(delayMs, undefined, { signal: deps.closing }).catch(() => undefined);
    if (fault === 'error') {
      res.status(500).type('text/plain').send('Internal Server Error');
      return;
    }
    const numbers = read.data.to.split(',', RECIPIENTS_MAX).map((number) => number.trim());
    const smsOf = (number: string) => deps.networks.get(number)?.sms;
    const recipients = numbers.map((number) => accept(number, fault === 'reject' || smsOf(number) === 'refused'));
    const accepted = recipients.filter((recipient) => recipient.statusCode === 101);
    for (const { number, messageId } of accepted) {
      if (smsOf(number) === 'lost') continue;
      const from = read.data.from ?? DEFAULT_SENDER;
      deps.inboxes.add({
        id: messageId,
        to: number,
        from,
        text: read.data.message,
        receivedAt: new Date().toISOString(),
      });
    }
    res
      .status(201)
      .json({ SMSMessageData: { Message: summary(accepted.length, numbers.length), Recipients: recipients } });
    await report(deps, accepted);
  };
}

function accept(number: string, blacklisted: boolean): Recipient {
  const refused = { number, cost: '0', messageId: 'None' };
  if (!msisdnSchema.safeParse(number).success) return { ...refused, statusCode: 403, status: 'InvalidPhoneNumber' };
  if (blacklisted) return { ...refused, statusCode: 406, status: 'UserInBlacklist' };
  return { statusCode: 101, number, status: 'Success', cost: kes(COST_CENTS), messageId: newId() };
}

function summary(accepted: number, asked: number): string {
  return `Sent to ${accepted}/${asked} Total Cost: ${kes(COST_CENTS * accepted)}`;
}

function kes(cents: number): string {
  return `KES ${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}00`;
}

function newId(): string {
  return `ATXid_${randomBytes(16).toString('hex')}`;
}

async function report(deps: SmsDeps, accepted: Recipient[]): Promise<void> {
  await sleep(REPORT_DELAY_MS, undefined, { signal: deps.closing }).catch(() => undefined);
  for (const { number, messageId } of accepted) {
    const isLost = deps.networks.get(number)?.sms === 'lost';
    const taken = await deps.gateway.post('/sms/africastalking/delivery', {
      id: messageId,
      status: isLost ? 'Failed' : 'Success',
      phoneNumber: number,
      networkCode: '63902',
      failureReason: isLost ? 'DeliveryFailure' : '',
      retryCount: '0',
    });
    if (!taken && !deps.closing.aborted) console.warn('simulator: the gateway did not take a delivery report');
  }
}

/** Holds the request until the client gives up, at most two minutes. */
function neverAnswer(res: Response): void {
  const timer = setTimeout(() => res.destroy(), DELAY_MAX_MS);
  res.on('close', () => clearTimeout(timer));
}

/**
 * A person texts the service. Resolves after the first attempt with the id and whether the gateway took it;
 * when it did not, the same id is delivered again a few times, as Africa's Talking does until it hears 200.
 */
export async function sendInbound(
  deps: Pick<SmsDeps, 'gateway' | 'closing'>,
  sms: { from: string; to: string; text: string },
): Promise<{ id: string; taken: boolean }> {
  const id = newId();
  const form = { id, ...sms, date: `${new Date().toISOString().slice(0, 19)}Z`, networkCode: '63902', linkId: '' };
  const attempt = () => deps.gateway.post('/sms/africastalking/inbound', form);
  const taken = await attempt();
  if (!taken) void retry(attempt, deps.closing);
  return { id, taken };
}

async function retry(attempt: () => Promise<boolean>, closing: AbortSignal): Promise<void> {
  for (const delayMs of RETRY_DELAYS_MS) {
    await sleep(delayMs, undefined, { signal: closing, ref: false }).catch(() => undefined);
    if (closing.aborted || (await attempt())) return;
  }
  console.warn('simulator: gave up delivering an inbound SMS to the gateway');
}
