import { auditOffSchema, makeAuditOff } from './audit-off';
import { loadHistory, loadLimitedAccounts } from './accounts';
import { openBooks, type Books } from './books';
import { bareInsert, naive, oneCall } from './comparators';
import type { Sample } from './figures';
import { closedLoop, type Step, type Timing } from './load';
import type { Plan } from './plan';
import type { BenchServer } from './server';
import { bytesOf, type Growth } from './size';
import { prepareTemplate } from './template';
import { createTpcb, tpcbClients, type Tpcb } from './tpcb';
import { pair, payment, refused } from './workloads';

/** One workload, to be run in rounds beside the others. */
export interface Trial {
  readonly name: string;
  run(timing: Timing): Promise<Sample>;
}

export interface Trials {
  readonly list: readonly Trial[];
  readonly books: readonly Books[];
  /** The books that the open loop uses. */
  readonly main: Books;
  readonly tpcb: Tpcb | undefined;
  /** What the rounds of `fee` have added to the disk so far. */
  readonly grown: Growth;
  close(): Promise<void>;
}

const inFlightMany = 256;
const oneCallConnections = 16;
const naiveCallers = [16, 64] as const;
/** Of the engines, their owners and whoever else is there. */
const otherConnections = 30;

/** Makes the databases that the plan needs and the workloads on them. */
export async function makeTrials(server: BenchServer, plan: Plan): Promise<Trials> {
  plan.say(`loading ${plan.accounts} accounts`);
  await prepareTemplate(await server.createDatabase('template'), plan.accounts);
  const opened: { close(): Promise<void> }[] = [];
  const open = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const one = await opening;
    opened.push(one);
    return one;
  };
  const copy = async (name: string): Promise<Books> => {
    const url = await server.createDatabase(name, 'template');
    return open(Promise.resolve(openBooks(url, plan.accounts, { lanes: plan.lanes })));
  };
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const tpcb = plan.wants('tpcb')
      ? await open(createTpcb(await server.createDatabase('tpcb'), plan.tpcbScale))
      : undefined;
    const main = await copy('main');
    const grown: Growth = { bytes: {}, transfers: 0 };
    const list = [
      ...(tpcb ? tpcbClients.map((clients) => tpcbTrial(tpcb, clients)) : []),
      ...(await mainTrials(main, plan, { open, grown })),
    ];
    const books = [main];
    if (plan.wants('books-50m')) {
      const [empty, full] = [await copy('empty'), await copy('full')];
      plan.say(`loading a history of ${plan.historyPerAccount} transfers for each account`);
      await loadHistory(full, { perAccount: plan.historyPerAccount });
      books.push(empty, full);
      list.push(many('books:empty', empty, payment(empty)), many('books:full', full, payment(full)));
    }
    await addComparators(main, plan, { list, maxConnections: server.maxConnections });
    return { list, books, main, tpcb, grown, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Open = <T extends { close(): Promise<void> }>(opening: Promise<T>) => Promise<T>;

async function mainTrials(main: Books, plan: Plan, { open, grown }: { open: Open; grown: Growth }): Promise<Trial[]> {
  const list: Trial[] = [];
  const add = (name: string, make: () => Trial): void => {
    if (plan.wants(name)) list.push(make());
  };
  add('fee', () => measuringGrowth(many('fee', main, payment(main)), main, grown));
  if (plan.wants('audit-off')) {
    await makeAuditOff(main);
    const off = await open(
      Promise.resolve(openBooks(main.url, plan.accounts, { lanes: plan.lanes, schema: auditOffSchema })),
    );
    list.push(many('audit-off', off, payment(off)));
  }
  add('refused', () => many('refused', main, refused(main)));
  add('fee-3', () => many('fee-3', main, payment(main, { fees: 3 })));
  add('pairs', () => many('pairs', main, pair(main)));
  if (plan.wants('limits') || plan.wants('limits+attached')) {
    const limited = { ...main, firstAccount: await loadLimitedAccounts(main) };
    const shape = { counted: true };
    add('limits', () => many('limits', limited, payment(limited, shape)));
    add('limits+attached', () => many('limits+attached', limited, payment(limited, { ...shape, attached: true })));
  }
  add('single', () => alone('single', main, payment(main)));
  const attached = true;
  add('fee+attached', () => many('fee+attached', main, payment(main, { attached })));
  add('fee-3+attached', () => many('fee-3+attached', main, payment(main, { fees: 3, attached })));
  add('pairs+attached', () => many('pairs+attached', main, pair(main, { attached })));
  add('refused+attached', () => many('refused+attached', main, refused(main, { attached })));
  add('single+attached', () => alone('single+attached', main, payment(main, { attached })));
  return list;
}

interface Adding {
  readonly list: Trial[];
  readonly maxConnections: number;
}

async function addComparators(main: Books, plan: Plan, { list, maxConnections }: Adding): Promise<void> {
  if (plan.wants('single') || plan.wants('single+attached')) list.push({ name: 'bare', run: await bareInsert(main) });
  if (plan.wants('one-call')) list.push({ name: 'one-call', run: oneCall(main, oneCallConnections) });
  for (const callers of naiveCallers) {
    const name = `naive-${callers}`;
    if (!plan.wants(name) || callers + otherConnections > maxConnections) continue;
    list.push({ name, run: await naive(main, callers) });
  }
}

function many(name: string, books: Books, step: Step): Trial {
  return { name, run: (timing) => closedLoop(books, step, inFlightMany, timing) };
}

function alone(name: string, books: Books, step: Step): Trial {
  return { name, run: (timing) => closedLoop(books, step, 1, timing) };
}

function tpcbTrial(tpcb: Tpcb, clients: number): Trial {
  return { name: `tpcb-c${clients}`, run: (timing) => tpcb.run(clients, timing) };
}

function measuringGrowth(trial: Trial, books: Books, grown: Growth): Trial {
  return {
    name: trial.name,
    run: async (timing) => {
      const [before, sentBefore] = [await bytesOf(books), books.sent().transfers];
      const sample = await trial.run(timing);
      const [after, sentAfter] = [await bytesOf(books), books.sent().transfers];
      for (const [name, bytes] of Object.entries(after)) {
        grown.bytes[name] = (grown.bytes[name] ?? 0) + bytes - (before[name] ?? 0);
      }
      grown.transfers += sentAfter - sentBefore;
      return sample;
    },
  };
}
