import { z } from 'zod';
import { readMoney, writeMoney } from '../amounts';
import type { Currency } from '../../platform';
import type { Context, Money, SchemeError } from '../port';
import { schemeError } from '../scheme-errors';
import { basic, type Ask, type Asking, type Credentials, type Reply } from './client';
import { readRejection, rejectionOf } from './errors';
import type { L1pTerms } from './terms';

/** A transfer as the central ledger has it (4.1.1), between two providers. */
export interface LedgerTransfer {
  readonly transferId: string;
  readonly payerDfspId: string;
  readonly payeeDfspId: string;
  /** Undefined: an amount that the currency doesn't have. */
  readonly amount: Money | undefined;
  readonly terms: L1pTerms | undefined;
  readonly expiresAt: Date;
  readonly state: 'proposed' | 'prepared' | 'executed' | 'rejected' | 'settled';
  /** Why it was rejected. */
  readonly error: SchemeError | undefined;
}

export interface NewTransfer {
  readonly transferId: string;
  readonly payeeDfspId: string;
  readonly amount: Money;
  readonly terms: L1pTerms;
  readonly expiresAt: Date;
}

/** The central ledger (chapter 4). */
export interface Ledger {
  prepare(transfer: NewTransfer, context: Context): Promise<Reply>;
  /** `unknown`: it has never heard of it. An error: it can't be asked. */
  find(transferId: string, context?: Partial<Context>): Promise<LedgerTransfer | 'unknown' | SchemeError>;
  /** The proof of an executed transfer, base64url of 32 bytes; undefined where it can't be had. */
  fulfilment(transferId: string, context?: Partial<Context>): Promise<string | undefined>;
  fulfil(transferId: string, fulfilment: string, context: Context): Promise<Reply>;
  reject(transferId: string, error: SchemeError, context: Partial<Context>): Promise<Reply>;
  read(resource: unknown): LedgerTransfer | undefined;
  /** What the ledger says of itself. An error: it can't be asked, or keeps another currency. */
  itself(context?: Partial<Context>): Promise<{ readonly uri: string } | SchemeError>;
  /** A request of ours to the ledger. */
  ask(asking: Omit<Asking, 'url' | 'headers'> & { readonly path: string }, context?: Partial<Context>): Promise<Reply>;
}

export interface LedgerOptions {
  readonly dfspId: string;
  readonly ledgerUrl: string;
  readonly credentials: Credentials;
  readonly currency: Currency;
}

const metadata = z.object({ ledger: z.url(), currency_code: z.string().nullable().catch(null) });

export function createLedger({ dfspId, ledgerUrl, credentials, currency }: LedgerOptions, asks: Ask): Ledger {
  const headers = basic(credentials);
  const ask: Ledger['ask'] = ({ path, ...asking }, context) =>
    asks({ ...asking, url: `${ledgerUrl}${path}`, headers }, context);
  let uri: string | undefined;

  const itself: Ledger['itself'] = async (context) => {
    if (uri !== undefined) return { uri };
    const reply = await ask({ method: 'GET', path: '/' }, context);
    if (reply.kind !== 'taken') return { ...reply.error, moneyMoved: 'no' };
    const read = metadata.safeParse(reply.body);
    if (!read.success) return schemeError('2001', 'the ledger does not say what it is');
    if ((read.data.currency_code ?? currency) !== currency) {
      return schemeError('4103', `the ledger keeps ${read.data.currency_code ?? ''}`);
    }
    uri = read.data.ledger.replace(/\/+$/, '');
    return { uri };
  };

  return {
    ask,
    itself,
    read: (resource) => readTransfer(resource, currency),
    prepare: async (transfer, context) => {
      const known = await itself(context);
      if ('moneyMoved' in known) return { kind: 'nowhere', error: known };
      const body = proposal(transfer, dfspId, known.uri);
      return ask({ method: 'PUT', path: `/transfers/${transfer.transferId}`, body }, context);
    },
    find: async (transferId, context) => {
      const reply = await ask({ method: 'GET', path: `/transfers/${transferId}` }, context);
      if (reply.kind === 'refused' && reply.id === 'NotFoundError') return 'unknown';
      if (reply.kind !== 'taken') return { ...reply.error, moneyMoved: 'unknown' };
      return readTransfer(reply.body, currency) ?? schemeError('2001', 'no transfer that can be read', 'unknown');
    },
    fulfilment: async (transferId, context) => {
      const reply = await ask({ method: 'GET', path: `/transfers/${transferId}/fulfillment` }, context);
      return reply.kind === 'taken' ? readFulfilment(reply.body) : undefined;
    },
    fulfil: (transferId, fulfilment, context) =>
      ask({ method: 'PUT', path: `/transfers/${transferId}/fulfillment`, body: `cf:0:${fulfilment}` }, context),
    reject: (transferId, error, context) =>
      ask({ method: 'PUT', path: `/transfers/${transferId}/rejection`, body: rejectionOf(error) }, context),
  };
}

