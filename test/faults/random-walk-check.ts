import { verify as verifyLog } from '../../src/audit';
import { plusMs, type Db } from '../../src/platform';
import { measure } from '../../src/ussd';
import { violate, type Walk } from './random-walk-call';
import { kindsOf } from './random-walk-kinds';
import { limitsOff } from './random-walk-limits';
import { ownersOff } from './random-walk-owners';
import { paymentsOff } from './random-walk-payments';

/** A rule of the house as a query that finds who breaks it: each row is a sentence. */
interface Rule {
  readonly name: string;
  readonly text: string;
}

/** What must hold whenever nothing is under way. */
const rules: readonly Rule[] = [
  {
    name: 'nobody has less than nothing',
    text: `select format('account %s (%s): %s posted, %s on its way out', account_id, kind,
             credits_posted_minor - debits_posted_minor, debits_pending_minor) as says
           from ledger_account
           where kind in ('customer', 'agent', 'merchant', 'commission')
             and credits_posted_minor - debits_posted_minor - debits_pending_minor < 0`,
  },
  {
    name: 'R20: one primary each, and none for who has no account to choose',
    text: `select format('%s has %s primary accounts of %s', c.customer_id, n.primaries, n.usable) as says
           from customer c cross join lateral (
             select count(*) filter (where h.is_primary) as primaries,
                    count(*) filter (where h.is_primary and a.purpose = 'commission') as commission,
                    count(*) filter (where a.status = 'open' and a.purpose <> 'commission' and h.rank <> 'viewer') as usable
             from account_holder h join account a using (account_id) where h.customer_id = c.customer_id) n
           where n.primaries <> least(n.usable, 1) or n.commission > 0`,
  },
  {
    name: 'one owner an account, who is its holder',
    text: `select format('account %s of %s', account_id, owner_id) as says from account a
           where 1 <> (select count(*) from account_holder h where h.account_id = a.account_id and h.rank = 'owner')
              or not exists (select from account_holder h where h.account_id = a.account_id and h.customer_id = a.owner_id and h.rank = 'owner')`,
  },
  {
    name: 'a closed account has nothing',
    text: `select format('account %s', a.account_id) as says from account a join ledger_account l using (account_id)
           where a.status = 'closed' and (l.credits_posted_minor <> l.debits_posted_minor or l.debits_pending_minor <> 0)`,
  },
  {
    name: 'R55: a closed profile has no money, account, phone, PIN, till, open hold, nor anything that waits',
    text: `select format('%s has %s', c.customer_id, w.what) as says from customer c cross join lateral (
             select 'money in ' || account_id from account a join ledger_account l using (account_id)
             where a.owner_id = c.customer_id and (l.credits_posted_minor <> l.debits_posted_minor
               or l.credits_pending_minor <> 0 or l.debits_pending_minor <> 0)
             union all
             select 'a place at ' || account_id from account_holder h join account a using (account_id)
             where h.customer_id = c.customer_id and a.status = 'open'
             union all
             select 'the phone ' || msisdn from phone_assignment where customer_id = c.customer_id and valid_to is null
             union all
             select 'a PIN' from pin where customer_id = c.customer_id and locked_at is null
             union all
             select 'a code for a PIN' from pin_reset where customer_id = c.customer_id and ended_at is null
             union all
             select 'the till ' || till_number from till where owner_id = c.customer_id and status = 'open'
             union all
             select 'a place at till ' || till_number from till_operator
             where customer_id = c.customer_id and status = 'active'
             union all
             select 'the hold ' || payment_id from payment join ledger_hold on transfer_id = payment_id
             where c.customer_id in (payer_id, payee_id)
             union all
             select 'the invoice ' || invoice_id from invoice
             where c.customer_id in (owner_id, buyer_id) and state = 'pending' and coalesce(expires_at > c.closed_at, true)
             union all
             select 'the case ' || number from redress_case
             where c.customer_id in (customer_id, other_id) and state in ('open', 'investigating', 'appealed')
               and opened_at < c.closed_at
             union all
             select 'an application' from application where customer_id = c.customer_id and state = 'open'
             union all
             select 'an agent below' from agent where super_agent_id = c.customer_id) w (what)
           where c.status = 'closed'`,
  },
  {
    name: 'one default person a phone that has people, one contact phone a person with phones',
    text: `select format('%s: %s default', msisdn, count(*) filter (where is_default)) as says
           from phone_assignment where valid_to is null group by msisdn having count(*) filter (where is_default) <> 1
           union all
           select format('%s: %s contact', customer_id, count(*) filter (where is_contact))
           from phone_assignment where valid_to is null group by customer_id having count(*) filter (where is_contact) <> 1`,
  },
  {
    name: 'R44: eight people a phone at most, and five phones a person',
    text: `select format('%s: %s people', msisdn, count(*)) as says
           from phone_assignment where valid_to is null group by msisdn having count(*) > 8
           union all
           select format('%s: %s phones', customer_id, count(*))
           from phone_assignment where valid_to is null group by customer_id having count(*) > 5`,
  },
  {
    name: 'Q6: who was let onto a phone agreed to it once',
    text: `select format('%s agreed to %s, and is not on it', customer_id, msisdn) as says
           from phone_request r where state = 'agreed' and not exists (
             select from phone_assignment p where p.msisdn = r.msisdn and p.customer_id = r.customer_id)`,
  },
  {
    name: 'what waits holds money',
    text: `select format('payment %s (%s)', payment_id, product) as says from payment p
           where state = 'pending' and not exists (select from ledger_hold h where h.transfer_id = p.payment_id)`,
  },
  {
    name: 'R123, R125: an invoice that is paid was paid by one payment of that amount, and no other has one',
    text: `select format('invoice %s was paid %s times', invoice_id, count(*)) as says
           from invoice i join payment p on p.subject_id = i.invoice_id
           where i.type <> 'product' and p.product = 'purchase' and p.state = 'completed'
           group by invoice_id having count(*) > 1
           union all
           select format('invoice %s is %s by %s', invoice_id, i.state, p.payment_id) as says
           from invoice i left join payment p using (payment_id)
           where i.type <> 'product' and (i.state = 'paid') <> (p.state is not distinct from 'completed' and p.product = 'purchase'
             and p.amount_minor = i.amount_minor and p.payee_account_id = i.account_id and p.payer_id is distinct from i.owner_id)
           union all
           select format('sale %s', sale_id) from sale s left join payment p using (payment_id)
           where s.payment_id is not null and (p.state, p.product, p.amount_minor, p.payee_account_id)
             is distinct from ('completed', 'purchase', s.amount_minor, s.account_id)
           union all
           select format('purchase %s has %s papers', p.payment_id, n.papers) from payment p cross join lateral (
             select (select count(*) from invoice i where i.payment_id = p.payment_id)
                  + (select count(*) from sale s where s.payment_id = p.payment_id) as papers) n
           where p.product = 'purchase' and p.state = 'completed' and n.papers <> 1`,
  },
  {
    name: 'R126: no invoice and no prompt is left of what is over',
    text: `select format('prompt of invoice %s', invoice_id) as says from invoice_prompt join invoice using (invoice_id)
           where state <> 'pending'`,
  },
  {
    name: 'no more is given back than was paid (R213)',
    text: `select format('%s of %s', sum(r.amount_minor), p.amount_minor) as says
           from payment r join payment p on p.payment_id = r.subject_id
           where r.product = 'refund' and r.state = 'completed'
           group by p.payment_id, p.amount_minor having sum(r.amount_minor) > p.amount_minor`,
  },
  {
    name: 'each payment is in the forensic log once for each state that it came into',
    text: `select format('payment %s is %s, and stands there %s times', p.payment_id, p.state, count(e.*)) as says
           from payment p left join audit_event e on e.subject_kind = 'payment' and e.subject_id = p.payment_id::text
             and e.action = any (case p.state
               when 'completed' then array['payment.completed', 'payment.approved']
               else array['payment.' || case p.state when 'pending' then 'requested' else p.state end] end)
           group by p.payment_id, p.state having count(e.*) <> 1`,
  },
  {
    name: 'R268: an account is frozen as far as a freeze says, and no further',
    text: `select format('account %s: %s instead of %s', account_id, l.status, due.bits) as says
           from account a join ledger_account l using (account_id) cross join lateral (
             select coalesce(bit_or(case f.side when 'debit' then 1 when 'credit' then 2 else 3 end), 0) as bits
             from account_freeze f
             where f.lifted_at is null and (f.account_id = a.account_id or f.customer_id = a.owner_id)) due
           where l.status <> 7 and l.status <> due.bits`,
  },
  {
    name: 'a new PIN by code only after the code',
    text: `select format('reset %s', reset_id) as says from pin_reset where outcome = 'done' and proven_at is null`,
  },
  {
    name: 'a code of cash-out or for a shop is open while its money is held, and no longer',
    text: `select format('%s: %s', payment_id, p.state) as says from agent_code c left join payment p using (payment_id)
           where c.purpose <> 'cash_in' and (c.code is not null) <> (p.state is not distinct from 'pending')`,
  },
  {
    name: 'no cash by code without the code',
    text: `select format('%s', payment_id) as says from agent_code join payment using (payment_id)
           where state = 'completed' and proven_at is null`,
  },
  {
    name: 'a request for float is paid once, and only when it says so',
    text: `select format('%s is %s, and %s payments', request_id, f.state, count(p.*)) as says
           from float_request f left join payment p on p.subject_id = f.request_id and p.state = 'completed'
           group by request_id, f.state having count(p.*) <> (f.state = 'paid')::integer`,
  },
  {
    name: 'each day is reported to an agent once',
    text: `select format('%s %s', agent_id, day) as says from agent_report group by agent_id, day having count(*) > 1`,
  },
  {
    name: 'two people behind each act of the staff that asks for them',
    text: `select format('act %s (%s) by %s', act_number, command, made_by) as says from staff_act
           where decided_by is not null and decided_by = made_by`,
  },
];

