/** What one round of one workload came to. */
export interface Sample {
  readonly perSecond: number;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly maxMs?: number | undefined;
  /** Processor time for one, in PostgreSQL's processes that served it and in ours. */
  readonly postgresUs?: number | undefined;
  readonly nodeUs?: number | undefined;
  /** Transfers in one call of the database. */
  readonly batch?: number | undefined;
}

/** Latencies in milliseconds, as they come. */
export interface Recorder {
  add(ms: number): void;
  count(): number;
  figures(): Latency;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

const firstRoom = 65_536;

export function createRecorder(): Recorder {
  let values = new Float64Array(firstRoom);
  let used = 0;
  return {
    add: (ms) => {
      if (used === values.length) {
        const larger = new Float64Array(used * 2);
        larger.set(values);
        values = larger;
      }
      values[used] = ms;
      used += 1;
    },
    count: () => used,
    figures: () => {
      const sorted = values.subarray(0, used).slice().sort();
      const at = (share: number) => sorted[Math.min(used - 1, Math.ceil(share * used) - 1)] ?? Number.NaN;
      return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), p999Ms: at(0.999), maxMs: at(1) };
    },
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The median of each figure over the rounds; of the maxima, the greatest. */
export function medianSample(samples: readonly Sample[]): Sample | undefined {
  if (samples.length === 0) return undefined;
  const of = (figure: keyof Sample): number | undefined => {
    const values = samples.flatMap((sample) => sample[figure] ?? []);
    return values.length > 0 ? median(values) : undefined;
  };
  const maxima = samples.flatMap(({ maxMs }) => maxMs ?? []);
  return {
    perSecond: of('perSecond') ?? Number.NaN,
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    maxMs: maxima.length > 0 ? Math.max(...maxima) : undefined,
    postgresUs: of('postgresUs'),
    nodeUs: of('nodeUs'),
    batch: of('batch'),
  };
}

export function rounded(value: number | undefined, digits = 2): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : Number(value.toFixed(digits));
}
