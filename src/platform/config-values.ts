import { z } from 'zod';

/** A whole number between two bounds, with one sentence for all that it is not. */
export const whole = (min: number, max: number, unit = ''): z.ZodCoercedNumber => {
  const error = `must be a whole number${unit} from ${min} to ${max}`;
  return z.coerce.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};

export const durationMs = (defaultMs: number, maxMs = 31 * 86_400_000): z.ZodDefault<z.ZodCoercedNumber> =>
  whole(1, maxMs, ' of milliseconds').default(defaultMs);

/** Without a slash at the end. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http(s):// URL' })
  .transform((url) => url.replace(/\/+$/, ''));
