import fc from 'fast-check';
import type { AccountStatus, LegCode, LimitProfile, NewAccount } from '../../../src/ledger';

/** One step of a program, with small numbers for accounts, ids and engines: they are few, so that steps meet. */
export type Step =
  | { readonly do: 'begin'; readonly engine: number; readonly transfers: readonly Begun[] }
  | {
      readonly do: 'resolve';
      readonly engine: number;
      readonly id: number;
      /** An id; from `ids` on, one of those that were asked to be reserved. */
      readonly of: number;
      readonly as: 'post' | 'void';
      /** Of each leg, in hundredths; undefined: in full. */
      readonly shares: readonly number[] | undefined;
    }
  | { readonly do: 'replay'; readonly engine: number; readonly id: number; readonly change: Change }
  | { readonly do: 'status'; readonly account: number; readonly status: AccountStatus }
  | { readonly do: 'bounds'; readonly account: number; readonly bounds: Bounds }
  | { readonly do: 'limits'; readonly profile: number; readonly limits: Limits }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'day' }
  | { readonly do: 'sweep'; readonly engine: number };

export interface Begun {
  readonly id: number;
  readonly legs: readonly ProgramLeg[];
  /** Of a reservation. */
  readonly lifeMs: number | null;
}
export interface ProgramLeg {
  readonly from: number;
  readonly to: number;
  readonly amountMinor: bigint;
  readonly code: LegCode;
  readonly counted: boolean;
}
export interface Bounds {
  readonly floorMinor: bigint | null;
  readonly ceilingMinor: bigint | null;
  readonly profile: number | null;
}
export type Limits = Pick<LimitProfile, 'out' | 'in'>;

/** How a replayed transfer differs from the first one. `later` moves the expiry only, which is no other content. */
export type Change = 'nothing' | 'later' | 'amount' | 'kind' | 'order' | 'fewer' | 'counted';

const engines = 2;
export const profiles = 2;

/** Two of the house, people with every kind of bounds, one in another currency, and one that is never opened. */
export const cast: readonly (Pick<NewAccount, 'kind' | 'currency'> & Bounds)[] = [
  { kind: 'trust', currency: 'KES', floorMinor: null, ceilingMinor: null, profile: null },
  { kind: 'fee_income', currency: 'KES', floorMinor: null, ceilingMinor: null, profile: null },
  { kind: 'customer', currency: 'KES', floorMinor: 0n, ceilingMinor: null, profile: null },
  { kind: 'customer', currency: 'KES', floorMinor: 0n, ceilingMinor: 60n, profile: 0 },
  { kind: 'agent', currency: 'KES', floorMinor: -50n, ceilingMinor: 80n, profile: 1 },
  { kind: 'merchant', currency: 'KES', floorMinor: 0n, ceilingMinor: 40n, profile: null },
  { kind: 'customer', currency: 'UGX', floorMinor: null, ceilingMinor: null, profile: null },
];
export const stranger = cast.length;
export const ids = 14;

const account = fc.integer({ min: 2, max: cast.length - 1 });
const someone = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) }, // the bank pays often, so that there is money to move
  { weight: 14, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.integer({ min: 6, max: stranger }) },
);
const leg = fc
  .record({
    from: someone,
    to: someone,
    amountMinor: fc.bigInt({ min: 1n, max: 40n }),
    code: fc.constantFrom<LegCode[]>('principal', 'fee', 'commission', 'transit'),
    counted: fc.boolean(),
  })
  .map((made): ProgramLeg => ({ ...made, to: made.to === made.from ? (made.from + 1) % 6 : made.to }));
const id = fc.integer({ min: 0, max: ids - 1 });
const engine = fc.integer({ min: 0, max: engines - 1 });

const begun = fc.record({
  id,
  legs: fc.array(leg, { minLength: 1, maxLength: 8, size: 'xsmall' }),
  // Steps of five, so that a call often comes at the very moment of an expiry.
  lifeMs: fc.option(
    fc.integer({ min: 0, max: 8 }).map((steps) => steps * 5),
    { freq: 2 },
  ),
});
export const begin = fc.record({
  do: fc.constant('begin' as const),
  engine,
  transfers: fc.array(begun, { minLength: 1, maxLength: 6, size: 'xsmall' }),
});
export const resolve = fc.record({
  do: fc.constant('resolve' as const),
  engine,
  id: fc.integer({ min: 0, max: 3 * ids }),
  of: fc.oneof({ weight: 1, arbitrary: id }, { weight: 4, arbitrary: fc.integer({ min: ids, max: 2 * ids }) }),
  as: fc.constantFrom('post' as const, 'post' as const, 'void' as const),
  shares: fc.option(fc.array(fc.constantFrom(0, 50, 99, 100, 100, 104), { minLength: 8, maxLength: 8 }), {
    nil: undefined,
  }),
});
export const replay = fc.record({
  do: fc.constant('replay' as const),
  ...{ engine, id },
  change: fc.constantFrom<Change[]>(
    'nothing',
    'nothing',
    'nothing',
    'later',
    'amount',
    'kind',
    'order',
    'fewer',
    'counted',
  ),
});
const limit = fc.record(
  { amountMinor: fc.constantFrom(0n, 20n, 60n, 100n), count: fc.constantFrom(0, 2, 4) },
  { requiredKeys: [] },
);
const sides = fc.record({ day: limit, week: limit, month: limit, year: limit }, { requiredKeys: [] });
const limitsOf = fc.record({ out: sides, in: sides });
const boundsOf = fc.record({
  floorMinor: fc.constantFrom(null, 0n, 0n, -20n, -60n),
  ceilingMinor: fc.constantFrom(null, null, 30n, 60n, 120n),
  profile: fc.constantFrom(null, 0, 1),
});

/** Programs that are carried out step by step, with time, freezes, other bounds and limits. */
export const programs = fc.record({
  limits: fc.array(limitsOf, { minLength: profiles, maxLength: profiles }),
  steps: fc.array(
    fc.oneof(
      { weight: 16, arbitrary: begin },
      { weight: 14, arbitrary: resolve },
      { weight: 7, arbitrary: replay },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(5, 10, 15) }) },
      { weight: 1, arbitrary: fc.constant({ do: 'day' as const }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const), engine }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant('status' as const),
          account,
          status: fc.constantFrom<AccountStatus[]>(
            'open',
            'open',
            'open',
            'frozen_debit',
            'frozen_credit',
            'frozen',
            'closed',
          ),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('bounds' as const), account, bounds: boundsOf }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('limits' as const),
          profile: fc.integer({ min: 0, max: profiles - 1 }),
          limits: limitsOf,
        }),
      },
    ),
    { minLength: 1, maxLength: 45, size: 'max' },
  ),
});
export type Program = typeof programs extends fc.Arbitrary<infer T> ? T : never;
