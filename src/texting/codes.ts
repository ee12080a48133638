import { plusMs, type Clock, type CodeDigests, type Db, type Ids, type Tx } from '../platform';
import * as store from './store';

/** What a code was asked for. */
export type Asked = 'balance' | 'mini';

export interface CodeDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly codes: CodeDigests;
}

export const codeTtlMs = 10 * 60_000;
const triesMax = 3;
const codesPerHourMax = 3;
const hourMs = 3_600_000;

/** A fresh code in the place of any before it; undefined when this person has had enough of them for now. */
export async function issueCode(
  { clock, ids, codes }: CodeDeps,
  tx: Tx,
  { customerId, asked }: { customerId: string; asked: Asked },
): Promise<string | undefined> {
  const now = clock.now();
  if ((await store.countCodesSince(tx, customerId, plusMs(now, -hourMs))) >= codesPerHourMax) return undefined;
  const [codeId, code] = [ids.uuid(), ids.code()];
  const digest = codes.of(codeId, code);
  await store.endCodes(tx, customerId, now);
  await store.insertCode(tx, {
    codeId,
    customerId,
    asked,
    digest,
    triesLeft: triesMax,
    now,
    expiresAt: plusMs(now, codeTtlMs),
  });
  return code;
}

export type Redeemed =
  | { readonly outcome: 'right'; readonly codeId: string }
  | { readonly outcome: 'wrong'; readonly triesLeft: number }
  /** It was a code once: used, replaced, or too old. */
  | { readonly outcome: 'over' }
  /** Nobody was asked for one. */
  | { readonly outcome: 'unasked' };

/** The code that this is, without using it up; undefined when it is none. */
export async function findCode(
  { db, clock, codes }: CodeDeps & { readonly db: Db },
  { customerIds, code }: { customerIds: readonly string[]; code: string },
): Promise<store.CodeRow | undefined> {
  const rows = await store.codesSince(db, customerIds, plusMs(clock.now(), -hourMs));
  return rows.find(({ codeId, digest }) => codes.match(digest, codeId, code));
}

/** Uses a code, once; a wrong one costs a try of every code that is open for these people. */
export async function redeemCode(
  { clock, codes }: CodeDeps,
  tx: Tx,
  { customerIds, code }: { customerIds: readonly string[]; code: string },
): Promise<Redeemed> {
  const now = clock.now();
  await store.lockCodes(tx, customerIds);
  const rows = await store.codesSince(tx, customerIds, plusMs(now, -hourMs));
  const isOpen = (row: store.CodeRow) => row.endedAt === null && row.triesLeft > 0 && row.expiresAt > now;
  const match = rows.find(({ codeId, digest }) => codes.match(digest, codeId, code));
  if (match) {
    if (!isOpen(match)) return { outcome: 'over' };
    await store.endCodes(tx, match.customerId, now);
    return { outcome: 'right', codeId: match.codeId };
  }
  const open = rows.filter(isOpen);
  if (open.length === 0) return { outcome: 'unasked' };
  await store.takeTries(
    tx,
    open.map(({ codeId }) => codeId),
  );
  return { outcome: 'wrong', triesLeft: Math.max(...open.map(({ triesLeft }) => triesLeft)) - 1 };
}
