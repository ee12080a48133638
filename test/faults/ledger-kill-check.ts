import type { Ledger } from '../../src/ledger';
import { assert, type Db } from '../../src/platform';
import { createOracle, type Oracle } from '../integration/ledger/oracle';
import { attachedTable, effectOf, jobOf, type Plan } from './ledger-kill-plan';
import type { Heard } from './ledger-kill-poster';

export interface Checker {
  /** Everything that was acknowledged since the last time, and the books as a whole; while nobody posts. */
  check(heard: ReadonlyMap<number, Heard>): Promise<void>;
  /** All that was ever acknowledged against all that is there. */
  checkAll(heard: ReadonlyMap<number, Heard>): Promise<void>;
}

interface Found {
  readonly refusal: number;
  readonly attached: bigint;
}

/** Codes that the ledger writes for what may happen here. */
const refusals: Readonly<Record<string, number>> = { done: 0, insufficient_funds: 1, limit_exceeded: 7 };

export function createChecker({
  db,
  ledger,
  plan,
  openingMinor,
}: {
  db: Db;
  ledger: Ledger;
  plan: Plan;
  openingMinor: bigint;
}): Checker {
  const oracle: Oracle = createOracle(db);
  const compared = new Set<number>();

  const compare = async (heard: ReadonlyMap<number, Heard>, indexes: readonly number[]): Promise<void> => {
    const steps = indexes.flatMap((index) =>
      jobOf(plan, index).steps.map((transfer, step) => ({ index, step, transfer })),
    );
    const found = await rowsOf(
      db,
      steps.map(({ transfer }) => transfer.transferId),
    );
    for (const { index, step, transfer } of steps) {
      const word = heard.get(index)?.words[step];
      const row = found.get(transfer.transferId);
      const where = `job ${index}, step ${step} (${transfer.transferId})`;
      if (word === undefined) {
        assert(!heard.get(index)?.done || row === undefined, `${where}: nobody asked for it, and it is there`);
        continue;
      }
      assert(row !== undefined, `${where}: acknowledged as ${word}, and not there`);
      assert(row.refusal === refusals[word], `${where}: acknowledged as ${word}, written as ${row.refusal}`);
      const due = word === 'done' ? BigInt(transfer.attachments?.length ?? 0) : 0n;
      assert(row.attached === due, `${where}: ${due} attached rows due, ${row.attached} found`);
    }
  };

  return {
    check: async (heard) => {
      const fresh = [...heard].filter(([index, { done }]) => done && !compared.has(index)).map(([index]) => index);
      await compare(heard, fresh);
      for (const index of fresh) compared.add(index);
      await oracle.check();
    },
    checkAll: async (heard) => {
      const all = [...heard.keys()];
      for (let at = 0; at < all.length; at += 5_000) await compare(heard, all.slice(at, at + 5_000));
      await compareTotals(db, heard);
      await compareBalances({ db, ledger, plan, openingMinor }, heard);
      await oracle.check();
      const report = await ledger.verify(db);
      assert(report.clean, `the books do not verify: ${JSON.stringify(report.deviation)}`);
    },
  };
}

async function rowsOf(db: Db, ids: readonly string[]): Promise<Map<string, Found>> {
  const rows = await db.rows<Found & { id: string }>({
    text: `select t.transfer_id as id, t.result as refusal, count(a.id) as attached
           from ledger_transfer t left join ${attachedTable} a on a.id = t.transfer_id
           where t.transfer_id = any ($1::uuid[]) group by t.transfer_id, t.result`,
    values: [ids],
  });
  return new Map(rows.map(({ id, ...found }) => [id, found]));
}

/** Nothing is there that nobody asked for. */
async function compareTotals(db: Db, heard: ReadonlyMap<number, Heard>): Promise<void> {
  const { count } = await db.one<{ count: bigint }>({
    text: `select count(*) as count from ledger_transfer where legs[4] <> 4`,
  });
  const due = [...heard.values()].reduce((sum, { words }) => sum + words.length, 0);
  assert(count === BigInt(due), `${due} outcomes were acknowledged, ${count} rows are there`);
}

/** From what was said alone: an effect that was lost, doubled or invented shows as a difference. */
async function compareBalances(
  { db, ledger, plan, openingMinor }: { db: Db; ledger: Ledger; plan: Plan; openingMinor: bigint },
  heard: ReadonlyMap<number, Heard>,
): Promise<void> {
  const due = new Map(plan.accounts.map((accountId) => [accountId, openingMinor]));
  for (const [index, { words }] of heard) {
    const job = jobOf(plan, index);
    if (words.length < job.steps.length || words.some((word) => word !== 'done')) continue;
    for (const { accountId, signed } of effectOf(job)) due.set(accountId, (due.get(accountId) ?? 0n) + signed);
  }
  for (const accountId of [...plan.accounts, plan.feeIncome]) {
    const balance = await ledger.balance(db, accountId);
    const expected = due.get(accountId) ?? 0n;
    assert(balance?.postedMinor === expected, `account ${accountId}: ${expected} due, ${balance?.postedMinor} found`);
    assert(balance.pendingOutMinor === 0n && balance.pendingInMinor === 0n, `account ${accountId}: money is held`);
  }
}
