import fc from 'fast-check';
import type { AccountStatus, LegCode, NewAccount } from '../../../src/ledger';

/** One call of the port, with small numbers for ids: `actors` and transfers are few, so that calls meet. */
export type Call =
  | { readonly do: 'open'; readonly actor: number }
  | { readonly do: 'setStatus'; readonly actor: number; readonly status: AccountStatus }
  | {
      readonly do: 'transfer';
      readonly id: number;
      readonly legs: readonly ProgramLeg[];
      readonly lifeMs: number | null;
    }
  | { readonly do: 'replay'; readonly id: number; readonly change: Change }
  | { readonly do: 'post' | 'void'; readonly id: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'sweep'; readonly limit: number };

export interface ProgramLeg {
  readonly from: number;
  readonly to: number;
  readonly amountMinor: bigint;
  readonly code: LegCode;
}

/** How a replayed transfer differs from the first one. `later` moves the expiry only, which is no other content. */
export type Change = 'nothing' | 'later' | 'amount' | 'mode' | 'order' | 'fewer';

/** The bank without bounds, people with every kind of bounds, one in another currency. */
export const actors: readonly Omit<NewAccount, 'accountId'>[] = [
  { kind: 'trust', currency: 'KES', floorMinor: null, ceilingMinor: null },
  { kind: 'customer', currency: 'KES', floorMinor: 0n, ceilingMinor: null },
  { kind: 'customer', currency: 'KES', floorMinor: 0n, ceilingMinor: 120n },
  { kind: 'agent', currency: 'KES', floorMinor: -50n, ceilingMinor: 200n },
  { kind: 'merchant', currency: 'KES', floorMinor: 0n, ceilingMinor: 80n },
  { kind: 'trust', currency: 'USD', floorMinor: null, ceilingMinor: null },
];

/** Opens only when the program says so. */
export const latecomer = 4;

export const transferIds = 16;

const actor = fc.integer({ min: 0, max: actors.length - 1 });
const someone = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) }, // the bank pays often, so that there is money to move
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: actor },
);
const legOf = fc
  .record({
    from: someone,
    step: fc.integer({ min: 1, max: 3 }),
    amountMinor: fc.bigInt({ min: 1n, max: 45n }),
    code: fc.constantFrom<LegCode[]>('principal', 'fee', 'commission', 'opening'),
    foreign: fc.integer({ min: 0, max: 29 }),
  })
  .map(({ from, step, foreign, ...rest }): ProgramLeg => {
    const to = foreign === 0 ? 5 : foreign === 1 ? latecomer : (from + step) % 4;
    return { from, to: to === from ? (from + 1) % actors.length : to, ...rest };
  });
const id = fc.integer({ min: 0, max: transferIds - 1 });

const transfer = fc.record({
  do: fc.constant('transfer' as const),
  id,
  legs: fc.array(legOf, { minLength: 1, maxLength: 8, size: 'xsmall' }),
  // Steps of five, so that a call often comes at the very moment of an expiry.
  lifeMs: fc.option(
    fc.integer({ min: 0, max: 8 }).map((steps) => steps * 5),
    { freq: 3 },
  ),
});
const settle = fc.record({ do: fc.constantFrom('post' as const, 'void' as const), id });
const replay = fc.record({
  do: fc.constant('replay' as const),
  id,
  change: fc.constantFrom<Change[]>('nothing', 'nothing', 'nothing', 'later', 'amount', 'mode', 'order', 'fewer'),
});

/** Calls that may come from several connections at once. */
export const concurrentCalls = fc.array(
  fc.oneof({ weight: 8, arbitrary: transfer }, { weight: 5, arbitrary: settle }, { weight: 6, arbitrary: replay }),
  { minLength: 80, maxLength: 120, size: 'max' },
);

/** Programs for one connection after another, with time, freezes and late openings. */
export const programs = fc.array(
  fc.oneof(
    { weight: 16, arbitrary: transfer },
    { weight: 10, arbitrary: settle },
    { weight: 6, arbitrary: replay },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(5, 10, 15) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sweep' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), actor }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('setStatus' as const),
        actor,
        status: fc.constantFrom<AccountStatus[]>('open', 'open', 'frozen', 'closed'),
      }),
    },
  ),
  { minLength: 1, maxLength: 60, size: 'max' },
);

/** What came first under this id, with the change; undefined where the change is none for it. */
export function changed<T extends { legs: readonly ProgramLeg[]; lifeMs: number | null }>(
  first: T,
  change: Change,
): T | undefined {
  const { legs, lifeMs } = first;
  const [head, ...tail] = legs;
  switch (change) {
    case 'nothing':
      return first;
    case 'later':
      return lifeMs === null ? undefined : { ...first, lifeMs: lifeMs + 100 };
    case 'amount':
      return head && { ...first, legs: [{ ...head, amountMinor: head.amountMinor + 1n }, ...tail] };
    case 'mode':
      return { ...first, lifeMs: lifeMs === null ? 30 : null };
    case 'order':
      return { ...first, legs: [...legs].reverse() }; // the same content where it reads the same both ways
    case 'fewer':
      return tail.length === 0 ? undefined : { ...first, legs: tail };
  }
}
