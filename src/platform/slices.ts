/** Works on so many at once, one slice after the other; resolves to what came of each, in their order. */
export async function inSlices<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  }
  return results;
}

const batchRows = 500;
const batchesMax = 2_000;

/**
 * Does in small pieces what would hold up others in one: `work` does at most so much and says how much that was, each piece in a
 * transaction of its own, until nothing is left or for once it was enough. Returns how much in all.
 */
export async function inBatches(work: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < batchesMax; batch += 1) {
    const done = await work(batchRows);
    total += done;
    if (done === 0) break;
  }
  return total;
}
