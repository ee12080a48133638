import type { Db, Sql, Tx } from '../../../src/platform';

/** One change to the books as an owner of the database can make it, who believes that nobody looks. */
export interface Tampering {
  readonly table: Table;
  readonly how: How;
  /** What exactly, for the report. */
  readonly what: string;
}

export const tables = [
  'audit_event',
  'audit_link',
  'audit_chain',
  'ledger_transfer',
  'ledger_account',
  'ledger_hold',
] as const;
export type Table = (typeof tables)[number];
const hows = ['change', 'leg', 'move', 'drop', 'add'] as const;
type How = (typeof hows)[number];

/** Numbers from 0 to below 1. */
export type Random = () => number;

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Tampers once, lets `judge` look in the same transaction, and undoes it. Picks again where the database has no such row
 * or refuses by a constraint, or where nothing would be other than before.
 */
export async function tamperAndUndo<T>(
  owner: Db,
  { random, among = tables }: { random: Random; among?: readonly Table[] },
  judge: (tx: Tx, tampering: Tampering) => Promise<T>,
): Promise<{ tampering: Tampering; judged: T }> {
  const undo = new Error('undo');
  let done: { tampering: Tampering; judged: T } | undefined;
  await owner
    .tx(async (tx) => {
      await tx.run({ text: 'set local session_replication_role = replica' });
      const tampering = await tamperOnce(tx, random, among);
      done = { tampering, judged: await judge(tx, tampering) };
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  if (!done) throw new Error('nothing was judged');
  return done;
}

async function tamperOnce(tx: Tx, random: Random, among: readonly Table[]): Promise<Tampering> {
  for (let tried = 1; tried <= 100; tried += 1) {
    const table = pick(random, among);
    const how = pick(random, hows);
    await tx.run({ text: 'savepoint tampering' });
    try {
      const what = await ways[how](tx, table, random);
      if (what !== undefined) return { table, how, what };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('23'))) throw error;
    }
    await tx.run({ text: 'rollback to savepoint tampering' });
  }
  throw new Error('these books have nothing to tamper with');
}

/** Undefined: not possible, or without effect. */
type Way = (sql: Sql, table: Table, random: Random) => Promise<string | undefined>;

const ways: Readonly<Record<How, Way>> = {
  change: async (sql, table, random) => {
    const column = pick(random, await columnsOf(sql, table));
    return changeValue(sql, { table, column, random });
  },
  leg: async (sql, table, random) => {
    const legs = (await columnsOf(sql, table)).find(({ name }) => name === 'legs');
    return legs && changeValue(sql, { table, column: legs, random });
  },
  move: async (sql, table, random) => {
    const column = pick(random, await columnsOf(sql, table));
    const [one, other] = [await pickRow(sql, table, random), await pickRow(sql, table, random)];
    if (!one || !other) return undefined;
    const values = [one.place, other.place];
    const { differ } = await sql.one<{ differ: boolean }>({
      text: `select (select ${column.name} from ${table} where ${at(1)}) is distinct from
                    (select ${column.name} from ${table} where ${at(2)}) as differ`,
      values,
    });
    if (!differ) return undefined;
    // At once, so that a unique key that is swapped is not in its own way within a partition.
    await sql.run({
      text: `with had as (
               select (select ${column.name} from ${table} where ${at(1)}) as one,
                      (select ${column.name} from ${table} where ${at(2)}) as other
             )
             update ${table} set ${column.name} = case when ${at(1)} then had.other else had.one end
             from had where ${at(1)} or ${at(2)}`,
      values,
    });
    return `${column.name} of ${one.key} swapped with that of ${other.key}`;
  },
  drop: async (sql, table, random) => {
    const row = await pickRow(sql, table, random);
    if (!row) return undefined;
    await sql.run({ text: `delete from ${table} where ${at(1)}`, values: [row.place] });
    return `${row.key} dropped`;
  },
  add: async (sql, table, random) => {
    const row = await pickRow(sql, table, random);
    if (!row) return undefined;
    const { json } = await sql.one<{ json: Record<string, unknown> }>({
      text: `select to_jsonb(t) as json from ${table} t where ${at(1)}`,
      values: [row.place],
    });
    const number = table === 'audit_link' ? { number: await nextNumber(sql, row) } : {};
    const fresh = new Map(Object.entries({ ...freshKeys(random)[table], ...number }));
    const columns = (await columnsOf(sql, table)).map(({ name }) => fresh.get(name) ?? name);
    await sql.run({
      text: `insert into ${table} (${(await columnsOf(sql, table)).map(({ name }) => name).join(', ')})
             select ${columns.join(', ')} from ${table} where ${at(1)}`,
      values: [row.place],
    });
    return `a copy of ${row.key} added (${[...fresh.keys()].join(', ')} of its own; was ${JSON.stringify(json).slice(0, 80)})`;
  },
};

/** A link that is added claims to be the next one: the hash is the only thing that gives it away. */
async function nextNumber(sql: Sql, { place }: Row): Promise<string> {
  const { next } = await sql.one<{ next: bigint }>({
    text: `select max(number) + 1 as next from audit_link
           where seq & 15 = (select seq & 15 from audit_link where ${at(1)})`,
    values: [place],
  });
  return String(next);
}

