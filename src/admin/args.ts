import { z } from 'zod';

/** What arguments are made of. Messages end a sentence that begins with the argument's name. */
export const who = z.string('must name a person by phone or user number').trim().min(1).max(40);
/** Whether it is one in the market's currency is seen when it is used. */
export const amount = z.string().regex(/^\d{1,15}(\.\d{1,3})?$/, 'must be an amount such as 2500.00');
export const accountId = z.string().regex(/^[1-9]\d{0,18}$/, 'must be the number of an account');
export const staffId = z
  .string('must be a short name such as amani')
  .regex(/^[a-z][a-z0-9.-]{1,29}$/, 'must be a short name such as amani');
export const time = z.iso.datetime({ offset: true, error: 'must be a time such as 2026-12-31T18:00:00+03:00' });
export const dfspId = z
  .string('must be the name of a provider in the scheme')
  .regex(/^[\w-]{1,32}$/, 'must be the name of a provider in the scheme');
export const words = (max: number): z.ZodString =>
  z.string('must be text').trim().min(1, 'must not be empty').max(max, `must have at most ${max} letters`);
