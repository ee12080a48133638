import type { Currency, Sql, Tx } from '../platform';
import type {
  AccountStatus,
  Balance,
  Deviation,
  Entry,
  NewAccount,
  NewTransfer,
  TransferOutcome,
  TrialBalance,
  VerifyCheck,
} from './port';

/** What a database function decided: the code of a refusal, or the state of the transfer. */
export interface Verdict {
  readonly refusal: string | null;
  readonly refusedAccountId: string | null;
  readonly state: TransferOutcome['state'] | null;
  readonly repeated: boolean | null;
}

/** True when the account is there with this content. */
export async function openAccount(tx: Tx, account: NewAccount): Promise<boolean> {
  const { opened } = await tx.one<{ opened: boolean }>({
    name: 'ledger.open_account',
    text: 'select ledger_open_account($1, $2, $3, $4, $5) as opened',
    values: [account.accountId, account.kind, account.currency, account.floorMinor, account.ceilingMinor],
  });
  return opened;
}

/** Null, or the code of the refusal. */
export async function setStatus(tx: Tx, accountId: string, status: AccountStatus): Promise<string | null> {
  const { refusal } = await tx.one<{ refusal: string | null }>({
    name: 'ledger.set_status',
    text: 'select ledger_set_status($1, $2) as refusal',
    values: [accountId, status],
  });
  return refusal;
}

export async function move(tx: Tx, { transferId, legs, expiresAt }: NewTransfer, now: Date): Promise<Verdict> {
  return tx.one<Verdict & Record<string, unknown>>({
    name: 'ledger.move',
    text: `select refusal, refused_account_id as "refusedAccountId", state, repeated
           from ledger_move($1, $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6, $7)`,
    values: [
      transferId,
      legs.map((leg) => leg.debitAccountId),
      legs.map((leg) => leg.creditAccountId),
      legs.map((leg) => leg.amountMinor),
      legs.map((leg) => leg.code),
      expiresAt ?? null,
      now,
    ],
  });
}

export async function settle(
  tx: Tx,
  { transferId, state, now }: { transferId: string; state: 'posted' | 'voided'; now: Date },
): Promise<Verdict> {
  return tx.one<Verdict & Record<string, unknown>>({
    name: 'ledger.settle',
    text: `select refusal, null as "refusedAccountId", state, repeated from ledger_settle($1, $2, $3)`,
    values: [transferId, state, now],
  });
}

export async function readExpired(sql: Sql, now: Date, limit: number): Promise<string[]> {
  const rows = await sql.rows<{ id: string }>({
    name: 'ledger.expired',
    text: `select transfer_id as id from ledger_transfer
           where state = 'pending' and expires_at <= $1
           order by expires_at, transfer_id
           limit $2`,
    values: [now, limit],
  });
  return rows.map(({ id }) => id);
}

export async function readBalance(sql: Sql, accountId: string): Promise<Balance | undefined> {
  return sql.maybe<Balance & Record<string, unknown>>({
    name: 'ledger.balance',
    text: `select account_id as "accountId", currency,
                  credits_posted_minor - debits_posted_minor as "postedMinor",
                  debits_pending_minor as "pendingOutMinor",
                  credits_pending_minor as "pendingInMinor",
                  credits_posted_minor - debits_posted_minor - debits_pending_minor as "availableMinor"
           from ledger_account
           where account_id = $1`,
    values: [accountId],
  });
}

export async function readEntries(sql: Sql, accountId: string, limit: number): Promise<Entry[]> {
  return sql.rows<Entry & Record<string, unknown>>({
    name: 'ledger.entries',
    text: `select e.account_id as "accountId", e.version, e.transfer_id as "transferId",
                  e.leg_number as "legNumber", l.code, e.direction, e.amount_minor as "amountMinor",
                  e.balance_before_minor as "balanceBeforeMinor", e.balance_after_minor as "balanceAfterMinor",
                  case e.direction when 'debit' then l.credit_account_id else l.debit_account_id end
                    as "otherAccountId",
                  e.posted_at as "postedAt"
           from ledger_entry e
           join ledger_leg l using (transfer_id, leg_number)
           where e.account_id = $1
           order by e.version desc
           limit $2`,
    values: [accountId, limit],
  });
}

