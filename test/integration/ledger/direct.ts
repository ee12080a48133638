import fc from 'fast-check';
import type { Leg } from '../../../src/ledger';
import { sqlState, type Db, type Ids } from '../../../src/platform';

/** The arguments of `ledger_post` by name, and ways to spoil them. */
export interface Arguments {
  lane: number | null;
  now: bigint | null;
  ids: (string | null)[] | null;
  kinds: (number | null)[] | null;
  counts: (number | null)[] | null;
  pending: (string | null)[] | null;
  expires: (bigint | null)[] | null;
  accounts: (bigint | null)[] | null;
  debits: (number | null)[] | null;
  credits: (number | null)[] | null;
  amounts: (bigint | null)[] | null;
  codes: (number | null)[] | null;
  attached: string | null;
  known: boolean | null;
  /** How one of the arrays is written: `[0:%]=` numbers it from elsewhere, `nested` gives it two dimensions. */
  shape?: { readonly name: ArrayName; readonly shape: string };
}
export type ArrayName =
  'ids' | 'kinds' | 'counts' | 'pending' | 'expires' | 'accounts' | 'debits' | 'credits' | 'amounts' | 'codes';
const arrayNames: readonly ArrayName[] = [
  'ids',
  'kinds',
  'counts',
  'pending',
  'expires',
  'accounts',
  'debits',
  'credits',
  'amounts',
  'codes',
];

export interface Landscape {
  readonly customers: readonly string[];
  readonly holds: readonly string[];
  readonly house: readonly string[];
  readonly now: Date;
  readonly ids: Ids;
}

const codes = { principal: 1, fee: 2, commission: 3, opening: 4, transit: 5 } as const;
const lane = 3;

/** A proper call for these transfers. */
export function callOf(
  { ids, now }: Landscape,
  transfers: readonly { kind: number; legs: readonly Leg[]; pending?: string }[],
): Arguments {
  const stripe = (id: string): bigint => (id.length < 7 ? BigInt(id) + BigInt(lane) : BigInt(id));
  const legs = transfers.flatMap((transfer) => transfer.legs);
  const sides = legs.flatMap(({ debitAccountId, creditAccountId }) => [
    stripe(debitAccountId),
    stripe(creditAccountId),
  ]);
  const accounts = [...new Set(sides)].sort((one, other) => (one < other ? -1 : 1));
  const place = (id: string): number => accounts.indexOf(stripe(id)) + 1;
  const nowMicros = BigInt(now.getTime()) * 1_000n;
  return {
    ...{ lane, now: nowMicros, accounts, attached: null, known: true },
    ids: transfers.map(() => ids.uuid()),
    kinds: transfers.map(({ kind }) => kind),
    counts: transfers.map((transfer) => transfer.legs.length),
    pending: transfers.some(({ pending }) => pending) ? transfers.map(({ pending }) => pending ?? null) : null,
    expires: transfers.some(({ kind }) => kind === 2)
      ? transfers.map(({ kind }) => (kind === 2 ? nowMicros + 3_600_000_000n : null))
      : null,
    debits: legs.map(({ debitAccountId }) => place(debitAccountId)),
    credits: legs.map(({ creditAccountId }) => place(creditAccountId)),
    amounts: legs.map(({ amountMinor }) => amountMinor),
    codes: legs.map(({ code, counted }) => codes[code] + (counted === true ? 256 : 0)),
  };
}

function legOf(debitAccountId: string, creditAccountId: string, amountMinor: bigint, counted = false): Leg {
  return { debitAccountId, creditAccountId, amountMinor, code: 'principal', counted };
}

/** Two transfers and two reservations, with limits and a house account among them. */
export function cleanBatch(land: Landscape): Arguments {
  const [one = '', two = ''] = land.customers;
  const [income = ''] = land.house;
  return callOf(land, [
    { kind: 1, legs: [legOf(one, two, 5n), legOf(one, income, 1n)] },
    { kind: 1, legs: [legOf(two, one, 4n, true)] },
    { kind: 2, legs: [legOf(one, two, 3n)] },
    { kind: 2, legs: [legOf(two, income, 2n, true)] },
  ]);
}

/** The results by the place of a transfer, or the message with which the whole call was refused. */
export async function directly(db: Db, args: Arguments): Promise<readonly number[] | string> {
  const array = (name: ArrayName): string | null =>
    written(args[name], args.shape?.name === name ? args.shape.shape : '');
  try {
    const { results } = await db.one<{ results: number[] }>({
      text: `select results from ledger_post($1::smallint, $2::bigint, $3::uuid[], $4::smallint[], $5::integer[], $6::uuid[],
               $7::bigint[], $8::bigint[], $9::integer[], $10::integer[], $11::bigint[], $12::smallint[], $13::jsonb, $14)`,
      values: [
        ...[args.lane, args.now, array('ids'), array('kinds'), array('counts'), array('pending'), array('expires')],
        ...[
          array('accounts'),
          array('debits'),
          array('credits'),
          array('amounts'),
          array('codes'),
          args.attached,
          args.known,
        ],
      ],
    });
    return results;
  } catch (error) {
    // Whatever it says, it must be the function's own refusal and not a failure of the server.
    if (/^(XX|57|58|53|08)/.test(sqlState(error) ?? 'XX')) throw error;
    return (error as Error).message;
  }
}

