import { createHash, randomBytes } from 'node:crypto';
import type { Member } from '../../support/customers';
import type { Phone } from '../../support/phone';
import { hubName, type FastHub, type Wire } from './hub';

/** Numbers that nobody at the provider has. */
const elsewhere = '0722000001';
const offerMs = 60_000;

/** Everybody else, in one: whatever is asked is granted at once. */
export function createFastPeer(): { answer: (hub: FastHub, message: Wire) => Promise<void> } {
  const fulfilments = new Map<string, string>();
  const answers: Readonly<Record<string, (body: Readonly<Record<string, unknown>>, path: string) => Wire>> = {
    'GET parties': (_body, path) => ({ method: 'PUT', path, body: { party: partyOf(path) } }),
    'POST quotes': ({ quoteId, amount }) => {
      const fulfilment = randomBytes(32);
      const condition = createHash('sha256').update(fulfilment).digest().toString('base64url');
      fulfilments.set(condition, fulfilment.toString('base64url'));
      const expiration = new Date(Date.now() + offerMs).toISOString();
      const offer = { transferAmount: amount, expiration, ilpPacket: packet, condition };
      return { method: 'PUT', path: `/quotes/${String(quoteId)}`, body: offer };
    },
    'POST transfers': ({ transferId, condition }) => {
      const fulfilment = fulfilments.get(String(condition));
      fulfilments.delete(String(condition));
      const completedTimestamp = new Date().toISOString();
      const body = { fulfilment, transferState: 'COMMITTED', completedTimestamp };
      return { method: 'PUT', path: `/transfers/${String(transferId)}`, body };
    },
  };
  return {
    answer: async (hub, { method, path, body = {} }) => {
      const made = answers[`${method} ${path.split('/')[1] ?? ''}`];
      if (made) await hub.tell(made(body as Readonly<Record<string, unknown>>, path));
    },
  };
}

/** What a payer's provider keeps and never reads. */
const packet = randomBytes(200).toString('base64url');

function partyOf(path: string): object {
  const [, , partyIdType, partyIdentifier] = path.split('/');
  return { partyIdInfo: { partyIdType, partyIdentifier, fspId: hubName }, name: 'Bench Payee' };
}

/**
 * One payment that goes out, by phone: dial, the number, the amount (lookup and quote), the PIN (transfer). The time is that of the
 * hop with the PIN: from the PIN to a screen that says it is done.
 */
export async function payOut(phone: Phone, me: Member): Promise<{ readonly tookMs: number }> {
  const call = await phone.dial(me.msisdn);
  await call.answerAll('1', elsewhere, '1');
  if (!call.screen().text.includes('PIN')) throw new Error(`no PIN was asked for: ${call.screen().text}`);
  const startedAt = performance.now();
  const { text } = await call.answer(me.pin);
  const tookMs = performance.now() - startedAt;
  if (!text.includes('sent to')) throw new Error(`it was answered: ${text}`);
  await call.end('Success');
  return { tookMs };
}
