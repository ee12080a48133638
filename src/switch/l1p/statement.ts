import { z } from 'zod';
import type { Currency } from '../../platform';
import { readMoney } from '../amounts';
import type { Money, StatementLine } from '../port';
import type { Ledger } from './ledger';

const fee = z.object({ payer: z.string(), payee: z.string(), amount: z.string() });
const entry = z.object({ account: z.string(), amount: z.string() });
const line = z.object({
  id: z.string(),
  debits: z.tuple([entry]),
  credits: z.tuple([entry]),
  state: z.enum(['proposed', 'prepared', 'executed', 'rejected', 'settled']),
  proposed_at: z.iso.datetime(),
  decided_at: z.iso.datetime().optional(),
  settled_at: z.iso.datetime().optional(),
  fees: z.array(fee),
});
const page = z.object({ transfers: z.array(line), more: z.boolean() });
type Line = z.output<typeof line>;

interface Query {
  readonly from?: string;
  readonly to?: string;
  readonly open?: string;
  readonly after?: string;
}

/** A page of the transfers of an account; undefined where the ledger tells nobody. Throws where it can't be read. */
async function readPage(ledger: Ledger, dfspId: string, query: Query): Promise<z.output<typeof page> | undefined> {
  const search = new URLSearchParams({ ...query }).toString();
  const reply = await ledger.ask({ method: 'GET', path: `/accounts/${dfspId}/transfers?${search}` });
  if (reply.kind === 'refused' && reply.id === 'NotFoundError') return undefined;
  if (reply.kind !== 'taken') throw new Error(`the ledger gives no statement: ${reply.error.description}`);
  return page.parse(reply.body);
}

/** What pays this provider and is not decided: the ids, the oldest first. */
export async function openCredits(ledger: Ledger, dfspId: string): Promise<readonly string[]> {
  const { transfers = [] } = (await readPage(ledger, dfspId, { open: 'true' })) ?? {};
  return transfers.filter(({ credits: [{ account }] }) => account === dfspId).map(({ id }) => id);
}

export interface StatementOptions {
  readonly dfspId: string;
  readonly currency: Currency;
}

/** All that the ledger has of this provider in a window, page after page. */
export async function readStatement(
  ledger: Ledger,
  { dfspId, currency }: StatementOptions,
  window: { readonly from: Date; readonly to: Date },
): Promise<readonly StatementLine[] | undefined> {
  const lines: StatementLine[] = [];
  const query = { from: window.from.toISOString(), to: window.to.toISOString() };
  for (let after: string | undefined; ;) {
    const read = await readPage(ledger, dfspId, { ...query, ...(after !== undefined && { after }) });
    if (!read) return undefined;
    lines.push(...read.transfers.map((one) => lineOf(one, currency)));
    after = read.transfers.at(-1)?.id;
    if (!read.more || after === undefined) return lines;
  }
}

const states = {
  proposed: 'pending',
  prepared: 'pending',
  executed: 'committed',
  settled: 'committed',
  rejected: 'aborted',
} as const;

function lineOf({ id, debits: [debit], credits: [credit], ...one }: Line, currency: Currency): StatementLine {
  return {
    transferId: id,
    payerDfspId: debit.account,
    payeeDfspId: credit.account,
    amount: moneyOf(credit.amount, currency),
    state: states[one.state],
    payerFee: feeOf(one, debit.account, currency),
    payeeFee: feeOf(one, credit.account, currency),
    createdAt: new Date(one.proposed_at),
    ...(one.decided_at !== undefined && { decidedAt: new Date(one.decided_at) }),
    settled: one.state === 'settled',
  };
}

/** What a side paid less what it got: a charge may also go from one of them to the other. */
function feeOf({ fees }: Pick<Line, 'fees'>, dfspId: string, currency: Currency): Money {
  const sum = (side: 'payer' | 'payee') =>
    fees
      .filter((one) => one[side] === dfspId)
      .reduce((total, { amount }) => total + moneyOf(amount, currency).amountMinor, 0n);
  return { amountMinor: sum('payer') - sum('payee'), currency };
}

function moneyOf(amount: string, currency: Currency): Money {
  const money = readMoney({ amount, currency });
  if (!money) throw new Error(`the ledger's ${amount} is no amount in ${currency}`);
  return money;
}
