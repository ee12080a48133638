import { z } from 'zod';

/** What arguments are made of. Messages end a sentence that begins with the argument's name. */
export const who = z.string('must name a person by phone or user number').trim().min(1).max(40);
export const staffId = z
  .string('must be a short name such as amani')
  .regex(/^[a-z][a-z0-9.-]{1,29}$/, 'must be a short name such as amani');
export const words = (max: number): z.ZodString =>
  z.string('must be text').trim().min(1, 'must not be empty').max(max, `must have at most ${max} letters`);
