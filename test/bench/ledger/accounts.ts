import type { AccountId, Chart } from '../../../src/ledger';
import type { Db, Tx } from '../../../src/platform';
import { firstNumber, type Books } from './books';

/** Transfers of two legs that are in the books already, evenly over the accounts: each paid and was paid `perAccount` times. */
export interface History {
  readonly perAccount: number;
}

/** What each account holds at first, and what every transfer of the history moves. */
const openingMinor = 1_000_000_000n;
const amountMinor = 100n;
const feeMinor = 1n;
const chunkRows = 50_000;
const guards = ['ledger_account_born', 'ledger_account_terms'];
/** The lane that booked the history. */
const lane = 1;

/**
 * Writes accounts as if they had been opened and given money by the trust account. Straight into the table, as its
 * owner: the triggers that keep everybody else from it are put aside meanwhile.
 */
export async function loadAccounts(owner: Db, { trust }: Chart, accounts: number): Promise<void> {
  await insertAccounts(owner, { first: firstNumber, accounts, trust });
  await vacuum(owner);
}

/** As many accounts again behind the first ones, each with a limit profile. Returns the number of the first. */
export async function loadLimitedAccounts({ owner, ledger, accounts, chart }: Books): Promise<number> {
  const first = firstNumber + accounts;
  const generous = { amountMinor: 10n ** 15n, count: 1_000_000_000 };
  const all = { day: generous, week: generous, month: generous, year: generous };
  await owner.tx((tx) => ledger.setLimits(tx, { profile: 1, out: all, in: all }, { kind: 'system', id: 'bench' }));
  await insertAccounts(owner, { first, accounts, trust: chart.trust, limitProfile: 1 });
  await vacuum(owner);
  return first;
}

interface NewAccounts {
  readonly first: number;
  readonly accounts: number;
  readonly trust: AccountId;
  readonly limitProfile?: number;
}

async function insertAccounts(owner: Db, { first, accounts, trust, limitProfile }: NewAccounts): Promise<void> {
  await unguarded(owner, async (tx) => {
    await tx.run({
      text: `insert into ledger_account (account_id, kind, currency, floor_minor, credits_posted_minor, limit_profile)
             select $1 + n, 'customer', 404, 0, $3, $4 from generate_series(0, $2 - 1) n`,
      values: [first, accounts, openingMinor, limitProfile],
    });
    await tx.run({
      text: 'update ledger_account set debits_posted_minor = debits_posted_minor + $2 where account_id = $1',
      values: [trust, openingMinor * BigInt(accounts)],
    });
  });
}

/** Writes a history, and into the accounts what comes of it. */
export async function loadHistory(books: Books, { perAccount }: History): Promise<void> {
  const { owner, accounts, chart } = books;
  const transfers = accounts * perAccount;
  await owner.run({ text: seqFunction(transfers) });
  await loadTransfers(books, transfers);
  await unguarded(owner, async (tx) => {
    // The account's last two: where it was paid, and where it paid; see `historyChunk`.
    await tx.run({
      text: `update ledger_account
             set credits_posted_minor = credits_posted_minor + $2 * ${amountMinor},
                 debits_posted_minor = debits_posted_minor + $2 * ${amountMinor + feeMinor},
                 last_seq = greatest(bench_seq($1 * ($2 - 1) + (account_id - ${firstNumber})),
                                     bench_seq($1 * ($2 - 1) + (account_id - ${firstNumber} + $1 - $1 / 2) % $1))
             where account_id between ${firstNumber} and ${firstNumber} + $1 - 1`,
      values: [BigInt(accounts), BigInt(perAccount)],
    });
    await tx.run({
      text: `update ledger_account set credits_posted_minor = credits_posted_minor + $2, last_seq = bench_seq($3 - 1)
             where account_id = $1`,
      values: [Number(chart.feeIncome) + lane, feeMinor * BigInt(transfers), transfers],
    });
  });
  await vacuum(owner);
}