/** What a copy needs to be another row, as SQL. */
function freshKeys(random: Random): Readonly<Record<Table, Readonly<Record<string, string>>>> {
  const later = `seq + ${16 * whole(random, 1, 50)}`;
  const id = `overlay(transfer_id::text placing ${randomHex(random)} from 29)::uuid`;
  return {
    audit_event: random() < 0.5 ? { number: 'number + 1' } : { seq: later },
    audit_link: { seq: later },
    audit_chain: { chain: String(whole(random, 0, 15)) },
    ledger_transfer: { transfer_id: id, seq: later },
    ledger_account: { account_id: `account_id + ${whole(random, 1, 1000) * 1000}` },
    ledger_hold: { transfer_id: id },
  };
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

const known = new Map<Table, Column[]>();

async function columnsOf(sql: Sql, table: Table): Promise<Column[]> {
  const before = known.get(table);
  if (before) return before;
  const columns = await sql.rows<Column & Record<string, unknown>>({
    text: `select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable
           from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    values: [table],
  });
  known.set(table, columns);
  return columns;
}

interface Row {
  /** Where it is: table and place in it. */
  readonly place: string;
  /** What it is, for people. */
  readonly key: string;
}

const keys: Readonly<Record<Table, string>> = {
  audit_event: `'event ' || number || ' of ' || seq`,
  audit_link: `'link ' || number || ' of chain ' || (seq & 15)`,
  audit_chain: `'chain ' || chain`,
  ledger_transfer: `'transfer ' || transfer_id`,
  ledger_account: `'account ' || account_id`,
  ledger_hold: `'hold ' || transfer_id`,
};

async function pickRow(sql: Sql, table: Table, random: Random): Promise<Row | undefined> {
  const { count } = await sql.one<{ count: bigint }>({ text: `select count(*) from ${table}` });
  return sql.maybe<Row & Record<string, unknown>>({
    text: `select tableoid::text || ctid::text as place, ${keys[table]} as key from ${table} order by 2 offset $1 limit 1`,
    values: [Math.floor(random() * Number(count))],
  });
}

function at(parameter: number): string {
  return `tableoid::text || ctid::text = $${parameter}`;
}

interface Changing {
  readonly table: Table;
  readonly column: Column;
  readonly random: Random;
}

async function changeValue(sql: Sql, { table, column, random }: Changing): Promise<string | undefined> {
  const row = await pickRow(sql, table, random);
  if (!row) return undefined;
  const { name, nullable } = column;
  const changed = nullable && random() < 0.2 ? 'null' : changedValue(column, random);
  const touched = await sql.run({
    text: `update ${table} set ${name} = ${changed} where ${at(1)} and ${name} is distinct from ${changed}`,
    values: [row.place],
  });
  return touched === 1 ? `${name} of ${row.key} changed to ${changed}` : undefined;
}

/** SQL expressions that differ from the value, whatever that is, by type. */
const changes: Readonly<Record<string, (name: string, random: Random, by: number) => string>> = {
  smallint: (name, _, by) => `(coalesce(${name}, 0) + ${Math.sign(by)})::smallint`,
  integer: (name, _, by) => `coalesce(${name}, 0) + ${by}`,
  bigint: (name, _, by) => `coalesce(${name}, 0) + ${name.endsWith('seq') ? 16 * by : by}`,
  'bigint[]': (name, random, by) => {
    const element = whole(random, 1, 16);
    return `case when cardinality(${name}) >= ${element}
              then ${name}[:${element - 1}] || ${name}[${element}] + ${by} || ${name}[${element + 1}:]
              else ${name} || ${by}::bigint end`;
  },
  uuid: (name, random) =>
    `overlay(coalesce(${name}::text, '00000000-0000-7000-8000-000000000000') placing ${randomHex(random)} from 29)::uuid`,
  'timestamp with time zone': (name, _, by) => `coalesce(${name}, 'epoch') + ${by} * interval '1 microsecond'`,
  jsonb: (name, _, by) => `coalesce(${name}, '{}') || '{"tampered": ${by}}'`,
  bytea: (name, random) => {
    const bit = whole(random, 0, 255);
    return `set_bit(${name}, ${bit}, 1 - get_bit(${name}, ${bit}))`;
  },
  text: (name, random) =>
    name === 'actor_kind' ? `'${pick(random, ['staff', 'system', 'provider'])}'` : `coalesce(${name}, '') || 'x'`,
  ledger_account_kind: (_, random) => `(enum_range(null::ledger_account_kind))[${whole(random, 1, 8)}]`,
};

function changedValue({ name, type }: Column, random: Random): string {
  const change = changes[type];
  if (!change) throw new Error(`how is a ${type} changed?`);
  return change(name, random, whole(random, 1, 200) * (random() < 0.5 ? -1 : 1));
}

function randomHex(random: Random): string {
  return `'${whole(random, 0, 2 ** 31)
    .toString(16)
    .padStart(8, '0')}'`;
}

function whole(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('nothing to pick from');
  return picked;
}
