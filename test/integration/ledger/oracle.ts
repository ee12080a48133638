import { createHash } from 'node:crypto';
import type { Db, Sql } from '../../../src/platform';

/**
 * The books once more, from the rows alone and with no code of the ledger: what was booked is added up row by row and
 * held against every account, reservation and link of the log. It goes on where it stopped, so that it can look often.
 */
export interface Oracle {
  /** Throws at the first thing that does not add up. Returns how many rows were new. */
  check(): Promise<number>;
}

interface Leg {
  debit: bigint;
  credit: bigint;
  amount: bigint;
  code: bigint;
  debitAfter: bigint;
  creditAfter: bigint;
  debitBefore: bigint;
  creditBefore: bigint;
}
interface Row {
  id: string;
  seq: bigint;
  kind: number;
  result: number;
  pending: string | null;
  expires: string | null;
  legs: readonly Leg[];
  digest: Buffer;
  sealed: boolean;
}
interface Booked {
  debits: bigint;
  credits: bigint;
  lastSeq: bigint;
  out: bigint;
  in: bigint;
}
interface Hold {
  legs: readonly Leg[];
  seq: bigint;
  expires: string | null;
}
interface Chain {
  number: bigint;
  seq: bigint;
  hash: Buffer;
}
interface State {
  readonly accounts: Map<bigint, Booked>;
  readonly holds: Map<string, Hold>;
  readonly chains: Map<number, Chain>;
  readonly currencies: Map<bigint, number>;
}

const laneMask = 15n;
const houseEnd = 1_000_000n;

export function createOracle(db: Db): Oracle {
  const state: State = { accounts: new Map(), holds: new Map(), chains: new Map(), currencies: new Map() };
  for (let chain = 0; chain < 16; chain += 1) {
    state.chains.set(chain, { number: 0n, seq: 0n, hash: sha256(`starhash chain ${chain}`) });
  }
  return {
    check: async () => {
      // All is read before anything is taken in: a look that breaks off can be begun again.
      const { rows, accounts, holds, links, heads } = await db.tx(async (tx) => {
        await tx.run({ text: 'set transaction isolation level repeatable read' });
        return readBooks(tx, state);
      });
      for (const { id, currency } of accounts) state.currencies.set(BigInt(id), currency);
      for (const row of rows) follow(state, row);
      for (const account of accounts) compareAccount(state, account);
      compareTrialBalance(accounts);
      compareHolds(state, holds);
      compareLinks(state, links, rows);
      compareHeads(state, heads);
      return rows.length;
    },
  };
}

function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`the books are wrong: ${what}`);
}

interface Read {
  readonly rows: readonly Row[];
  readonly accounts: readonly AccountRow[];
  readonly holds: readonly HoldRow[];
  readonly links: readonly Link[];
  readonly heads: readonly (Chain & { chain: number })[];
}

/** Of what only grows, each lane from where it was left; rows in the order of their numbers. */
async function readBooks(sql: Sql, state: State): Promise<Read> {
  const marks = Array.from({ length: 16 }, (_, chain) => chainOf(state, chain).seq);
  const rows = await sql.rows<Omit<Row, 'legs'> & { legs: string[] }>({
    text: `select transfer_id as id, seq, kind, result, pending_id as pending, expires_at::text as expires,
                  legs::text[] as legs, digest,
                  digest = sha256(record_send(row(transfer_id, seq, kind, result, refused_account_id, pending_id,
                                                  expires_at, legs))) as sealed
           from ledger_transfer where seq > ($1::bigint[])[(seq & 15) + 1] order by seq`,
    values: [marks],
  });
  return {
    rows: rows.map((row) => ({ ...row, legs: legsOf(row.legs) })),
    accounts: await sql.rows<AccountRow & Record<string, unknown>>({ text: accountsText }),
    holds: await sql.rows<HoldRow & Record<string, unknown>>({
      text: `select transfer_id as id, seq, expires_at::text as expires, legs::text[] as legs from ledger_hold`,
    }),
    links: await sql.rows<Link & Record<string, unknown>>({
      text: `select l.seq, l.number, l.transfers, l.events, l.hash,
                    coalesce((select string_agg(e.digest, ''::bytea order by e.number) from audit_event e
                              where e.seq = l.seq), ''::bytea) as digests
             from audit_link l where l.seq > ($1::bigint[])[(l.seq & 15) + 1] order by l.seq`,
      values: [marks],
    }),
    heads: await sql.rows<Chain & { chain: number }>({
      text: 'select chain, number, last_seq as seq, hash from audit_chain',
    }),
  };
}

