import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import type { Leg, Outcome, Transfer } from '../../../src/ledger';
import { plusMs } from '../../../src/platform';
import { hourMs, openBooks, wordOf, type Books, type Engine } from './books';
import { begin, replay, resolve, type Begun, type ProgramLeg } from './programs';

const runs = Math.ceil(Number(process.env['FC_RUNS'] ?? 100) / 10);
const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31));
const runMsMax = 10_000; // of one program on a busy machine

let books: Books;
let engines: readonly Engine[];
beforeAll(async () => {
  books = await openBooks({ lanes: 1 });
  engines = [books, books.another({ lanes: 2 }), books.another({ lanes: 1 })] as Engine[];
});
afterAll(() => books.close());

const calls = fc.array(
  fc.oneof({ weight: 8, arbitrary: begin }, { weight: 6, arbitrary: resolve }, { weight: 6, arbitrary: replay }),
  { minLength: 60, maxLength: 90, size: 'max' },
);
type Call = typeof calls extends fc.Arbitrary<(infer T)[]> ? T : never;

/** Every answer that an id got, whoever asked. */
type Answers = Map<string, { transfer: Transfer; outcome: Outcome }[]>;

test(
  'R97, R197: calls from many engines at once keep the books, the bounds, the limits and one effect an id',
  async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (program) => {
        const answers = await callAtOnce(program);
        await books.check();
        for (const [id, ofId] of answers) await compareWithRow(id, ofId);
      }),
      { numRuns: runs, seed, verbose: fc.VerbosityLevel.Verbose, endOnFailure: true }, // a race does not shrink
    );
  },
  runs * runMsMax,
);

async function callAtOnce(program: readonly Call[]): Promise<Answers> {
  const limitProfile = await books.limits({
    out: { day: { amountMinor: 300n, count: 12 } },
    in: { month: { amountMinor: 500n } },
  });
  const accounts = [
    ...[books.chart.trust, books.chart.feeIncome, await books.open({ openingMinor: 100n })],
    await books.open({ openingMinor: 100n, limitProfile, ceilingMinor: 400n }),
    await books.open({ floorMinor: -100n, limitProfile }),
    await books.open({ ceilingMinor: 90n }),
    ...[await books.open({ currency: 'UGX', floorMinor: null }), '999999999999'],
  ];
  const ids = Array.from({ length: 60 }, () => books.ids.uuid());
  const first = new Map<number, Begun>();
  const answers: Answers = new Map();
  const legOf = ({ from, to, ...rest }: ProgramLeg): Leg => ({
    debitAccountId: accounts[from] ?? '',
    creditAccountId: accounts[to] ?? '',
    ...rest,
  });
  const transferOf = ({ id, legs, lifeMs }: Begun): Transfer => {
    const asked = { transferId: ids[id] ?? '', legs: legs.map(legOf) };
    return lifeMs === null
      ? { kind: 'transfer', ...asked }
      : { kind: 'reserve', ...asked, expiresAt: plusMs(books.clock.now(), hourMs) };
  };
  const transfersOf = (call: Call): Transfer[] => {
    if (call.do === 'begin') {
      for (const begun of call.transfers) first.set(begun.id, first.get(begun.id) ?? begun);
      return call.transfers.map(transferOf);
    }
    if (call.do === 'resolve')
      return [{ kind: call.as, transferId: ids[call.id] ?? '', pendingId: ids[call.of % 14] ?? '' }];
    const again = first.get(call.id);
    return again ? [transferOf(again)] : [];
  };
  const work = program.map(async (call, n) => {
    const transfers = transfersOf(call);
    const outcomes = (await engines[n % engines.length]?.ledger.post(transfers)) ?? [];
    for (const [index, transfer] of transfers.entries()) {
      const outcome = outcomes[index];
      if (outcome)
        answers.set(transfer.transferId, [...(answers.get(transfer.transferId) ?? []), { transfer, outcome }]);
    }
  });
  await Promise.all(work);
  return answers;
}

/** Whoever asked for what is written got the same answer, once as new; whoever asked for anything else was told so. */
async function compareWithRow(id: string, answers: readonly { transfer: Transfer; outcome: Outcome }[]): Promise<void> {
  const found = await books.ledger.find(books.db, id);
  const words = answers.map(({ outcome }) => wordOf(outcome));
  const same = words.filter((word) => word !== 'transfer_exists_different');
  expect([id, same.length > 0, found !== undefined]).toEqual([id, true, true]);
  if (found?.refusal === undefined) {
    expect(same.filter((word) => word === 'done')).toHaveLength(1);
    expect(same.filter((word) => word !== 'done' && word !== 'again')).toEqual([]);
    const seqs = answers.flatMap(({ outcome }) => (outcome.ok ? [outcome.value.seq] : []));
    expect(new Set(seqs)).toEqual(new Set([found?.seq]));
  } else {
    expect(new Set(same).size).toBe(1);
    expect(same[0]?.split(' ')[0]).toBe(found.refusal);
  }
  for (const { transfer, outcome } of answers) {
    if (outcome.ok) expect(transfer.kind).toBe(found?.kind);
  }
}