/** From the entries, not from the counters: `account_counters` proves that these agree. */
export async function readTrialBalance(sql: Sql): Promise<TrialBalance[]> {
  const rows = await sql.rows<{ currency: Currency; debits: string; credits: string }>({
    name: 'ledger.trial_balance',
    text: `select a.currency,
                  coalesce(sum(e.amount_minor) filter (where e.direction = 'debit'), 0)::text as debits,
                  coalesce(sum(e.amount_minor) filter (where e.direction = 'credit'), 0)::text as credits
           from ledger_entry e
           join ledger_account a using (account_id)
           group by a.currency
           order by a.currency`,
  });
  return rows.map(({ currency, debits, credits }) => ({
    currency,
    debitsMinor: BigInt(debits),
    creditsMinor: BigInt(credits),
  }));
}

export async function readSizes(sql: Sql): Promise<{ accounts: bigint; transfers: bigint; entries: bigint }> {
  return sql.one<{ accounts: bigint; transfers: bigint; entries: bigint }>({
    name: 'ledger.sizes',
    text: `select (select count(*) from ledger_account) as accounts,
                  (select count(*) from ledger_transfer) as transfers,
                  (select count(*) from ledger_entry) as entries`,
  });
}

/** The first row that breaks the rule, or undefined. */
export async function findDeviation(sql: Sql, check: VerifyCheck): Promise<Deviation | undefined> {
  const row = await sql.maybe<{ subject: string; expected: string; found: string }>({
    name: `ledger.verify.${check}`,
    text: `${verifyQueries[check]} limit 1`,
  });
  return row && { check, ...row };
}