const holds: Rule = {
  name: 'every hold is explained',
  text: `select format('hold %s', h.transfer_id) as says from ledger_hold h
         where not exists (select from payment p where p.payment_id = h.transfer_id and p.state = 'pending')`,
};

/** What is looked at on the way. */
export async function checkQuickly(walk: Walk): Promise<void> {
  for (const rule of [...rules, holds]) await check(walk, rule);
}

async function check({ world, tally }: Walk, { name, text }: Rule): Promise<number> {
  const found = await world.owner.rows<{ says: string }>({ text });
  for (const { says } of found) violate(tally, name, says);
  return found.length;
}

interface Found {
  readonly checks: string[];
  readonly payments: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
}

/** All that is looked at when everybody has gone home. */
export async function checkAll(walk: Walk): Promise<Found> {
  const { world, tally } = walk;
  const { services, owner } = world;
  const checks: string[] = [];
  const note = (name: string, found: readonly string[]): void => {
    for (const says of found) violate(tally, name, says);
    checks.push(`${name}: ${found.length === 0 ? 'holds' : `${found.length} deviations`}`);
  };
  for (const rule of [...rules, holds]) {
    const before = tally.violations.get(rule.name)?.count ?? 0;
    await check(walk, rule);
    const deviations = tally.violations.get(rule.name)?.count ?? 0;
    checks.push(`${rule.name}: ${deviations === 0 ? 'holds' : `${deviations} deviations, ${deviations - before} now`}`);
  }
  const books = await services.ledger.verify(owner);
  note('the books verify, and sum to zero', books.clean ? [] : [JSON.stringify(books.deviation, bigints)]);
  for (const { currency, debitsMinor, creditsMinor } of books.trialBalance)
    checks.push(
      `trial balance ${currency}: debits ${debitsMinor}, credits ${creditsMinor}, ${books.transfers} transfers`,
    );
  const log = await verifyLog(owner);
  note('the forensic log verifies', log.clean ? [] : [JSON.stringify(log.deviations)]);
  const limits = await limitsOff(walk);
  note(`limits are counted as payments say (${limits.compared} counters)`, limits.miscounted);
  note(
    `limits are unbroken (${limits.atTheirLimit} counters at their limit, or at nine tenths of its amount)`,
    limits.broken,
  );
  const payments = await paymentsOff(walk);
  note('every payment is in the books as it says', payments.books);
  note('every completed payment was told to each side', payments.untold);
  const owners = await ownersOff(walk);
  note(
    `R55: who comes to a number sees nothing of who left it (${owners.left} left, ${owners.taken} taken, ${owners.seen} texts)`,
    owners.shown,
  );
  note('R60, B15: no PIN by a code after the SIM was changed', await resetsOff(walk));
  note('every SMS is one segment', tooLong(walk));
  note('no PIN in any row', await pinsIn(owner, walk.around.crowd.typedPins));
  note('no PIN in the log or in an SMS', pinsInWords(walk));
  return { checks, payments: payments.counts, kinds: await kindsOf(walk) };
}