function written(values: readonly (string | number | bigint | null)[] | null, shape: string): string | null {
  if (values === null) return null;
  const texts = values.map((value) => (value === null ? 'NULL' : String(value)));
  if (shape === 'nested') return `{${texts.map((text) => `{${text}}`).join(',')}}`;
  const first = Number(/\d+/.exec(shape)?.[0] ?? 1);
  return `${shape.replace('%', String(first + texts.length - 1))}{${texts.join(',')}}`;
}

const odd = fc.oneof(
  fc.constantFrom<bigint | null>(
    null,
    0n,
    -1n,
    1n,
    2n,
    5n,
    77n,
    255n,
    256n,
    257n,
    99_999n,
    10n ** 15n,
    10n ** 15n + 1n,
  ),
  fc.constantFrom((1n << 31n) - 1n, (1n << 62n) - 1n, -(1n << 62n)),
  fc.bigInt(-10n, 400n),
);

type Spoil = (args: Arguments) => void;

/** One thing that goes wrong with one array, or with a single value. */
function spoils(land: Landscape): fc.Arbitrary<Spoil> {
  const name = fc.constantFrom(...arrayNames);
  const at = fc.nat({ max: 9 });
  const list = (args: Arguments, which: ArrayName) => args[which] as unknown[] | null;
  const valueFor = (which: ArrayName, value: bigint | null): unknown => {
    if (which === 'ids' || which === 'pending') {
      return value === null ? null : (land.holds[Number(value < 0n ? 0n : value % 5n)] ?? land.ids.uuid());
    }
    const small = which === 'kinds' || which === 'codes' ? 32_767n : 2_147_483_647n;
    const wide = ['expires', 'accounts', 'amounts'].includes(which);
    return value !== null && !wide && (value > small || value < -small) ? small : value;
  };
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(name, at, odd).map(([which, index, value]): Spoil => (args) => {
        const values = list(args, which);
        if (values && values.length > 0) values[index % values.length] = valueFor(which, value);
      }),
    },
    fc.tuple(name, at).map(
      ([which, index]): Spoil =>
        (args) =>
          void list(args, which)?.splice(index, 1),
    ),
    fc.tuple(name, odd).map(
      ([which, value]): Spoil =>
        (args) =>
          void list(args, which)?.push(valueFor(which, value)),
    ),
    fc.tuple(name, at, at).map(([which, one, other]): Spoil => (args) => {
      const values = list(args, which);
      if (!values || values.length < 2) return;
      const [left, right] = [one % values.length, other % values.length];
      [values[left], values[right]] = [values[right], values[left]];
    }),
    name.map(
      (which): Spoil =>
        (args) =>
          void list(args, which)?.reverse(),
    ),
    name.map(
      (which): Spoil =>
        (args) =>
          (args[which] = null),
    ),
    fc.tuple(name, fc.constantFrom('[0:%]=', '[2:%]=', 'nested')).map(
      ([which, shape]): Spoil =>
        (args) =>
          (args.shape = { name: which, shape }),
    ),
    fc.constantFrom(null, -1, 0, 1, 2, 15, 16).map(
      (value): Spoil =>
        (args) =>
          (args.lane = value),
    ),
    odd.map(
      (value): Spoil =>
        (args) =>
          (args.now = value),
    ),
    fc.bigInt(-7_200_000_000n, 7_200_000_000n).map(
      (value): Spoil =>
        (args) =>
          (args.now = (args.now ?? 0n) + value),
    ),
    fc.constantFrom(null, true, false).map(
      (value): Spoil =>
        (args) =>
          (args.known = value),
    ),
    fc.constantFrom('{}', 'null', '1', '{"audit": []}', '{"audit": [{"$": 9}]}', '{"post": [{}]}').map(
      (value): Spoil =>
        (args) =>
          (args.attached = value),
    ),
    // Complete arrays of reservations, so that transfers and resolutions mix.
    fc.array(fc.option(fc.nat({ max: 4 })), { minLength: 4, maxLength: 4 }).map((picks): Spoil => (args) => {
      args.pending = picks.map((pick) => (pick === null ? null : (land.holds[pick] ?? land.ids.uuid())));
      args.kinds = picks.map((pick, n) => (pick === null ? (args.kinds?.[n] ?? 1) : 3 + (pick % 2)));
    }),
  );
}

/** A proper batch in which one to four things are wrong. */
export function mutated(land: () => Landscape): fc.Arbitrary<Arguments> {
  return fc.constant(undefined).chain(() =>
    fc.array(spoils(land()), { minLength: 1, maxLength: 4 }).map((list) => {
      const args = cleanBatch(land());
      for (const spoil of list) spoil(args);
      return args;
    }),
  );
}