function legsOf(numbers: readonly string[]): Leg[] {
  must(numbers.length % 8 === 0, 'a leg is eight numbers');
  return Array.from({ length: numbers.length / 8 }, (_, index) => {
    const [debit, credit, amount, code, debitAfter, creditAfter, debitBefore, creditBefore] = numbers
      .slice(index * 8, index * 8 + 8)
      .map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    return { debit, credit, amount, code, debitAfter, creditAfter, debitBefore, creditBefore };
  });
}

function chainOf({ chains }: State, chain: number): Chain {
  const found = chains.get(chain);
  must(found !== undefined, `there is no chain ${chain}`);
  return found;
}

function bookedOn(state: State, account: bigint): Booked {
  const found = state.accounts.get(account) ?? { debits: 0n, credits: 0n, lastSeq: 0n, out: 0n, in: 0n };
  state.accounts.set(account, found);
  return found;
}

function follow(state: State, row: Row): void {
  const { id, kind, legs } = row;
  must(row.sealed, `the digest of ${id}`);
  must(legs.length <= 8 && [1, 2, 3, 4].includes(kind), `the shape of ${id}`);
  for (const { debit, credit, amount, code } of legs) {
    must(amount >= 0n && debit !== credit, `a leg of ${id}`);
    must([1n, 2n, 3n, 4n, 5n].includes(code & ~256n), `the code of a leg of ${id}`);
  }
  if (row.result !== 0) {
    const touched = legs.some((leg) => leg.debitAfter !== 0n || leg.debitBefore !== 0n || leg.creditBefore !== 0n);
    must(!touched, `${id} was refused and says a balance`);
    return;
  }
  for (const { debit, credit } of legs) {
    const [one, other] = [state.currencies.get(debit), state.currencies.get(credit)];
    must(one !== undefined && one === other, `${id} moves between accounts of one currency`);
  }
  if (kind === 1) for (const leg of legs) book(state, row, leg);
  else if (kind === 2) hold(state, row);
  else resolve(state, row);
}

function book(state: State, { id, seq }: Row, leg: Leg): void {
  if (leg.amount === 0n) return;
  const [payer, payee] = [bookedOn(state, leg.debit), bookedOn(state, leg.credit)];
  must(leg.debitBefore === payer.lastSeq, `${id} follows the last row of ${leg.debit}`);
  must(leg.creditBefore === payee.lastSeq, `${id} follows the last row of ${leg.credit}`);
  must(seq >= payer.lastSeq && seq >= payee.lastSeq, `${id} has a later number than what it follows`);
  payer.debits += leg.amount;
  payee.credits += leg.amount;
  payer.lastSeq = seq;
  payee.lastSeq = seq;
  must(leg.debitAfter === payer.credits - payer.debits, `${id} says the balance of ${leg.debit}`);
  must(leg.creditAfter === payee.credits - payee.debits, `${id} says the balance of ${leg.credit}`);
}

/** What is pending is not counted on house accounts. */
function pend(state: State, { debit, credit, amount }: Leg, sign: bigint): void {
  if (debit >= houseEnd) bookedOn(state, debit).out += sign * amount;
  if (credit >= houseEnd) bookedOn(state, credit).in += sign * amount;
}

function hold(state: State, row: Row): void {
  for (const leg of row.legs) pend(state, leg, 1n);
  state.holds.set(row.id, { legs: row.legs, seq: row.seq, expires: row.expires });
}

function resolve(state: State, row: Row): void {
  const held = state.holds.get(row.pending ?? '');
  must(held !== undefined, `${row.id} resolves what is held (${row.pending ?? 'nothing'})`);
  must(row.seq > held.seq, `${row.id} comes after its reservation`);
  must(held.legs.length === row.legs.length, `${row.id} has the legs of its reservation`);
  for (const [index, leg] of row.legs.entries()) {
    const reserved = held.legs[index];
    must(reserved !== undefined, `${row.id} has the legs of its reservation`);
    const same = sameAccount(leg.debit, reserved.debit) && sameAccount(leg.credit, reserved.credit);
    must(same && leg.code === reserved.code, `${row.id} has the legs of its reservation`);
    must(row.kind === 3 ? leg.amount <= reserved.amount : leg.amount === reserved.amount, `the amounts of ${row.id}`);
    pend(state, reserved, -1n);
    if (row.kind === 3) book(state, row, leg);
  }
  must(
    row.legs.some(({ amount }) => amount > 0n),
    `${row.id} posts something`,
  );
  state.holds.delete(row.pending ?? '');
}

/** Another lane's stripe of the same house account is the same account. */
function sameAccount(one: bigint, other: bigint): boolean {
  return one === other || (one < houseEnd && (one ^ other) < 16n);
}