/** The body of a prepare: the same transfer is the same to the letter. The packet goes along as a memo (20.6.2). */
function proposal({ transferId, payeeDfspId, amount, terms, expiresAt }: NewTransfer, us: string, uri: string): object {
  const decimal = writeMoney(amount).amount;
  return {
    id: `${uri}/transfers/${transferId}`,
    ledger: uri,
    debits: [{ account: `${uri}/accounts/${us}`, amount: decimal }],
    credits: [{ account: `${uri}/accounts/${payeeDfspId}`, amount: decimal, memo: { ilp: terms.ilpPacket } }],
    execution_condition: `cc:0:3:${terms.condition}:32`,
    expires_at: expiresAt.toISOString(),
  };
}

const entry = z.object({ account: z.string(), amount: z.string() });
const credit = entry.extend({
  memo: z.object({ ilp: z.string() }).optional().catch(undefined),
  rejection_message: z.string().optional(),
});
const transfer = z.object({
  id: z.string(),
  // What providers do between themselves has one payer and one payee.
  debits: z.tuple([entry]),
  credits: z.tuple([credit]),
  execution_condition: z.string(),
  expires_at: z.iso.datetime({ offset: true }),
  state: z.enum(['proposed', 'prepared', 'executed', 'rejected', 'settled']),
  rejection_reason: z.string().optional(),
});

function readTransfer(resource: unknown, currency: Currency): LedgerTransfer | undefined {
  const read = transfer.safeParse(resource);
  if (!read.success) return undefined;
  const { id, debits, credits, execution_condition, expires_at, state, rejection_reason: reason } = read.data;
  const [, transferId] = /\/transfers\/([\da-f-]{36})$/i.exec(id) ?? [];
  const [payerDfspId, payeeDfspId] = [accountOf(debits[0].account), accountOf(credits[0].account)];
  if (transferId === undefined || payerDfspId === undefined || payeeDfspId === undefined) return undefined;
  const [, condition] = /^cc:0:3:([\w-]{43}):32$/.exec(execution_condition) ?? [];
  const ilpPacket = credits[0].memo?.ilp;
  return {
    transferId: transferId.toLowerCase(),
    payerDfspId,
    payeeDfspId,
    amount: readMoney({ currency, amount: credits[0].amount }),
    terms: condition === undefined || ilpPacket === undefined ? undefined : { condition, ilpPacket },
    expiresAt: new Date(expires_at),
    state,
    error: state === 'rejected' ? readRejection(reason, credits[0].rejection_message) : undefined,
  };
}

/** The name in an account's URI. */
function accountOf(uri: string): string | undefined {
  return /\/accounts\/([^/]+)$/.exec(uri)?.[1];
}

/** `cf:0:<base64url>`. */
export function readFulfilment(text: unknown): string | undefined {
  return typeof text === 'string' ? /^cf:0:([\w-]{43})$/.exec(text.trim())?.[1] : undefined;
}
