import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { unprocessable } from '../errors';
import { parseBody } from '../http';

/** What a test makes the ledger do wrong (30.11.6, 30.11.9). Nothing of it is kept over a restart. */
export interface Faults {
  /** Each prepare waits this long before the ledger looks at it. */
  holdPrepareMs: number;
  /** Each fulfillment waits this long. */
  holdFulfillMs: number;
  /** A held fulfillment is acknowledged before it waits; the notification then says what became of it. */
  acknowledgeFirst: boolean;
  /** Each new prepare is refused for this reason; empty for none. */
  rejectPrepares: string;
  /** Notifications to these accounts are dropped. */
  silentAccounts: string[];
}

const hold = z.number('must be milliseconds').int().min(0).max(600_000).default(0);
const schema = z.object({
  holdPrepareMs: hold,
  holdFulfillMs: hold,
  acknowledgeFirst: z.boolean('must be true or false').default(false),
  rejectPrepares: z.string('must be a string').default(''),
  silentAccounts: z.array(z.string()).default([]),
});

export const noFaults = (): Faults => schema.parse({});

export const readFaults = (body: unknown): Faults => parseBody(schema, body);

export async function holdPrepare({ holdPrepareMs, rejectPrepares }: Faults): Promise<void> {
  if (holdPrepareMs > 0) await sleep(holdPrepareMs);
  if (rejectPrepares !== '') throw unprocessable(rejectPrepares, 'id');
}