/** Each gives `subject, expected, found` of the rows that deviate, in an order that does not change. */
const verifyQueries: Readonly<Record<VerifyCheck, string>> = {
  trial_balance: `
    select a.currency as subject,
           format('credits %s', coalesce(sum(e.amount_minor) filter (where e.direction = 'debit'), 0)) as expected,
           format('credits %s', coalesce(sum(e.amount_minor) filter (where e.direction = 'credit'), 0)) as found
    from ledger_entry e
    join ledger_account a using (account_id)
    group by a.currency
    having sum(case e.direction when 'debit' then e.amount_minor else -e.amount_minor end) <> 0
    order by a.currency`,

  account_counters: `
    with booked as (
      select account_id,
             coalesce(sum(amount_minor) filter (where direction = 'debit'), 0) as debits,
             coalesce(sum(amount_minor) filter (where direction = 'credit'), 0) as credits,
             count(*) as entries
      from ledger_entry
      group by account_id
    )
    select a.account_id::text as subject,
           format('debits %s, credits %s, version %s',
                  coalesce(b.debits, 0), coalesce(b.credits, 0), coalesce(b.entries, 0)) as expected,
           format('debits %s, credits %s, version %s',
                  a.debits_posted_minor, a.credits_posted_minor, a.version) as found
    from ledger_account a
    left join booked b using (account_id)
    where a.debits_posted_minor <> coalesce(b.debits, 0)
       or a.credits_posted_minor <> coalesce(b.credits, 0)
       or a.version <> coalesce(b.entries, 0)
    order by a.account_id`,

  // With account_counters this also proves that the last balance is the account's: both are the sum of its entries.
  running_balance: `
    select format('entry %s of %s', version, account_id) as subject,
           format('version %s, %s to %s', due, carried, carried + signed) as expected,
           format('version %s, %s to %s', version, balance_before_minor, balance_after_minor) as found
    from (
      select e.*,
             coalesce(lag(version) over history, 0) + 1 as due,
             coalesce(lag(balance_after_minor) over history, 0) as carried,
             case direction when 'credit' then amount_minor else -amount_minor end as signed
      from ledger_entry e
      window history as (partition by account_id order by version)
    ) walked
    where version <> due or balance_before_minor <> carried or balance_after_minor <> carried + signed
    order by account_id, version`,

  pending_counters: `
    with held as (
      select account_id, sum(going) as going, sum(coming) as coming
      from ledger_transfer t
      join ledger_leg l using (transfer_id)
      cross join lateral (values (l.debit_account_id, l.amount_minor, 0), (l.credit_account_id, 0, l.amount_minor))
        as side (account_id, going, coming)
      where t.state = 'pending'
      group by account_id
    )
    select account_id::text as subject,
           format('out %s, in %s', coalesce(h.going, 0), coalesce(h.coming, 0)) as expected,
           format('out %s, in %s', a.debits_pending_minor, a.credits_pending_minor) as found
    from ledger_account a
    full join held h using (account_id)
    where (a.debits_pending_minor, a.credits_pending_minor)
          is distinct from (coalesce(h.going, 0), coalesce(h.coming, 0))
    order by account_id`,

  transfer_legs: `
    select t.transfer_id::text as subject,
           format('legs 1 to %s', t.leg_count) as expected,
           format('%s legs, the last is %s', count(l.leg_number), coalesce(max(l.leg_number), 0)) as found
    from ledger_transfer t
    left join ledger_leg l using (transfer_id)
    group by t.transfer_id
    having count(l.leg_number) <> t.leg_count or max(l.leg_number) <> t.leg_count
    order by t.transfer_id`,

  transfer_entries: `
    with due as (
      select l.transfer_id, l.leg_number, side.direction, side.account_id, l.amount_minor
      from ledger_transfer t
      join ledger_leg l using (transfer_id)
      cross join lateral (values ('debit', l.debit_account_id), ('credit', l.credit_account_id))
        as side (direction, account_id)
      where t.state = 'posted'
    )
    select format('%s of leg %s of %s', direction, leg_number, transfer_id) as subject,
           case when d.account_id is null then 'no entry'
                else format('%s on %s', d.amount_minor, d.account_id) end as expected,
           case when e.account_id is null then 'no entry'
                else format('%s on %s', e.amount_minor, e.account_id) end as found
    from due d
    full join ledger_entry e using (transfer_id, leg_number, direction)
    where (d.account_id, d.amount_minor) is distinct from (e.account_id, e.amount_minor)
    order by transfer_id, leg_number, direction`,

  leg_accounts: `
    select format('leg %s of %s', l.leg_number, l.transfer_id) as subject,
           'two accounts of one currency' as expected,
           format('%s and %s', coalesce(d.currency, 'no account'), coalesce(c.currency, 'no account')) as found
    from ledger_transfer t
    join ledger_leg l using (transfer_id)
    left join ledger_account d on d.account_id = l.debit_account_id
    left join ledger_account c on c.account_id = l.credit_account_id
    where t.state <> 'rejected' and (d.currency = c.currency) is not true
    order by l.transfer_id, l.leg_number`,

  // The table's constraints say the same; this also holds where somebody dropped them.
  account_bounds: `
    select account_id::text as subject,
           format('between %s and %s', coalesce(floor_minor::text, 'any'), coalesce(ceiling_minor::text, 'any'))
             as expected,
           format('lowest %s, highest %s', lowest, highest) as found
    from (
      select a.*,
             credits_posted_minor - debits_posted_minor - debits_pending_minor as lowest,
             credits_posted_minor - debits_posted_minor + credits_pending_minor as highest
      from ledger_account a
    ) bounded
    where lowest < floor_minor or highest > ceiling_minor
    order by account_id`,
};

/** In the order in which `verify` looks. */
export const verifyChecks = Object.keys(verifyQueries) as readonly VerifyCheck[];
