import { chartOf, type Leg } from '../../src/ledger';
import { products } from '../../src/payments/products';
import type { Product } from '../../src/rules';
import type { Walk } from './random-walk-call';

interface Row {
  readonly payment_id: string;
  readonly product: Product;
  readonly state: 'pending' | 'completed' | 'failed' | 'rejected' | 'expired';
  readonly failure: string | null;
  readonly reference: string;
  readonly asked_as: string;
  readonly payer_id: string | null;
  readonly payee_id: string | null;
  readonly payer_account_id: bigint;
  readonly payee_account_id: bigint;
  readonly amount_minor: bigint;
  readonly fee_minor: bigint;
  readonly payee_fee_minor: bigint;
  readonly commission_minor: bigint;
  /** Of the payment that is given back, from the provider. */
  readonly fee_back_minor: bigint;
  /** Accepted posts and voids of its reservation. */
  readonly post_id: string | null;
  readonly posts: bigint;
  readonly voids: bigint;
}

export interface PaymentFindings {
  readonly books: string[];
  readonly untold: string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** Compares each payment with what the ledger moved for it, and with what both sides were told. */
export async function paymentsOff(walk: Walk): Promise<PaymentFindings> {
  const { owner } = walk.world;
  const rows = await owner.rows<Row>({
    text: `select p.*,
             (select transfer_id from ledger_transfer t where t.pending_id = p.payment_id and t.kind = 3 and t.result = 0 limit 1) as post_id,
             (select count(*) from ledger_transfer t where t.pending_id = p.payment_id and t.kind = 3 and t.result = 0) as posts,
             (select count(*) from ledger_transfer t where t.pending_id = p.payment_id and t.kind = 4 and t.result = 0) as voids
           from payment p`,
  });
  const counts: Record<string, number> = {};
  const books: string[] = [];
  for (const row of rows) {
    const what = `${row.product} ${row.state}${row.failure === null ? '' : ` (${row.failure})`}`;
    counts[what] = (counts[what] ?? 0) + 1;
    books.push(...(await bookedOff(walk, row)));
  }
  return { books, untold: await untold(walk, rows), counts };
}

async function bookedOff({ world: { services } }: Walk, row: Row): Promise<string[]> {
  const { payment_id: id, state, posts, voids } = row;
  const wrong = (why: string): string[] => [`${row.product} ${id} is ${state}: ${why}`];
  const stored = await services.ledger.find(services.db, id);
  const moved = stored && stored.refusal === undefined;
  if (state === 'failed') return moved ? wrong('its money has moved') : [];
  if (!stored || !moved) return wrong('the ledger knows nothing of it');
  const [duePosts, dueVoids] = dueOf(row, stored.kind);
  if (posts !== duePosts || voids !== dueVoids) return wrong(`${stored.kind}, ${posts} posts and ${voids} voids`);
  const due = legsOf(row, services.market.currency);
  const legs = await movedBy(services, row, stored.legs);
  const found = legs.map(legText).sort();
  const other = found.filter((leg) => !leg.startsWith('commission'));
  if (other.join() !== [...due].sort().join()) return wrong(`${found.join(', ')} instead of ${due.join(', ')}`);
  const commission = legs.filter(({ code }) => code === 'commission').reduce((sum, leg) => sum + leg.amountMinor, 0n);
  return commission === row.commission_minor
    ? []
    : wrong(`a commission of ${commission} instead of ${row.commission_minor}`);
}

/** The legs of what moved: a refund may be posted for less than was held. */
async function movedBy(
  { ledger, db }: Walk['world']['services'],
  { post_id }: Row,
  reserved: readonly Leg[],
): Promise<Leg[]> {
  const post = post_id === null ? undefined : await ledger.find(db, post_id);
  return (post?.legs ?? reserved).filter(({ amountMinor }) => amountMinor > 0n);
}

/** How often its reservation was posted and voided, by the state that it is in. */
function dueOf({ state }: Row, kind: string): [posts: bigint, voids: bigint] {
  if (kind === 'transfer') return [0n, 0n];
  if (state === 'pending') return [0n, 0n];
  return state === 'completed' ? [1n, 0n] : [0n, 1n];
}

function legsOf(row: Row, currency: Parameters<typeof chartOf>[0]): string[] {
  const { feeIncome } = chartOf(currency);
  const leg = (code: string, from: bigint, to: bigint | string, amount: bigint) =>
    amount === 0n ? [] : [`${code} ${from} ${to} ${amount}`];
  return [
    ...leg('principal', row.payer_account_id, row.payee_account_id, row.amount_minor),
    ...leg('fee', row.payer_account_id, feeIncome, row.fee_minor),
    ...leg('fee', row.payee_account_id, feeIncome, row.payee_fee_minor),
    ...leg('fee', BigInt(feeIncome), row.payee_account_id, row.fee_back_minor),
  ];
}

const legText = ({ code, debitAccountId, creditAccountId, amountMinor }: Leg): string =>
  `${code} ${debitAccountId} ${creditAccountId} ${amountMinor}`;

/** Each side of a completed payment that has words for it and a phone was sent one message with its reference. */
async function untold({ world }: Walk, rows: readonly Row[]): Promise<string[]> {
  const reachable = new Set(
    (
      await world.owner.rows<{ customer_id: string }>({
        text: 'select customer_id from phone_assignment where valid_to is null',
      })
    ).map(({ customer_id }) => customer_id),
  );
  const told = new Map<string, number>();
  for (const { body } of world.sms.sent) {
    for (const [reference] of body.matchAll(/\b[0-9A-Z]{8}\b/g)) told.set(reference, (told.get(reference) ?? 0) + 1);
  }
  return rows.flatMap((row) => {
    if (row.state !== 'completed') return [];
    const { texts } = products[row.product];
    const sides = [
      [texts.payer, row.payer_id],
      [texts.payee, row.payee_id],
    ] as const;
    const due = sides.filter(([text, id]) => text !== undefined && id !== null && reachable.has(id)).length;
    const found = told.get(row.reference) ?? 0;
    return found >= due ? [] : [`${row.product} ${row.reference}: ${found} messages, ${due} due`];
  });
}
