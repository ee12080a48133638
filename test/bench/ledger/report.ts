import { cpus } from 'node:os';
import { medianSample, rounded } from './figures';
import type { OpenRound } from './open-loop';
import type { Plan } from './plan';
import { bestTpcb, rowsOf, type Measured, type Row } from './rows';
import type { BenchServer } from './server';
import type { Verified } from './verify-books';

export interface Report {
  readonly server: BenchServer;
  readonly machine: string;
  readonly plan: Plan;
  readonly tpcb: { readonly by: string; readonly scale: number } | undefined;
  readonly measured: Measured;
  /** Where time was short, rounds were shorter than planned. */
  readonly shortestMs: number;
  readonly open: readonly OpenRound[];
  readonly verified: readonly Verified[];
  /** The share of the processors that others had while it ran, where the system tells. */
  readonly othersShare: number | undefined;
  readonly seconds: number;
}

export function jsonOf(report: Report): string {
  const { server, machine, plan, tpcb, measured } = report;
  const byClients = [...measured.samples].flatMap(([name, rounds]) =>
    name.startsWith('tpcb-') ? [{ name, ...medianSample(rounds) }] : [],
  );
  const best = bestTpcb(measured);
  return JSON.stringify({
    rows: rowsOf(measured, plan),
    tpcb: tpcb && {
      by: tpcb.by,
      scale: tpcb.scale,
      perSecond: rounded(best?.perSecond, 0),
      best: best?.name,
      byClients,
    },
    comparators: Object.fromEntries(
      ['bare', 'books:empty', 'books:full'].flatMap((name) => {
        const sample = medianSample(measured.samples.get(name) ?? []);
        return sample ? [[name, sample]] : [];
      }),
    ),
    bytes: plan.wants('bytes')
      ? Object.fromEntries(
          Object.entries(measured.grown.bytes).map(([name, bytes]) => [
            name,
            rounded(bytes / measured.grown.transfers, 1),
          ]),
        )
      : undefined,
    open: report.open,
    verified: report.verified,
    machine,
    server: { kind: server.kind, version: server.version, settings: server.settings },
    quick: plan.quick,
    rounds: plan.rounds,
    secondsPerRound: plan.timing.measureMs / 1_000,
    shortestRoundSeconds: rounded(report.shortestMs / 1_000),
    accounts: plan.accounts,
    lanes: plan.lanes,
    historyPostings: plan.wants('books-50m') ? plan.accounts * plan.historyPerAccount * 2 : undefined,
    othersShare: rounded(report.othersShare, 3),
    seconds: rounded(report.seconds, 1),
  });
}

export function markdownOf(report: Report): string {
  const { server, machine, plan, tpcb, measured } = report;
  const settings = Object.entries(server.settings).map(([name, value]) => `${name}=${value}`);
  const best = bestTpcb(measured);
  const lines = [
    `# The ledger under load`,
    '',
    `- Machine: ${machine}`,
    `- PostgreSQL ${server.version} (${server.kind}); ${settings.join(' ')}`,
    `- ${plan.accounts} accounts, ${plan.lanes} lanes; medians of ${plan.rounds} interleaved rounds of ${roundWords(report)}; load, engine and database share the machine`,
    ...(report.othersShare === undefined
      ? []
      : [`- Others had ${(report.othersShare * 100).toFixed(0)} % of the processors meanwhile`]),
    ...(tpcb && best
      ? [
          `- TPC-B by ${tpcb.by}, scale ${tpcb.scale}: ${tpcbLine(measured)}; best: ${best.perSecond.toFixed(0)} a second`,
        ]
      : []),
    ...report.verified.map(({ name, words }) => `- Books ${name}: ${words}`),
    '',
    '| row | goal | measured | of | | per second | p50 ms | p99 ms | max ms | PostgreSQL µs | Node µs | batch |',
    '| --- | --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rowsOf(measured, plan).map((row) => rowLine(row, report.othersShare)),
    ...openLines(report.open),
  ];
  return lines.join('\n');
}

function roundWords({ plan: { timing }, shortestMs }: Report): string {
  const shortest = shortestMs < timing.measureMs ? `, the shortest of ${(shortestMs / 1_000).toFixed(2)} s` : '';
  return `${timing.measureMs / 1_000} s${shortest}`;
}

function tpcbLine({ samples }: Measured): string {
  return [...samples]
    .filter(([name]) => name.startsWith('tpcb-'))
    .map(([name, rounds]) => `${name.slice('tpcb-'.length)} ${medianSample(rounds)?.perSecond.toFixed(0) ?? '?'}`)
    .join(', ');
}

function rowLine(row: Row, othersShare = 0): string {
  const cells = [
    row.name,
    row.goal ?? '',
    row.ratio,
    row.of,
    row.met === undefined ? '' : row.met ? 'met' : `not met: ${boundOf(row, othersShare)}`,
    row.perSecond,
    row.p50Ms,
    row.p99Ms,
    row.maxMs,
    row.postgresUs,
    row.nodeUs,
    row.batch,
  ];
  return `| ${cells.map((cell) => (cell === undefined || Number.isNaN(cell) ? '' : String(cell))).join(' | ')} |`;
}

const nearlyAll = 0.8;

/** Whether what others left of the processors was used up or something was waited for. */
function boundOf({ perSecond = 0, postgresUs, nodeUs }: Row, othersShare: number): string {
  if (postgresUs === undefined || nodeUs === undefined) return 'the processor time of the server is not known';
  const busy = ((postgresUs + nodeUs) * perSecond) / 1e6 / cpus().length;
  const cost = `${postgresUs} µs in PostgreSQL and ${nodeUs} µs in Node each`;
  const shares = `${(busy * 100).toFixed(0)} % of the processors were its own, ${(othersShare * 100).toFixed(0)} % others'`;
  return `${busy + othersShare >= nearlyAll ? 'processors' : 'waiting'}: ${shares} (${cost})`;
}

function openLines(open: readonly OpenRound[]): string[] {
  if (open.length === 0) return [];
  return [
    '',
    '## Arrivals at random, latency from the moment each was due',
    '',
    '| a second | came | p50 ms | p99 ms | p99.9 ms | max ms | batch | stalls > 20 ms |',
    '| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...open.map(({ rate, transfers, p50Ms, p99Ms, p999Ms, maxMs, batch, stalls }) => {
      const cells = [rate, transfers, p50Ms, p99Ms, p999Ms, maxMs, batch, stalls.length];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
    ...open.flatMap(stallLines),
  ];
}

const stallsTold = 8;

/** The worst ones, with what was seen meanwhile. */
function stallLines({ rate, stalls }: OpenRound): string[] {
  const worst = [...stalls].sort((one, other) => other.worstMs - one.worstMs).slice(0, stallsTold);
  return worst.map(({ atMs, lastedMs, transfers, worstMs, evidence }) => {
    const what = `${transfers} transfers in ${lastedMs} ms, worst ${worstMs} ms`;
    return `- ${rate}/s at ${(atMs / 1_000).toFixed(1)} s: ${what}: ${evidence.join('; ')}`;
  });
}