/** Codes that were told right on a number whose SIM the network knew to be new; a hop that was under way then may be late. */
async function resetsOff({ world: { owner, network } }: Walk): Promise<string[]> {
  const proven = await owner.rows<{ resetId: string; msisdn: string; provenAt: Date }>({
    text: `select reset_id as "resetId", msisdn, proven_at as "provenAt" from pin_reset where proven_at is not null`,
  });
  return proven.flatMap(({ resetId, msisdn, provenAt }) => {
    const swappedAt = network.swaps.get(msisdn);
    const isLate =
      swappedAt !== undefined && provenAt > plusMs(swappedAt, hopMs) && provenAt < plusMs(swappedAt, simHoldMs);
    return isLate ? [`reset ${resetId} of ${msisdn}, whose SIM was changed at ${swappedAt.toISOString()}`] : [];
  });
}
const hopMs = 15_000;
const simHoldMs = 72 * 3_600_000;

const bigints = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

const segment = { gsm7: 160, ucs2: 70 } as const;

function tooLong({ world }: Walk): string[] {
  return world.sms.sent.flatMap(({ body }) => {
    const { alphabet, units } = measure(body);
    return units > segment[alphabet] ? [`${units} in ${alphabet}: ${body}`] : [];
  });
}

/** Words that stand alone in any column that holds words. Numbers of money and time have columns of their own. */
async function pinsIn(owner: Db, pins: ReadonlySet<string>): Promise<string[]> {
  const columns = await owner.rows<{ table: string; column: string }>({
    text: `select format('%I.%I', c.table_schema, c.table_name) as table, format('%I', c.column_name) as column
           from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
           where t.table_type = 'BASE TABLE' and c.data_type in ('text', 'jsonb', 'json', 'character varying')
             and c.table_schema not in ('pg_catalog', 'information_schema')
             and not exists (select from pg_inherits i where i.inhrelid = format('%I.%I', c.table_schema, c.table_name)::regclass)`,
  });
  const found = await Promise.all(
    columns.map(({ table, column }) =>
      owner.rows<{ says: string }>({
        text: `select distinct format('%s.%s: %s', '${table}', '${column}', substr(${column}::text, 1, 300)) as says
               from ${table}, regexp_matches(${column}::text, '(?<![0-9A-Za-z.])[0-9]{6}(?![0-9A-Za-z.])', 'g') m
               where m[1] = any ($1) limit 3`,
        values: [[...pins]],
      }),
    ),
  );
  return found.flat().map(({ says }) => says);
}

function pinsInWords({ world, around }: Walk): string[] {
  const { typedPins } = around.crowd;
  const words = [...world.logged.all, ...world.sms.sent.map(({ body }) => body)];
  return words.filter((line) =>
    [...line.matchAll(/(?<![\dA-Za-z.])\d{6}(?![\dA-Za-z.])/g)].some(([digits]) => typedPins.has(digits)),
  );
}
