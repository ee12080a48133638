import type { Leg, LimitProfile, Transfer } from '../../../src/ledger';
import { plusMs } from '../../../src/platform';
import { actor, dayMs, wordOf, type Books, type Engine } from './books';
import {
  cast,
  ids,
  profiles,
  stranger,
  type Begun,
  type Change,
  type Limits,
  type Program,
  type ProgramLeg,
  type Step,
} from './programs';
import { createReference, type Reference } from './reference';

/** Plays programs on a ledger and on the model at once, each with accounts of its own, and compares. */
export interface Player {
  readonly books: Books;
  play(program: Program): Promise<void>;
}

/** What one program knows. */
interface Stage {
  readonly reference: Reference;
  readonly accounts: readonly string[];
  /** Of the house, before: it is the same for all programs. */
  readonly houseBefore: readonly bigint[];
  readonly ids: Map<number, string>;
  /** What was asked to be reserved. */
  readonly reserved: string[];
  readonly firstProfile: number;
}

export function createPlayer(books: Books, note: (what: string) => void): Player {
  const engines: readonly Engine[] = [books.another({ lanes: 1 }), books.another({ lanes: 1 })];
  let nextProfile = 1;

  const setLimits = async ({ reference, firstProfile }: Stage, index: number, limits: Limits): Promise<void> => {
    const profile: LimitProfile = { profile: firstProfile + index, ...limits };
    await books.db.tx((tx) => books.ledger.setLimits(tx, profile, actor));
    reference.setLimits(profile);
  };

  const begin = async (program: Program): Promise<Stage> => {
    const house = [books.chart.trust, books.chart.feeIncome];
    const people = await books.ledger.newAccountIds(books.db, cast.length - 2);
    const stage: Stage = {
      reference: createReference(),
      accounts: [...house, ...people, '999999999999999'],
      houseBefore: await Promise.all(house.map((accountId) => books.posted(accountId))),
      ids: new Map(),
      reserved: [],
      firstProfile: nextProfile,
    };
    nextProfile = nextProfile > 30_000 ? 1 : nextProfile + profiles;
    for (const [index, limits] of program.limits.entries()) await setLimits(stage, index, limits);
    for (const [index, { profile, ...terms }] of cast.entries()) {
      const limitProfile = profile === null ? null : stage.firstProfile + profile;
      const account = { accountId: stage.accounts[index] ?? '', limitProfile, ...terms };
      if (index >= 2) await books.db.tx((tx) => books.ledger.openAccount(tx, account, actor));
      stage.reference.open(account);
    }
    return stage;
  };

  const post = async ({ reference }: Stage, engine: number, transfers: readonly Transfer[]): Promise<void> => {
    const now = books.clock.now();
    const expected = transfers.map((transfer) => reference.post(transfer, now));
    const found = ((await engines[engine]?.ledger.post(transfers)) ?? []).map(wordOf);
    const due = expected.map((word, n) => (word.split('|').includes(found[n] ?? '') ? found[n] : word));
    expect({ transfers, words: found }).toEqual({ transfers, words: due });
    for (const word of found) note(word.split(' ')[0] ?? '');
  };

  const compareTerms = (found: { ok: true } | { ok: false; error: string }, expected: string): void => {
    expect(found.ok ? 'done' : found.error).toBe(expected);
    note(expected);
  };

  const change = async ({ reference, accounts, ...stage }: Stage, next: Step & { do: 'status' | 'bounds' }) => {
    const accountId = accounts[next.account] ?? '';
    if (next.do === 'status') {
      const found = await books.db.tx((tx) => books.ledger.setStatus(tx, accountId, next.status, actor));
      compareTerms(found, reference.setStatus(accountId, next.status));
    } else {
      const { profile, ...rest } = next.bounds;
      const bounds = { ...rest, limitProfile: profile === null ? null : stage.firstProfile + profile };
      const found = await books.db.tx((tx) => books.ledger.setBounds(tx, accountId, bounds, actor));
      compareTerms(found, reference.setBounds(accountId, bounds));
    }
  };

  const step = async (stage: Stage, next: Step): Promise<void> => {
    switch (next.do) {
      case 'begin': {
        // One call takes each id once, so that its transfers are carried out one after the other.
        const transfers = new Map(next.transfers.map((begun) => [begun.id, transferOf(stage, begun)]));
        return post(stage, next.engine, [...transfers.values()]);
      }
      case 'resolve':
        return post(stage, next.engine, [resolutionOf(stage, next)]);
      case 'replay': {
        const first = stage.reference.firstOf(idOf(stage, next.id));
        const again = first && changed(first.transfer, next.change);
        return again && post(stage, next.engine, [again]);
      }
      case 'status':
      case 'bounds':
        return change(stage, next);
      case 'limits':
        return setLimits(stage, next.profile, next.limits);
      case 'wait':
        books.clock.advance(next.ms);
        return;
      case 'day':
        books.clock.advance(dayMs);
        return;
      case 'sweep':
        return sweep(stage, next.engine);
    }
  };

  /** What a worker does now and then: voids what has expired. */
  const sweep = async (stage: Stage, engine: number): Promise<void> => {
    const due = stage.reference.expired(books.clock.now());
    const found = (await books.ledger.expired(books.db, books.clock.now(), 10_000)).map(({ transferId }) => transferId);
    const own = new Set(stage.ids.values());
    expect(found.filter((id) => own.has(id))).toEqual(due);
    for (const pendingId of due) {
      await post(stage, engine, [{ kind: 'void', transferId: books.ids.uuid(), pendingId }]);
      note('swept');
    }
  };

  const idOf = (stage: Stage, id: number): string => {
    const found = stage.ids.get(id) ?? books.ids.uuid();
    stage.ids.set(id, found);
    return found;
  };

  const transferOf = (stage: Stage, { id, legs, lifeMs }: Begun): Transfer => {
    const asked = { transferId: idOf(stage, id), legs: legs.map((leg) => legOf(stage, leg)) };
    if (lifeMs === null) return { kind: 'transfer', ...asked };
    stage.reserved.push(asked.transferId);
    return { kind: 'reserve', ...asked, expiresAt: plusMs(books.clock.now(), lifeMs) };
  };

  const resolutionOf = (stage: Stage, { id, of, as, shares }: Extract<Step, { do: 'resolve' }>): Transfer => {
    const pendingId = (of < ids ? undefined : stage.reserved[of % stage.reserved.length]) ?? idOf(stage, of % ids);
    const transferId = idOf(stage, id);
    const held = stage.reference.legsOf(pendingId);
    if (as === 'void' || shares === undefined || !held)
      return { kind: as === 'void' ? 'void' : 'post', transferId, pendingId };
    const amountsMinor = held.map(({ amountMinor }, n) => (amountMinor * BigInt(shares[n] ?? 100) + 99n) / 100n);
    const some = amountsMinor.some((amountMinor) => amountMinor > 0n);
    return { kind: 'post', transferId, pendingId, ...(some && { amountsMinor }) };
  };

  return {
    books,
    play: async (program) => {
      const stage = await begin(program);
      for (const next of program.steps) await step(stage, next);
      await compare(books, stage);
    },
  };
}

