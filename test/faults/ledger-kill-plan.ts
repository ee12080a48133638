import { createHash } from 'node:crypto';
import type { Leg, Transfer } from '../../src/ledger';

/** The n-th thing to do, the same in every process that knows the seed: that is how the same id comes again. */
export interface Job {
  readonly index: number;
  /** One after the other; the second only when the first was accepted. */
  readonly steps: readonly Transfer[];
}

/** What a process is told about the run. */
export interface Plan {
  readonly url: string;
  readonly seed: number;
  /** Ids are made at this moment, so that they are the same whoever makes them. */
  readonly startedMs: number;
  readonly accounts: readonly string[];
  readonly trust: string;
  readonly feeIncome: string;
}

/** What the parent says to a posting process, one line of JSON each. */
export type Order =
  | { readonly say: 'begin'; readonly plan: Plan; readonly inDoubt: readonly number[]; readonly next: number }
  | { readonly say: 'pause' | 'resume' | 'finish' };

const hourMs = 3_600_000;
export const attachedTable = 'kill_attached';

export function jobOf(plan: Plan, index: number): Job {
  const bytes = digest(`${plan.seed} job ${index}`);
  const { accounts, trust, feeIncome } = plan;
  const payer = accounts[bytes.readUInt8(16) % accounts.length] ?? '';
  const payee =
    accounts[(accounts.indexOf(payer) + 1 + (bytes.readUInt8(17) % (accounts.length - 1))) % accounts.length] ?? '';
  const amountMinor = BigInt(bytes.readUInt16BE(18) % 4_000) + 2n;
  const principal: Leg = { debitAccountId: payer, creditAccountId: payee, amountMinor, code: 'principal' };
  const legs: Leg[] = [
    { ...principal, counted: true },
    { debitAccountId: payer, creditAccountId: feeIncome, amountMinor: 1n, code: 'fee' },
  ];
  const [transferId, secondId] = [uuidOf(plan, bytes), uuidOf(plan, digest(`${plan.seed} second ${index}`))];
  const attached = (id: string) => ({ attachments: [{ writer: 'kill_row', row: { id } }] });
  const reserve: Transfer = {
    kind: 'reserve',
    transferId,
    legs,
    expiresAt: new Date(plan.startedMs + 48 * hourMs),
    ...attached(transferId),
  };
  const second = { transferId: secondId, pendingId: transferId, ...attached(secondId) };
  switch (bytes.readUInt8(20) % 8) {
    case 0:
      return { index, steps: [reserve, { kind: 'post', ...second }] };
    case 1:
      return { index, steps: [reserve, { kind: 'void', ...second }] };
    case 2:
      return { index, steps: [reserve, { kind: 'post', amountsMinor: [amountMinor / 2n, 1n], ...second }] };
    case 3: // so that there is always money to move
      return {
        index,
        steps: [{ kind: 'transfer', transferId, legs: [{ ...principal, debitAccountId: trust }] }],
      };
    default:
      return { index, steps: [{ kind: 'transfer', transferId, legs, ...attached(transferId) }] };
  }
}

/** What a job books on each account when all its steps are accepted, credits positive. */
export function effectOf({ steps }: Job): { accountId: string; signed: bigint }[] {
  const [first, second] = steps;
  if (!first || !('legs' in first) || second?.kind === 'void') return [];
  return first.legs.flatMap(({ debitAccountId, creditAccountId, amountMinor }, index) => {
    const booked = second?.kind === 'post' ? (second.amountsMinor?.[index] ?? amountMinor) : amountMinor;
    return [
      { accountId: debitAccountId, signed: -booked },
      { accountId: creditAccountId, signed: booked },
    ];
  });
}

/** A number from 0 to 1, the same for the same words. */
export function chance(seed: number, words: string): number {
  return digest(`${seed} ${words}`).readUInt32BE(0) / 2 ** 32;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function uuidOf({ startedMs }: Plan, random: Buffer): string {
  const bytes = Buffer.from(random.subarray(0, 16));
  bytes.writeUIntBE(startedMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
