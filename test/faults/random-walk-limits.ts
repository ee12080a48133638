import { isCounted, scopesOf } from '../../src/rules/limits';
import { periodStart } from '../../src/rules/periods';
import {
  directions,
  periods,
  type Channel,
  type Direction,
  type PartyRole,
  type Period,
  type Product,
} from '../../src/rules/types';
import type { Walk } from './random-walk-call';

export interface LimitFindings {
  readonly compared: number;
  /** Counters that came near their limit: with none the walk has proved little. */
  readonly atTheirLimit: number;
  readonly miscounted: string[];
  readonly broken: string[];
}

interface Counter {
  amountMinor: bigint;
  count: number;
  /** Of the count, what counted without being held to a limit: payments that failed. */
  tries: number;
}

interface PaymentRow {
  readonly product: Product;
  readonly channel: Channel;
  readonly state: string;
  readonly failure: string | null;
  readonly payer_id: string | null;
  readonly payee_id: string | null;
  readonly amount_minor: bigint;
  readonly created_at: Date;
}

interface UseRow {
  readonly customer_id: string;
  readonly direction: Direction;
  readonly scope: string;
  readonly period: Period;
  readonly period_start: string;
  readonly amount_minor: bigint;
  readonly count: number;
}

/** Works out anew, from the payments, what everybody has used, and compares it with what was counted and what was allowed. */
export async function limitsOff(walk: Walk): Promise<LimitFindings> {
  const { services, owner } = walk.world;
  const payments = await owner.rows<PaymentRow>({ text: 'select * from payment' });
  const uses = await owner.rows<UseRow>({
    text: 'select customer_id, direction, scope, period, period_start::text, amount_minor, count from limit_use',
  });
  const due = countersOf(payments, services.market.timeZone);
  const miscounted: string[] = [];
  const seen = new Set<string>();
  for (const use of uses) {
    const key = keyOf(use);
    seen.add(key);
    const { amountMinor, count } = due.get(key) ?? { amountMinor: 0n, count: 0 };
    if (use.amount_minor !== amountMinor || use.count !== count)
      miscounted.push(`${key}: ${use.amount_minor} in ${use.count}, due ${amountMinor} in ${count}`);
  }
  // Which periods are counted is the rules' business; the day of all payments always is.
  for (const [key, { amountMinor, count }] of due) {
    if (key.includes(' all day ') && !seen.has(key))
      miscounted.push(`${key}: not counted, due ${amountMinor} in ${count}`);
  }
  return { compared: uses.length, miscounted, ...(await bounds(walk, uses, due)) };
}

const keyOf = ({
  customer_id,
  direction,
  scope,
  period,
  period_start,
}: Omit<UseRow, 'amount_minor' | 'count'>): string => `${customer_id} ${direction} ${scope} ${period} ${period_start}`;

function countersOf(payments: readonly PaymentRow[], timeZone: string): Map<string, Counter> {
  const counters = new Map<string, Counter>();
  for (const payment of payments.filter(isCountedOrTried)) {
    const holds = payment.state === 'completed' || payment.state === 'pending';
    for (const key of keysOf(payment, timeZone)) {
      const counter = counters.get(key) ?? { amountMinor: 0n, count: 0, tries: 0 };
      counter.amountMinor += holds ? payment.amount_minor : 0n;
      counter.count += 1;
      counter.tries += payment.state === 'failed' ? 1 : 0;
      counters.set(key, counter);
    }
  }
  return counters;
}

/** One that a limit refused has not even been tried (R157). */
function isCountedOrTried({ product, state, failure }: PaymentRow): boolean {
  return isCounted(product) && !(state === 'failed' && failure?.startsWith('limit_') === true);
}

/** Every counter of either side that a payment may touch. */
function keysOf(payment: PaymentRow, timeZone: string): string[] {
  return directions.flatMap((direction) => {
    const customer_id = direction === 'out' ? payment.payer_id : payment.payee_id;
    if (customer_id === null) return [];
    return scopesOf(payment).flatMap((scope) =>
      periods.map((period) => {
        const period_start = periodStart(payment.created_at, period, timeZone);
        return keyOf({ customer_id, direction, scope, period, period_start });
      }),
    );
  });
}

