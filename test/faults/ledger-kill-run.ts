import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chartOf, createLedger, openChart } from '../../src/ledger';
import { assert, type Db } from '../../src/platform';
import { accountIds, jobOf, killAfterMs, planNow, type ChildOrder } from './ledger-kill-plan';

export interface KillOptions {
  readonly db: Db;
  readonly url: string;
  readonly kills: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

export interface KillReport {
  readonly seed: number;
  readonly kills: number;
  readonly jobs: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** Begun and not finished when the process was killed; some more than once. */
  readonly inDoubt: number;
  /** Of these, transfers that had been committed although nobody was told. */
  readonly inDoubtCommitted: number;
}

/** What the parent heard from its children about one job. */
interface Heard {
  /** Of the transfer itself: a state, or the code of a refusal. */
  transfer?: string;
  /** Of the second phase. */
  settled?: string;
  done: boolean;
}

const openingMinor = 20_000n;
const ledger = createLedger();

/**
 * Kills a process that moves money, again and again, and lets the next one finish what is in doubt with the same ids.
 * Throws at the first acknowledged outcome that is lost, doubled or contradicted.
 */
export async function runKills({ db, url, kills, seed, log }: KillOptions): Promise<KillReport> {
  log(`ledger-kill: seed ${seed}, ${kills} kills`);
  await openAccounts(db, seed);
  const heard = new Map<number, Heard>();
  const totals = { inDoubt: 0, inDoubtCommitted: 0 };
  for (let kill = 1; kill <= kills; kill += 1) {
    const order = { url, seed, inDoubt: inDoubtOf(heard), next: heard.size, endless: true };
    await runChild(order, { heard, killAfterMs: killAfterMs(seed, kill) });
    const doubts = inDoubtOf(heard);
    const committed = (await compareWithRows(db, seed, heard)).filter((index) => doubts.includes(index)).length;
    totals.inDoubt += doubts.length;
    totals.inDoubtCommitted += committed;
    log(`kill ${kill}: ${heard.size} jobs so far, ${doubts.length} in doubt, ${committed} of them with a row`);
  }
  await runChild({ url, seed, inDoubt: inDoubtOf(heard), next: heard.size, endless: false }, { heard });
  assert(inDoubtOf(heard).length === 0, 'the last child left jobs in doubt');
  await compareWithRows(db, seed, heard);
  await compareBalances(db, seed, heard);
  const report = await ledger.verify(db);
  assert(report.clean, `the books do not verify: ${JSON.stringify(report.deviation)}`);
  const jobs = [...heard.values()];
  const acknowledged = jobs.reduce((sum, job) => sum + (job.transfer ? 1 : 0) + (job.settled ? 1 : 0), 0);
  const refused = jobs.filter(({ transfer }) => transfer !== undefined && !accepted(transfer)).length;
  return { seed, kills, jobs: jobs.length, acknowledged, refused, ...totals };
}

async function openAccounts(db: Db, seed: number): Promise<void> {
  await db.tx(async (tx) => {
    await openChart(ledger, tx, 'KES');
    for (const [n, accountId] of accountIds(seed).entries()) {
      await ledger.openAccount(tx, {
        accountId,
        kind: 'customer',
        currency: 'KES',
        floorMinor: 0n,
        ceilingMinor: null,
      });
      const legs = [
        {
          debitAccountId: chartOf('KES').trust,
          creditAccountId: accountId,
          amountMinor: openingMinor,
          code: 'opening' as const,
        },
      ];
      const { transferId } = jobOf(seed, -1_000_000 - n).transfer;
      const opened = await ledger.transfer(tx, { transferId, legs }, planNow);
      assert(opened.ok, 'an opening balance was refused');
    }
  });
}

/** Runs a child until it ends, or until it is killed; fills in what it said. */
async function runChild(
  order: ChildOrder,
  { heard, killAfterMs: delayMs }: { heard: Map<number, Heard>; killAfterMs?: number },
): Promise<void> {
  const script = path.join(__dirname, 'ledger-kill-child.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(order)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
  });
  const talking = new Promise<void>((resolve) => {
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? ''; // half a line was not said
      for (const line of lines) hear(heard, line);
      resolve();
    });
  });
  if (delayMs !== undefined) {
    await Promise.race([talking, ended]);
    await sleep(delayMs);
    child.kill('SIGKILL');
  }
  const { code, signal } = await ended;
  const expected = delayMs === undefined ? code === 0 : signal === 'SIGKILL';
  assert(expected, `the child ended by itself: code ${code ?? 'none'}, signal ${signal ?? 'none'}`);
}

