import { createDb, createIds, systemClock, type Session } from '../../../src/platform';
import { pack } from '../../../src/ledger/pack';
import { postBatch } from '../../../src/ledger/store';
import { withParameters, type Books } from './books';
import type { Sample } from './figures';
import { closedLoop, type Timing } from './load';
import { paymentsOf } from './workloads';

/** Runs a round of what the ledger is held against, on connections that are open for that round only. */
export type Comparator = (timing: Timing) => Promise<Sample>;

const ids = createIds(systemClock);
const lanes = 15;

/** One row, one commit: the least that a durable write costs over this driver. */
export async function bareInsert(books: Books): Promise<Comparator> {
  await books.owner.run({
    text: `create table bench_bare (id uuid primary key, at timestamptz not null);
           grant insert on bench_bare to starhash_app`,
  });
  const insert = async (session: Session): Promise<void> => {
    await session.run({
      name: 'bench.bare',
      text: 'insert into bench_bare (id, at) values ($1, now())',
      values: [ids.uuid()],
    });
  };
  return (timing) => onConnections(books, { connections: 1, work: insert, timing });
}

/** The same function of the database, called for one transfer at a time on many connections. */
export function oneCall(books: Books, connections: number): Comparator {
  const draw = paymentsOf(books);
  const post = async (session: Session, connection: number): Promise<void> => {
    const transfer = { kind: 'transfer', ...draw() } as const;
    const lane = 1 + (connection % lanes);
    const nowMs = systemClock.now().getTime();
    const { results } = await postBatch(
      session,
      pack([{ transfer, legs: transfer.legs }], { lane, nowMs, known: false }),
    );
    if (results[0] !== 0) throw new Error(`a transfer was refused with ${results[0] ?? '?'}`);
  };
  return (timing) => onConnections(books, { connections, work: post, timing });
}

const amountMinor = 100;
const feeMinor = 1;

/**
 * What one would write first: a transaction of the gateway's, statement by statement, on plain tables without log,
 * bounds, digests or ids that are kept for good. The house's row comes last, to be locked as short as can be.
 */
export async function naive(books: Books, connections: number): Promise<Comparator> {
  const { owner, accounts, firstAccount } = books;
  await owner.run({
    text: `create table if not exists naive_account (account_id bigint primary key, balance_minor bigint not null)
             with (fillfactor = 50);
           create table if not exists naive_transfer (transfer_id uuid primary key, payer bigint not null,
             payee bigint not null, amount_minor bigint not null, fee_minor bigint not null, at timestamptz not null);
           grant select, insert, update on naive_account, naive_transfer to starhash_app`,
  });
  await owner.run({
    text: `insert into naive_account select n, 1000000000 from generate_series($1::bigint, $2::bigint) n
           union all select 1, 0 on conflict do nothing`,
    values: [firstAccount, firstAccount + accounts - 1],
  });
  const draw = paymentsOf(books);
  const pay = async (session: Session): Promise<void> => {
    const { transferId, legs } = draw();
    const [principal] = legs;
    const parties: [number, number] = [Number(principal?.debitAccountId), Number(principal?.creditAccountId)];
    await naiveTransfer(session, transferId, parties);
  };
  return (timing) => onConnections(books, { connections, work: pay, timing });
}

async function naiveTransfer(sql: Session, transferId: string, [payer, payee]: [number, number]): Promise<void> {
  const add = (account: number, minor: number) =>
    sql.run({
      name: 'naive.add',
      text: 'update naive_account set balance_minor = balance_minor + $2 where account_id = $1',
      values: [account, minor],
    });
  await sql.run({ name: 'naive.begin', text: 'begin' });
  const rows = await sql.rows<{ accountId: bigint; balance: bigint }>({
    name: 'naive.lock',
    text: `select account_id as "accountId", balance_minor as balance from naive_account
           where account_id in ($1, $2) order by account_id for no key update`,
    values: [payer, payee],
  });
  const had = rows.find(({ accountId }) => Number(accountId) === payer)?.balance ?? 0n;
  if (had < amountMinor + feeMinor) throw new Error('a payer has too little');
  await add(payer, -(amountMinor + feeMinor));
  await add(payee, amountMinor);
  await sql.run({
    name: 'naive.insert',
    text: 'insert into naive_transfer values ($1, $2, $3, $4, $5, now())',
    values: [transferId, payer, payee, amountMinor, feeMinor],
  });
  await add(1, feeMinor);
  await sql.run({ name: 'naive.commit', text: 'commit' });
}

interface OnConnections {
  readonly connections: number;
  readonly work: (session: Session, connection: number) => Promise<void>;
  readonly timing: Timing;
}

/** As many callers as connections, each transfer on one that is free. */
async function onConnections(books: Books, { connections, work, timing }: OnConnections): Promise<Sample> {
  const onError = (error: Error): void => console.error(`a connection broke: ${error.message}`);
  const url = withParameters(books.url, { options: '-c role=starhash_app' });
  const db = createDb({ url, connectionsMax: connections, onError });
  const sessions = await Promise.all(Array.from({ length: connections }, () => db.session()));
  const idle = [...sessions.entries()];
  const step = async (): Promise<void> => {
    const free = idle.pop();
    if (!free) throw new Error('there are as many connections as callers');
    await work(free[1], free[0]);
    idle.push(free);
  };
  try {
    return await closedLoop(books, step, connections, timing);
  } finally {
    for (const session of sessions) session.end();
    await db.close();
  }
}