/** Roles and tiers in which somebody was during the walk, by what they are now and what the forensic log says. */
async function partiesOf({ world: { owner } }: Walk): Promise<Map<string, { role: PartyRole; tier: string }[]>> {
  const was = (key: 'tier' | 'role') =>
    `select t from audit_event e cross join lateral unnest(array[e.old_value ->> '${key}', e.new_value ->> '${key}']) t
     where e.action = '${key}.changed' and e.subject_id = c.customer_id::text and t is not null`;
  const people = await owner.rows<{ customer_id: string; roles: PartyRole[]; tiers: string[] }>({
    text: `select customer_id, role || array(${was('role')}) as roles, tier || array(${was('tier')}) as tiers
           from customer c`,
  });
  return new Map(
    people.map(({ customer_id, roles, tiers }) => [
      customer_id,
      [...new Set(roles)].flatMap((role) => [...new Set(tiers)].map((tier) => ({ role, tier }))),
    ]),
  );
}

async function bounds(
  walk: Walk,
  uses: readonly UseRow[],
  due: ReadonlyMap<string, Counter>,
): Promise<Pick<LimitFindings, 'broken' | 'atTheirLimit'>> {
  const { services } = walk.world;
  const parties = await partiesOf(walk);
  const at = services.clock.now();
  const broken: string[] = [];
  let atTheirLimit = 0;
  for (const use of uses) {
    const [product, channel] = productOf(use.scope);
    const allowances = (parties.get(use.customer_id) ?? []).map(
      (party) =>
        services.rules
          .limits({ direction: use.direction, party, product, channel, at })
          .find(({ scope }) => scope === use.scope)?.[use.period],
    );
    // Whoever was in a tier that has no such limit was bound by none.
    const amounts = allowances.map((one) => one?.amountMinor);
    const most = amounts.includes(undefined)
      ? undefined
      : amounts.reduce((a, b) => ((a ?? 0n) > (b ?? 0n) ? a : b), 0n);
    const counts = allowances.map((one) => one?.count ?? Infinity);
    const tries = due.get(keyOf(use))?.tries ?? 0;
    if (most !== undefined && use.amount_minor > most) broken.push(`${keyOf(use)}: ${use.amount_minor} of ${most}`);
    if (use.count - tries > Math.max(...counts))
      broken.push(`${keyOf(use)}: ${use.count} payments of ${Math.max(...counts)}`);
    const isNear = most !== undefined && use.amount_minor * 10n >= most * 9n;
    if (isNear || use.count >= Math.max(...counts)) atTheirLimit += 1;
  }
  return { broken: [...broken, ...(await balancesOff(walk, parties))], atTheirLimit };
}

/** Some product and channel of which a scope is one. */
function productOf(scope: string): [Product, Channel] {
  const [, kind, name] = /^(product|channel)_(.+)$/.exec(scope) ?? [];
  return [kind === 'product' ? (name as Product) : 'send', kind === 'channel' ? (name as Channel) : 'ussd'];
}

/** R155: nobody holds more over all their accounts than the widest of their tiers allows, but for what was given back. */
async function balancesOff(
  { world: { owner, services } }: Walk,
  parties: ReadonlyMap<string, readonly { role: PartyRole; tier: string }[]>,
): Promise<string[]> {
  const held = await owner.rows<{ customer_id: string; held: bigint; back: bigint }>({
    text: `select a.owner_id as customer_id,
             sum(l.credits_posted_minor + l.credits_pending_minor - l.debits_posted_minor)::bigint as held,
             (select coalesce(sum(p.amount_minor), 0)::bigint from payment p
              where p.payee_id = a.owner_id and p.product = 'refund' and p.state = 'completed') as back
           from account a join ledger_account l using (account_id) group by a.owner_id`,
  });
  const at = services.clock.now();
  return held.flatMap(({ customer_id, held: heldMinor, back }) => {
    const most = (parties.get(customer_id) ?? []).map(
      (party) =>
        services.rules
          .limits({ direction: 'in', party, product: 'send', channel: 'ussd', at })
          .find(({ scope }) => scope === 'all')?.balanceMaxMinor,
    );
    const isBound = !most.includes(undefined);
    const widest = most.reduce((a, b) => ((a ?? 0n) > (b ?? 0n) ? a : b), 0n) ?? 0n;
    return isBound && heldMinor - back > widest ? [`${customer_id} holds ${heldMinor} of ${widest}`] : [];
  });
}
