import { randomBytes } from 'node:crypto';
import { createIds, systemClock, type Attachment } from '../../../src/platform';
import { currency, customers } from './books';

export interface Parties {
  readonly payer: number;
  readonly payee: number;
}

const ids = createIds(systemClock);
/** As long as a receipt is when it is sealed: the text, a nonce and a tag. */
const body = randomBytes(28 + 120).toString('base64');
const hopKey = randomBytes(32).toString('hex');

/** What the gateway writes with a payment: its row, the event of the forensic log, a message to each of the two. */
export function attachmentsOf(transferId: string, { payer, payee }: Parties): Attachment[] {
  const now = systemClock.now();
  const at = now.toISOString();
  const [payerId, payeeId] = [customerOf(payer), customerOf(payee)];
  const message = (account: number): Attachment => ({
    writer: 'sms',
    row: {
      sms_id: ids.uuid(),
      to_msisdn: `+2547${String(account).padStart(8, '0').slice(-8)}`,
      body,
      key_id: 'k1',
      created_at: at,
      transfer_id: transferId,
      account_id: String(account),
      currency,
    },
  });
  const about = { payer_account_id: String(payer), payee_account_id: String(payee), amount_minor: '100' };
  return [
    {
      writer: 'payment',
      row: {
        payment_id: transferId,
        product: 'send',
        state: 'completed',
        // Longer than a real one, so that none comes twice in a long run.
        reference: ids.reference() + ids.reference(),
        initiator_id: payerId,
        payer_id: payerId,
        payee_id: payeeId,
        ...about,
        currency,
        fee_minor: '1',
        commission_minor: '0',
        decided_by: payerId,
        hop_key: hopKey,
        created_at: at,
        expires_at: null,
        quote_expires_at: new Date(now.getTime() + 300_000).toISOString(),
      },
    },
    {
      writer: 'audit',
      row: {
        at: now.getTime() * 1_000,
        action: 'payment.completed',
        actorKind: 'customer',
        actorId: payerId,
        subjectKind: 'payment',
        subjectId: transferId,
        transferId,
        traceId: hopKey,
        new: { state: 'completed', product: 'send', payerId, payeeId, ...about, fee_minor: '1' },
      },
    },
    message(payer),
    message(payee),
  ];
}

function customerOf(account: number): string {
  const hex = (account % customers).toString(16).padStart(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