function legOf({ accounts }: Stage, { from, to, ...rest }: ProgramLeg): Leg {
  return { debitAccountId: accounts[from] ?? '', creditAccountId: accounts[to] ?? '', ...rest };
}

/** What came first under this id, with the change; undefined where the change is none for it. */
function changed(first: Transfer, change: Change): Transfer | undefined {
  if (change === 'nothing') return first;
  if (change === 'kind') return { kind: 'void', transferId: first.transferId, pendingId: first.transferId };
  if ('legs' in first) return withOtherLegs(first, change);
  if (first.kind === 'void' || change !== 'amount' || !first.amountsMinor) return undefined;
  return { ...first, amountsMinor: first.amountsMinor.map((amountMinor) => amountMinor + 1n) };
}

function withOtherLegs(
  first: Extract<Transfer, { legs: unknown }>,
  change: Exclude<Change, 'nothing' | 'kind'>,
): Transfer | undefined {
  const [head, ...tail] = first.legs;
  if (!head) return undefined;
  switch (change) {
    case 'later':
      return first.kind === 'reserve' ? { ...first, expiresAt: plusMs(first.expiresAt, 100) } : undefined;
    case 'amount':
      return { ...first, legs: [{ ...head, amountMinor: head.amountMinor + 1n }, ...tail] };
    case 'counted':
      return { ...first, legs: [{ ...head, counted: head.counted !== true }, ...tail] };
    case 'order':
      return { ...first, legs: [...first.legs].reverse() }; // the same content where it reads the same both ways
    case 'fewer':
      return tail.length === 0 ? undefined : { ...first, legs: tail };
  }
}

async function compare({ db, ledger }: Books, { reference, accounts, houseBefore }: Stage): Promise<void> {
  for (const [index, accountId] of accounts.slice(0, stranger).entries()) {
    const balance = await ledger.balance(db, accountId);
    const due = reference.balance(accountId);
    const before = houseBefore[index];
    if (before !== undefined) {
      expect(balance).toMatchObject({ postedMinor: before + due.posted, pendingOutMinor: 0n, pendingInMinor: 0n });
      continue;
    }
    expect(balance).toMatchObject({ postedMinor: due.posted, pendingOutMinor: due.out, pendingInMinor: due.in });
    const entries = (await ledger.entries(db, accountId, { limit: 1_000 })).reverse();
    const history = entries.map(({ transferId, direction, amountMinor }) => ({
      transferId,
      signed: direction === 'debit' ? -amountMinor : amountMinor,
    }));
    expect(history).toEqual(reference.history(accountId));
    expect(entries.at(-1)?.balanceAfterMinor ?? 0n).toBe(due.posted);
  }
}
