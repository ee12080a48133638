import { z } from 'zod';

/** The longest delay that a test may ask for. */
export const DELAY_MAX_MS = 120_000;

/** A delay in whole milliseconds. */
export const delaySchema = z.number().int().min(0).max(DELAY_MAX_MS);

const faultsSchema = z.strictObject({
  sms: z.enum(['ok', 'timeout', 'error', 'reject']),
  delayMs: delaySchema,
});

/** What a caller may change: any part. */
export const faultsChangeSchema = faultsSchema.partial();

/** How the SMS endpoint misbehaves. `delayMs` holds back the answer and the delivery. */
export type Faults = z.infer<typeof faultsSchema>;

/** No fault at all. */
export const NO_FAULTS: Faults = { sms: 'ok', delayMs: 0 };
