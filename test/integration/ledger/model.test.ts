import fc from 'fast-check';
import { createLedger, type Leg, type NewTransfer } from '../../../src/ledger';
import type { Db, Tx } from '../../../src/platform';
import { afterNoon } from './books';
import { actors, changed, latecomer, programs, transferIds, type Call, type ProgramLeg } from './programs';
import { createReference, type Reference } from './reference';
import { createTestDatabase } from '../../support/database';

const runs = Number(process.env['FC_RUNS'] ?? 120);
const runMsMax = 500; // of one program on a busy machine

const ledger = createLedger();
/** How often each outcome came up, to be sure that the programs reach them all. */
const seen = new Map<string, number>();

let db: Db;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ db, drop } = await createTestDatabase());
});
afterAll(() => drop());

test(
  'R97, R197: any program of calls gives the same outcomes, balances and histories as the model',
  async () => {
    await fc.assert(
      fc.asyncProperty(programs, (program) => inPassing((tx) => runProgram(tx, program))),
      { numRuns: runs, verbose: fc.VerbosityLevel.Verbose },
    );
    if (runs < 100) return; // too few to meet them all
    for (const outcome of everyOutcome) expect([outcome, seen.get(outcome) ?? 0]).not.toEqual([outcome, 0]);
  },
  runs * runMsMax,
);

const everyOutcome = [
  ...['posted', 'pending', 'voided', 'posted again', 'pending again', 'voided again'],
  ...['insufficient_funds', 'ceiling_exceeded', 'account_unknown', 'account_frozen', 'currency_mismatch'],
  ...['transfer_exists_different', 'transfer_unknown', 'transfer_not_pending', 'transfer_expired', 'swept'],
];

/** Runs the work in a transaction that never happened, so that every program begins with empty books. */
async function inPassing(work: (tx: Tx) => Promise<void>): Promise<void> {
  const done = new Error('roll it back');
  await db
    .tx(async (tx) => {
      await work(tx);
      throw done;
    })
    .catch((error: unknown) => {
      if (error !== done) throw error;
    });
}

interface Run {
  readonly tx: Tx;
  readonly reference: Reference;
  readonly first: Map<number, Call & { do: 'transfer' }>;
  nowMs: number;
}

async function runProgram(tx: Tx, program: readonly Call[]): Promise<void> {
  const run: Run = { tx, reference: createReference(), first: new Map(), nowMs: 0 };
  for (const actor of actors.keys()) if (actor !== latecomer) await step(run, { do: 'open', actor });
  for (const actor of [1, 2, 3]) await step(run, funding(actor));
  for (const call of program) await step(run, call);
  await compareBooks(run);
}

function funding(actor: number): Call {
  const legs = [{ from: 0, to: actor, amountMinor: 70n, code: 'opening' as const }];
  return { do: 'transfer', id: transferIds + actor, legs, lifeMs: null };
}

async function step(run: Run, call: Call): Promise<void> {
  const { tx, reference } = run;
  const now = afterNoon(run.nowMs);
  switch (call.do) {
    case 'open':
      await ledger.openAccount(tx, accountOf(call.actor));
      reference.open(accountOf(call.actor));
      break;
    case 'setStatus': {
      const { accountId } = accountOf(call.actor);
      const outcome = await ledger.setStatus(tx, accountId, call.status);
      expect(outcome).toEqual(reference.setStatus(accountId, call.status));
      break;
    }
    case 'transfer': {
      if (!run.first.has(call.id)) run.first.set(call.id, call);
      const transfer = transferOf(call, now);
      note(await ledger.transfer(tx, transfer, now), reference.transfer(transfer, now));
      break;
    }
    case 'replay':
      await replay(run, call);
      break;
    case 'post':
      note(await ledger.post(tx, transferId(call.id), now), reference.post(transferId(call.id), now));
      break;
    case 'void':
      note(await ledger.void(tx, transferId(call.id), now), reference.void(transferId(call.id)));
      break;
    case 'wait':
      run.nowMs += call.ms;
      break;
    case 'sweep':
      await sweep(run, call.limit);
  }
}

async function replay(run: Run, { id, change }: Call & { do: 'replay' }): Promise<void> {
  const first = run.first.get(id);
  const again = first && changed(first, change);
  if (again) await step(run, again);
}

/** What a worker does now and then: voids what has expired. */
async function sweep({ tx, reference, nowMs }: Run, limit: number): Promise<void> {
  const now = afterNoon(nowMs);
  const ids = await ledger.expired(tx, now, limit);
  expect(ids).toEqual(reference.expired(now, limit));
  for (const id of ids) note(await ledger.void(tx, id, now), reference.void(id));
  if (ids.length > 0) count('swept');
}

type Outcome = ReturnType<Reference['transfer']>;

function note(outcome: Outcome, expected: Outcome): void {
  expect(outcome).toEqual(expected);
  count(outcome.ok ? `${outcome.value.state}${outcome.value.repeated ? ' again' : ''}` : outcome.error);
}

function count(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

async function compareBooks({ tx, reference }: Run): Promise<void> {
  const totals = new Map<string, bigint>();
  for (const { accountId, posted, out, in: coming } of reference.balances()) {
    const balance = await ledger.balance(tx, accountId);
    expect(balance).toMatchObject({ postedMinor: posted, pendingOutMinor: out, pendingInMinor: coming });
    if (!balance) throw new Error('unreachable: toMatchObject refuses undefined');
    const account = accountOf(Number(accountId.slice(-12)));
    if (account.floorMinor !== null) expect(balance.availableMinor).toBeGreaterThanOrEqual(account.floorMinor);
    if (account.ceilingMinor !== null) expect(posted + coming).toBeLessThanOrEqual(account.ceilingMinor);
    totals.set(balance.currency, (totals.get(balance.currency) ?? 0n) + posted);

    const entries = (await ledger.entries(tx, accountId, 1_000)).reverse();
    const history = entries.map((entry) => ({
      transferId: entry.transferId,
      signed: entry.balanceAfterMinor - entry.balanceBeforeMinor,
    }));
    expect(history).toEqual(reference.history(accountId));
    expect(entries.at(-1)?.balanceAfterMinor ?? 0n).toBe(posted);
  }
  expect([...totals.values()].every((total) => total === 0n)).toBe(true);
  expect(await ledger.verify(tx)).toMatchObject({ clean: true });
}

function accountOf(actor: number): { accountId: string } & (typeof actors)[number] {
  const account = actors[actor];
  if (!account) throw new Error(`there is no actor ${actor}`);
  return { ...account, accountId: `00000000-0000-4000-8000-${String(actor).padStart(12, '0')}` };
}

function transferId(id: number): string {
  return `00000000-0000-4000-9000-${String(id).padStart(12, '0')}`;
}

function legOf({ from, to, amountMinor, code }: ProgramLeg): Leg {
  return {
    debitAccountId: accountOf(from).accountId,
    creditAccountId: accountOf(to).accountId,
    amountMinor,
    code,
  };
}

function transferOf({ id, legs, lifeMs }: Call & { do: 'transfer' }, now: Date): NewTransfer {
  const expiry = lifeMs === null ? {} : { expiresAt: new Date(now.getTime() + lifeMs) };
  return { transferId: transferId(id), legs: legs.map(legOf), ...expiry };
}
