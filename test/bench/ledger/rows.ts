import { medianSample, median, rounded, type Sample } from './figures';
import type { Plan } from './plan';
import { bytesPerTransfer, type Growth } from './size';

/** One line of the report. */
export interface Row extends Partial<Sample> {
  readonly name: string;
  /** What is held against the goal: what it is a ratio of stands in `of`. */
  readonly ratio: number | undefined;
  readonly of: string;
  readonly goal: string | undefined;
  readonly met: boolean | undefined;
  readonly note?: string;
}

export interface Measured {
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  readonly grown: Growth;
}

interface Goal {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly p99AtMostMs?: number;
}

const goals: Readonly<Record<string, Goal>> = {
  fee: { atLeast: 5, p99AtMostMs: 30 },
  'fee-3': { atLeast: 4 },
  pairs: { atLeast: 3 },
  single: { atMost: 3 },
  refused: { atLeast: 0.9 },
  'books-50m': { atMost: 1.25 },
  'audit-off': { atLeast: 0.95 },
  bytes: { atMost: 450 },
};

const ofTpcb = [
  'fee',
  'fee-3',
  'pairs',
  'limits',
  'fee+attached',
  'fee-3+attached',
  'pairs+attached',
  'limits+attached',
  'one-call',
  'naive-16',
  'naive-64',
];

/** The best of the medians of TPC-B. */
export function bestTpcb({ samples }: Measured): { name: string; perSecond: number } | undefined {
  const all = [...samples].flatMap(([name, rounds]) =>
    name.startsWith('tpcb-') ? [{ name, perSecond: medianSample(rounds)?.perSecond ?? 0 }] : [],
  );
  return all.sort((one, other) => other.perSecond - one.perSecond)[0];
}

export function rowsOf(measured: Measured, plan: Plan): Row[] {
  const best = bestTpcb(measured);
  const of = (name: string): Sample | undefined => medianSample(measured.samples.get(name) ?? []);
  const rows: Row[] = [];
  const add = (name: string, sample: Sample | undefined, ratio: number | undefined, what: string): void => {
    if (sample) rows.push(rowOf(name, sample, { ratio, of: what }));
  };
  for (const name of ofTpcb) {
    const sample = of(name);
    add(name, sample, sample && best && sample.perSecond / best.perSecond, 'TPC-B per second');
  }
  for (const name of ['single', 'single+attached']) {
    const [sample, bare] = [of(name), of('bare')];
    add(name, sample, sample?.p50Ms && bare?.p50Ms && sample.p50Ms / bare.p50Ms, 'p50 of a bare insert');
  }
  for (const [name, base] of [
    ['refused', 'fee'],
    ['refused+attached', 'fee+attached'],
  ] as const) {
    add(name, of(name), pairedRatio(measured, name, base), `${base} per second`);
  }
  add('books-50m', of('books:full'), pairedRatio(measured, 'books:empty', 'books:full'), 'cost with empty books');
  add('audit-off', of('audit-off'), pairedRatio(measured, 'fee', 'audit-off'), 'per second without audit');
  if (plan.wants('bytes') && measured.grown.transfers > 0) {
    const perTransfer = bytesPerTransfer(measured.grown);
    rows.push({ ...rowOf('bytes', {}, { ratio: perTransfer, of: 'bytes for a transfer of two legs' }) });
  }
  return rows.filter(({ name }) => plan.wants(name) || (plan.wants('naive') && name.startsWith('naive')));
}

/** The median of the rounds' own ratios: both ran side by side, so what slowed one round slowed both. */
function pairedRatio({ samples }: Measured, above: string, below: string): number | undefined {
  const [over, under] = [samples.get(above) ?? [], samples.get(below) ?? []];
  const ratios = over.flatMap(({ perSecond }, round) => {
    const other = under[round];
    return other ? [perSecond / other.perSecond] : [];
  });
  return ratios.length > 0 ? median(ratios) : undefined;
}

function rowOf(name: string, sample: Partial<Sample>, held: { ratio: number | undefined; of: string }): Row {
  const goal = goals[name];
  const met = goal && held.ratio !== undefined ? isMet(goal, held.ratio, sample.p99Ms) : undefined;
  return {
    name,
    ratio: rounded(held.ratio, held.ratio !== undefined && held.ratio > 100 ? 0 : 2),
    of: held.of,
    goal: goal && wordsOf(goal),
    met,
    perSecond: rounded(sample.perSecond, 0) ?? Number.NaN,
    p50Ms: rounded(sample.p50Ms, 3),
    p99Ms: rounded(sample.p99Ms),
    maxMs: rounded(sample.maxMs),
    postgresUs: rounded(sample.postgresUs, 1),
    nodeUs: rounded(sample.nodeUs, 1),
    batch: rounded(sample.batch, 1),
  };
}

function isMet({ atLeast = -Infinity, atMost = Infinity, p99AtMostMs }: Goal, ratio: number, p99Ms?: number): boolean {
  return ratio >= atLeast && ratio <= atMost && (p99AtMostMs === undefined || (p99Ms ?? Infinity) <= p99AtMostMs);
}

function wordsOf({ atLeast, atMost, p99AtMostMs }: Goal): string {
  return [
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}`]),
    ...(atMost === undefined ? [] : [`≤ ${atMost}`]),
    ...(p99AtMostMs === undefined ? [] : [`p99 ≤ ${p99AtMostMs} ms`]),
  ].join(', ');
}
