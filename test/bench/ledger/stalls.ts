import { rounded } from './figures';
import type { LogFiles, Sighting, Trace } from './tracer';

/** A transfer that took long; times as `performance.now()` tells them. */
export interface Late {
  readonly dueMs: number;
  readonly doneMs: number;
}

/** When this process stood still, and why if it is known. */
export interface Pause {
  readonly what: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Late transfers whose waits overlap, and what happened meanwhile. */
export interface Episode {
  readonly atMs: number;
  readonly lastedMs: number;
  readonly transfers: number;
  readonly worstMs: number;
  readonly evidence: readonly string[];
}

interface Span {
  readonly fromMs: number;
  toMs: number;
  transfers: number;
  worstMs: number;
}

export function episodesOf(late: readonly Late[]): Span[] {
  const spans: Span[] = [];
  for (const { dueMs, doneMs } of [...late].sort((one, other) => one.dueMs - other.dueMs)) {
    const last = spans.at(-1);
    if (last && dueMs <= last.toMs) {
      last.toMs = Math.max(last.toMs, doneMs);
      last.transfers += 1;
      last.worstMs = Math.max(last.worstMs, doneMs - dueMs);
    } else {
      spans.push({ fromMs: dueMs, toMs: doneMs, transfers: 1, worstMs: doneMs - dueMs });
    }
  }
  return spans;
}

/** Says what was seen during a stall; whoever reads it draws the conclusion. */
export function explain(span: Span, { trace, pauses }: { trace: Trace; pauses: readonly Pause[] }): Episode {
  const [from, to] = [performance.timeOrigin + span.fromMs, performance.timeOrigin + span.toMs];
  const seen = trace.sightings.filter(({ atMs }) => atMs >= from && atMs <= to + 5);
  return {
    atMs: rounded(span.fromMs, 0) ?? 0,
    lastedMs: rounded(span.toMs - span.fromMs, 0) ?? 0,
    transfers: span.transfers,
    worstMs: rounded(span.worstMs, 1) ?? 0,
    evidence: [
      ...summed(pauses.filter(({ fromMs, toMs }) => fromMs <= span.toMs && toMs >= span.fromMs)),
      `lanes: ${counted(seen.flatMap(({ lanes }) => lanes.flatMap(({ what }) => what ?? [])))}`,
      ...[...new Set(seen.flatMap(({ others }) => others))],
      ...starved(trace.sightings, from, to),
      ...newFiles(trace.logFiles, from, to),
    ],
  };
}

function summed(pauses: readonly Pause[]): string[] {
  const sums = new Map<string, number>();
  for (const { what, fromMs, toMs } of pauses) sums.set(what, (sums.get(what) ?? 0) + toMs - fromMs);
  return [...sums].map(([what, ms]) => `${what} for ${ms.toFixed(0)} ms`);
}

function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.map(([word, count]) => `${word} × ${count}`).join(', ') || 'nobody looked';
}

/** How long the gateway and the busiest of its connections wanted a processor and had none. */
function starved(sightings: readonly Sighting[], from: number, to: number): string[] {
  const first = sightings.findLast(({ atMs }) => atMs <= from);
  const last = sightings.find(({ atMs }) => atMs >= to);
  if (!first || !last) return [];
  const lanes = last.lanes.map(({ pid, starvedMs }) => {
    const before = first.lanes.find((lane) => lane.pid === pid);
    return before ? starvedMs - before.starvedMs : 0;
  });
  const waits = [
    ['the gateway', last.starvedMs - first.starvedMs],
    ['a lane', Math.max(0, ...lanes)],
  ] as const;
  return waits.flatMap(([who, ms]) => (ms < 1 ? [] : [`${who} waited ${ms.toFixed(0)} ms for a processor`]));
}

function newFiles(files: readonly LogFiles[], from: number, to: number): string[] {
  const first = files.findLast(({ atMs }) => atMs <= from);
  const last = files.find(({ atMs }) => atMs >= to);
  if (!first || !last || last.files <= first.files) return [];
  return [`${last.files - first.files} new log files`];
}