interface AccountRow {
  id: string;
  currency: number;
  debits: bigint;
  credits: bigint;
  out: bigint;
  in: bigint;
  floor: bigint | null;
  ceiling: bigint | null;
  status: number;
  lastSeq: bigint;
}
const accountsText = `
  select account_id::text as id, currency, debits_posted_minor as debits, credits_posted_minor as credits,
         debits_pending_minor as out, credits_pending_minor as in, floor_minor as floor, ceiling_minor as ceiling,
         status, last_seq as "lastSeq"
  from ledger_account`;

function compareAccount(state: State, account: AccountRow): void {
  const { id, floor, ceiling } = account;
  const due = bookedOn(state, BigInt(id));
  for (const key of ['debits', 'credits', 'out', 'in', 'lastSeq'] as const) {
    must(account[key] === due[key], `${key} of account ${id}: ${due[key]} due, ${account[key]} found`);
  }
  const posted = due.credits - due.debits;
  must(floor === null || posted - due.out >= floor, `account ${id} is below its floor`);
  must(ceiling === null || posted + due.in <= ceiling, `account ${id} is above its ceiling`);
  must(account.status !== 7 || (posted === 0n && due.out === 0n && due.in === 0n), `closed ${id} is not empty`);
}

function compareTrialBalance(accounts: readonly AccountRow[]): void {
  const totals = new Map<number, bigint>();
  for (const { currency, debits, credits } of accounts) {
    totals.set(currency, (totals.get(currency) ?? 0n) + credits - debits);
  }
  for (const [currency, total] of totals) must(total === 0n, `currency ${currency} is off by ${total}`);
}

interface HoldRow {
  id: string;
  seq: bigint;
  expires: string;
  legs: string[];
}

function compareHolds(state: State, rows: readonly HoldRow[]): void {
  must(rows.length === state.holds.size, `${state.holds.size} reservations are open, ${rows.length} are held`);
  for (const { id, seq, expires, legs } of rows) {
    const due = state.holds.get(id);
    must(due?.seq === seq && due.expires === expires, `what is held by ${id}`);
    must(JSON.stringify(keysOf(legsOf(legs))) === JSON.stringify(keysOf(due.legs)), `the legs held by ${id}`);
  }
}

function keysOf(legs: readonly Leg[]): string[] {
  return legs.map(({ debit, credit, amount, code }) => [debit, credit, amount, code].join(' '));
}

interface Link extends Chain {
  transfers: number;
  events: number;
  digests: Buffer;
}

/** Each link follows the one before and covers exactly the rows of its lane since then. */
function compareLinks(state: State, links: readonly Link[], rows: readonly Row[]): void {
  const lanes = Array.from({ length: 16 }, (): Row[] => []);
  for (const row of rows) lanes[Number(row.seq & laneMask)]?.push(row);
  for (const link of links) {
    const lane = Number(link.seq & laneMask);
    const before = chainOf(state, lane);
    const own = lanes[lane] ?? [];
    const beyond = own.findIndex(({ seq }) => seq > link.seq);
    const covered = own.splice(0, beyond < 0 ? own.length : beyond);
    must(link.number === before.number + 1n && link.seq > before.seq, `link ${link.seq} follows`);
    must(
      covered.length === link.transfers,
      `link ${link.seq} covers ${link.transfers} rows, ${covered.length} are there`,
    );
    must(link.digests.length === link.events * 32, `link ${link.seq} covers ${link.events} events`);
    must(link.hash.equals(hashOf(before, link, covered)), `the hash of link ${link.seq}`);
    state.chains.set(lane, link);
  }
  for (const [lane, left] of lanes.entries())
    must(left.length === 0, `${left.length} rows of lane ${lane} are under no link`);
}

function compareHeads(state: State, heads: readonly (Chain & { chain: number })[]): void {
  for (const { chain, number, seq, hash } of heads) {
    const due = chainOf(state, chain);
    must(due.number === number && due.seq === seq && due.hash.equals(hash), `the head of chain ${chain}`);
  }
}

function hashOf(before: Chain, link: Link, rows: readonly Row[]): Buffer {
  const numbers = Buffer.alloc(24);
  numbers.writeBigInt64BE(link.seq, 0);
  numbers.writeBigInt64BE(link.number, 8);
  numbers.writeInt32BE(link.transfers, 16);
  numbers.writeInt32BE(link.events, 20);
  const rowsHash = sha256(Buffer.concat(rows.map(({ digest }) => digest)));
  return sha256(Buffer.concat([before.hash, numbers, rowsHash, sha256(link.digests)]));
}

function sha256(data: Buffer | string): Buffer {
  return createHash('sha256').update(data).digest();
}