function hear(heard: Map<number, Heard>, line: string): void {
  const [what, index, call, outcome] = line.split(' ');
  const job = heard.get(Number(index)) ?? { done: false };
  heard.set(Number(index), job);
  if (what === 'done') job.done = true;
  if (what !== 'ack' || outcome === undefined) return;
  if (call === 'transfer') {
    // A reservation that comes again tells where it stands now; a refusal must stay the refusal that it was.
    const same =
      job.transfer === undefined || job.transfer === outcome || (accepted(job.transfer) && accepted(outcome));
    assert(same, `job ${index}: acknowledged as ${job.transfer}, then as ${outcome}`);
    job.transfer ??= outcome;
  } else {
    assert(job.settled === undefined || job.settled === outcome, `job ${index}: ${job.settled}, then ${outcome}`);
    job.settled = outcome;
  }
}

function accepted(outcome: string): boolean {
  return ['pending', 'posted', 'voided'].includes(outcome);
}

function inDoubtOf(heard: Map<number, Heard>): number[] {
  return [...heard].flatMap(([index, { done }]) => (done ? [] : [index]));
}

/** Every acknowledged outcome is in the database, and nothing that nobody asked for. Returns the jobs with a row. */
async function compareWithRows(db: Db, seed: number, heard: Map<number, Heard>): Promise<number[]> {
  const rows = await db.rows<{ id: string; outcome: string }>({
    text: 'select transfer_id as id, coalesce(refusal, state) as outcome from ledger_transfer',
  });
  const outcomes = new Map(rows.map(({ id, outcome }) => [id, outcome]));
  const found: number[] = [];
  for (const [index, { transfer, settled, done }] of heard) {
    const { transferId } = jobOf(seed, index).transfer;
    const outcome = outcomes.get(transferId);
    outcomes.delete(transferId);
    if (outcome !== undefined) found.push(index);
    const due = settled ?? transfer;
    const onTheWay = !done && settled === undefined && transfer === 'pending' && outcome !== undefined;
    assert(due === undefined || due === outcome || onTheWay, `job ${index}: ${due} was said, ${outcome} is there`);
  }
  assert(outcomes.size === accountIds(seed).length, 'there are transfers that nobody asked for');
  return found;
}

/** From what the children said alone: an effect that was lost, doubled or invented shows as a difference. */
async function compareBalances(db: Db, seed: number, heard: Map<number, Heard>): Promise<void> {
  const expected = new Map(accountIds(seed).map((accountId) => [accountId, openingMinor]));
  const add = (accountId: string, amountMinor: bigint) =>
    expected.set(accountId, (expected.get(accountId) ?? 0n) + amountMinor);
  for (const [index, { transfer, settled }] of heard) {
    if ((settled ?? transfer) !== 'posted') continue;
    for (const { debitAccountId, creditAccountId, amountMinor } of jobOf(seed, index).transfer.legs) {
      add(debitAccountId, -amountMinor);
      add(creditAccountId, amountMinor);
    }
  }
  for (const [accountId, due] of expected) {
    const balance = await ledger.balance(db, accountId);
    assert(balance?.postedMinor === due, `account ${accountId}: ${due} due, ${balance?.postedMinor} found`);
    assert(balance.pendingOutMinor === 0n && balance.pendingInMinor === 0n, `account ${accountId}: money is held`);
  }
}