async function unguarded(owner: Db, work: (tx: Tx) => Promise<void>): Promise<void> {
  await owner.tx(async (tx) => {
    await tx.run({ text: 'set local statement_timeout = 0' });
    for (const guard of guards) await tx.run({ text: `alter table ledger_account disable trigger ${guard}` });
    await work(tx);
    for (const guard of guards) await tx.run({ text: `alter table ledger_account enable trigger ${guard}` });
  });
}

/** The number of the n-th transfer: half of them lie in the last month, half in this one. Zero before the first. */
function seqFunction(transfers: number): string {
  const now = new Date();
  const startOf = (monthsAgo: number) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - monthsAgo) * 1_000;
  const half = Math.ceil(transfers / 2);
  const [before, begin, end] = [startOf(1), startOf(0), now.getTime() * 1_000];
  const step = (from: number, to: number) => Math.max(1, Math.floor((to - from) / (half + 1)));
  return `create or replace function bench_seq(n bigint) returns bigint language sql immutable parallel safe
    return case when n < 0 then 0
                when n < ${half} then (${before} + n * ${step(before, begin)}) << 4 | ${lane}
                else (${begin} + (n - ${half}) * ${step(begin, end)}) << 4 | ${lane} end`;
}

/** Two connections, each with one of the months, so that neither finds its place behind the other's. */
async function loadTransfers(books: Books, transfers: number): Promise<void> {
  const { owner } = books;
  const half = Math.ceil(transfers / 2);
  const load = async (from: number, to: number): Promise<void> => {
    for (let first = from; first < to; first += chunkRows) {
      await owner.run({ text: historyChunk(books), values: [first, Math.min(first + chunkRows, to) - 1] });
    }
  };
  await Promise.all([load(0, half), load(half, transfers)]);
}

/**
 * The n-th transfer is paid by account n and goes to the one half the accounts further, modulo their number: each
 * account pays and is paid in turns, and what touched it before is always the transfer that many before.
 */
function historyChunk({ accounts, chart }: Books): string {
  const half = Math.floor(accounts / 2);
  const fee = Number(chart.feeIncome) + lane;
  return `
    insert into ledger_transfer (transfer_id, seq, kind, result, legs, digest)
    select id, seq, 1, 0, legs,
           sha256(record_send(row(id, seq, 1::smallint, 0::smallint, null::bigint, null::uuid, null::timestamptz, legs)))
    from (
      select (lpad(to_hex((seq >> 4) / 1000), 12, '0') || '7' || left(noise, 3) || '8' || substr(noise, 4, 15))::uuid as id,
             seq,
             array[payer, payee, ${amountMinor}, 1, had - ${amountMinor}, was + ${amountMinor}, before, before,
                   payer, ${fee}, ${feeMinor}, 2, had - ${amountMinor + feeMinor}, ${feeMinor} * (n + 1), seq,
                   bench_seq(n - 1)] as legs
      from (
        select n, bench_seq(n) as seq, bench_seq(n - ${half}) as before, md5(n::text) as noise,
               ${firstNumber} + n % ${accounts} as payer, ${firstNumber} + (n + ${half}) % ${accounts} as payee,
               ${openingMinor} + (n + ${half}) / ${accounts} * ${amountMinor} - n / ${accounts} * ${amountMinor + feeMinor} as had,
               ${openingMinor} + n / ${accounts} * ${amountMinor} - (n + ${half}) / ${accounts} * ${amountMinor + feeMinor} as was
        from generate_series($1::bigint, $2::bigint) n
        offset 0
      ) numbers
      offset 0
    ) transfers`;
}

/** Now, so that the server need not do it while something is measured. */
async function vacuum(owner: Db): Promise<void> {
  const session = await owner.session();
  try {
    await session.run({ text: 'set statement_timeout = 0' });
    await session.run({ text: 'vacuum (analyze) ledger_account, ledger_transfer' });
  } finally {
    session.end(new Error('its settings are changed'));
  }
}
