import { z } from 'zod';
import { parseMsisdn, type Country, type Msisdn } from '../../platform';

/**
 * Africa's Talking's callbacks (developers.africastalking.com: USSD overview and notifications, SMS notifications), all
 * form-encoded. Fields that we don't need are left where they are: several of them repeat what the caller typed.
 */
/** Ids and codes are printable ASCII: whatever else comes is not from a provider. */
const printable = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax)
    .regex(/^[!-~]+$/, 'is not a plain id');
const id = printable(128);
/** Longer than anything that fits a session of 180 seconds. */
const typedLengthMax = 2_000;

const phone = (country: Country) =>
  z
    .string()
    .max(32)
    .transform((raw, context): Msisdn => {
      const msisdn = parseMsisdn(raw.trim(), country);
      if (msisdn) return msisdn;
      context.addIssue({ code: 'custom', message: 'is not a phone number' });
      return z.NEVER;
    });

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- a schema's type is what the schema says
export function createForms(country: Country) {
  return {
    /** `text` holds all inputs so far, joined by `*`: empty on the dial. */
    hop: z.object({
      sessionId: id,
      phoneNumber: phone(country),
      networkCode: z.string().max(16).default(''),
      serviceCode: printable(64),
      text: z.string().max(typedLengthMax),
    }),
    sessionEnd: z.object({
      sessionId: id,
      status: z.enum(['Success', 'Incomplete', 'Failed']),
      hopsMetadata: z.string().max(4_000).default(''),
    }),
    inboundSms: z.object({ id, from: phone(country), text: z.string().max(typedLengthMax).default('') }),
    deliveryReport: z.object({ id, status: z.string().max(32) }),
  };
}

/** Our final states by theirs (SMS notifications, "delivery reports"); the others are on the way to one of these. */
export const finalDeliveryStates: Readonly<Record<string, 'delivered' | 'failed'>> = {
  Success: 'delivered',
  Failed: 'failed',
  Rejected: 'failed',
  Expired: 'failed',
};
