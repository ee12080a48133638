import { z } from 'zod';
import { isCurrency, minorFromDecimal, type Currency, type Json } from '../platform';
import {
  channels,
  directions,
  partyRoles,
  paths,
  products,
  type RedressPolicy,
  type RuleBodies,
  type RuleKind,
  type Step,
} from './types';

/** Rules as people write them: amounts are decimal strings of the market's currency. */

const day = z.iso.date('must be a date like 2026-01-31');
const count = z.int().min(0).max(2_000_000_000);
const tierName = z.string().regex(/^[a-z][a-z0-9_]{0,19}$/, 'must be a short word in small letters');

/** What must be known before the amounts can be read. */
const head = z.object({ currency: z.string().refine(isCurrency, 'is not a currency known here') });

function amountIn(currency: Currency) {
  return z.string().transform((text, context): bigint => {
    try {
      return minorFromDecimal(text, currency);
    } catch {
      context.addIssue({ code: 'custom', message: `must be an amount in ${currency}, like "100"` });
      return z.NEVER;
    }
  });
}

function stepsIn(currency: Currency) {
  const amount = amountIn(currency);
  const step = z
    .strictObject({
      upTo: amount.optional(),
      flat: amount.default(0n),
      basisPoints: z.int().min(0).max(10_000).default(0),
      base: amount.default(0n),
      min: amount.optional(),
      max: amount.optional(),
    })
    .transform(({ upTo, flat, basisPoints, base, min, max }): Step => ({
      upToMinor: upTo,
      flatMinor: flat,
      basisPoints,
      baseMinor: base,
      minMinor: min,
      maxMinor: max,
    }));
  return z
    .array(step)
    .min(1)
    .superRefine((steps, context) => {
      for (const [index, message] of steps
        .map((one, at) => wrongWith(one, steps[at - 1], at === steps.length - 1))
        .entries()) {
        if (message !== undefined) context.addIssue({ code: 'custom', message, path: [index] });
      }
    });
}

function wrongWith(step: Step, before: Step | undefined, last: boolean): string | undefined {
  const from = before?.upToMinor ?? 0n;
  if (step.upToMinor === undefined && !last) return 'needs upTo: only the last step has no end';
  if (step.upToMinor !== undefined && step.upToMinor <= from) return 'must end above the step before';
  if (step.baseMinor > from) return 'has a base above its own beginning';
  if (step.minMinor !== undefined && step.maxMinor !== undefined && step.minMinor > step.maxMinor) {
    return 'has a min above its max';
  }
  return undefined;
}

/** Two rows about the same could not both hold. */
function unlike(keys: readonly string[]) {
  return (rows: readonly object[], context: z.RefinementCtx): void => {
    const seen = new Set<string>();
    for (const [index, row] of rows.entries()) {
      const key = JSON.stringify(keys.map((name) => (row as Record<string, unknown>)[name] ?? null));
      if (seen.has(key))
        context.addIssue({ code: 'custom', message: 'is about the same as a row before', path: [index] });
      seen.add(key);
    }
  };
}

const criteria = {
  product: z.enum(products),
  channel: z.enum(channels).optional(),
  path: z.enum(paths).optional(),
  payerRole: z.enum(partyRoles).optional(),
  payerTier: tierName.optional(),
  payeeRole: z.enum(partyRoles).optional(),
  payeeTier: tierName.optional(),
};

function limitsIn(currency: Currency) {
  const amount = amountIn(currency);
  const allowance = z
    .strictObject({ amount: amount.optional(), count: count.optional() })
    .transform(({ amount: amountMinor, count: times }) => ({ amountMinor, count: times }));
  const row = z
    .strictObject({
      direction: z.enum(directions),
      role: z.enum(partyRoles).optional(),
      tier: tierName.optional(),
      product: z.enum(products).optional(),
      channel: z.enum(channels).optional(),
      transferMin: amount.optional(),
      transferMax: amount.optional(),
      day: allowance.optional(),
      week: allowance.optional(),
      month: allowance.optional(),
      year: allowance.optional(),
      balanceMax: amount.optional(),
    })
    .refine(({ product, channel }) => product === undefined || channel === undefined, 'has a product and a channel')
    .refine(
      ({ balanceMax, direction, product, channel }) =>
        balanceMax === undefined || (direction === 'in' && product === undefined && channel === undefined),
      'can have balanceMax only for what comes in, over all products and channels',
    )
    .transform(({ transferMin, transferMax, balanceMax, ...rest }) => ({
      ...rest,
      transferMinMinor: transferMin,
      transferMaxMinor: transferMax,
      balanceMaxMinor: balanceMax,
    }));
  return z.array(row).superRefine(unlike(['direction', 'role', 'tier', 'product', 'channel']));
}

function tiersIn(currency: Currency) {
  const promotion = z
    .strictObject({ accountAgeDays: count, balanceMin: amountIn(currency), paymentsMin: count })
    .transform(({ balanceMin, ...rest }) => ({ ...rest, balanceMinMinor: balanceMin }));
  return z
    .array(z.strictObject({ tier: tierName, promotion: promotion.optional() }))
    .min(1)
    .superRefine(unlike(['tier']));
}

const hourMs = 3_600_000;
const hours = z.int().min(1).max(8_760).transform((n) => n * hourMs); // prettier-ignore
const feeBack = z.enum(['whole', 'never']);

const redress = z
  .strictObject({
    wrongSendWindowHours: hours,
    // The ledger holds nothing longer than 30 days.
    holdHours: z.int().min(1).max(720).transform((n) => n * hourMs), // prettier-ignore
    answerHours: z.strictObject({ wrongSend: hours, other: hours }),
    appealDays: z.int().min(1).max(365),
    casesPerDay: count,
    staffRefundsPerDay: count,
    feeBack: z.strictObject({ wrongSend: feeBack, other: feeBack }),
  })
  .transform(({ wrongSendWindowHours, holdHours, answerHours, appealDays, ...rest }): RedressPolicy => ({
    ...rest,
    wrongSendWindowMs: wrongSendWindowHours,
    holdMs: holdHours,
    answerMs: answerHours,
    appealMs: appealDays * 24 * hourMs,
  }));

/** What a body of each kind must look like. */
function bodySchemas(currency: Currency): { [Kind in RuleKind]: z.ZodType<RuleBodies[Kind]> } {
  const steps = stepsIn(currency);
  const keys = Object.keys(criteria);
  return {
    fees: z
      .array(z.strictObject({ ...criteria, side: z.enum(['payer', 'payee', 'centre']), steps }))
      .superRefine(unlike(['side', ...keys])),
    commissions: z.array(z.strictObject({ ...criteria, steps })).superRefine(unlike(keys)),
    limits: limitsIn(currency),
    tiers: tiersIn(currency),
    conduct: z
      .strictObject({
        cashInCode: z.boolean(),
        idDigitsAbove: amountIn(currency).nullable(),
        floatLow: amountIn(currency),
        floatHigh: amountIn(currency),
      })
      .refine(({ floatLow, floatHigh }) => floatLow < floatHigh, 'must have floatLow below floatHigh')
      .transform(({ idDigitsAbove, floatLow, floatHigh, ...rest }) => ({
        ...rest,
        idDigitsAboveMinor: idDigitsAbove,
        floatLowMinor: floatLow,
        floatHighMinor: floatHigh,
      })),
  };
}

export type MarketVersion = { readonly [Kind in RuleKind]?: RuleBodies[Kind] | undefined } & {
  readonly from: string;
  /** Its bodies as they were written. */
  readonly source: Readonly<Record<string, Json>>;
};

/** A market's file: the first version has every kind, a later one what changed. */
export interface MarketFile {
  readonly country: string;
  readonly currency: Currency;
  readonly timeZone: string;
  readonly amountMaxMinor: bigint;
  readonly redress: RedressPolicy;
  readonly versions: readonly MarketVersion[];
}

export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: string[] };

/** Reads a market's file. Every problem names its field: `versions.0.fees.2.steps.1 must end above the step before`. */
export function parseMarket(json: unknown): Checked<MarketFile> {
  const begun = head.safeParse(json);
  if (!begun.success) return { ok: false, problems: problemsOf(begun.error) };
  const bodies = bodySchemas(begun.data.currency);
  const version = z.strictObject({ from: day, ...bodies });
  const later = version.partial().required({ from: true });
  const file = z.strictObject({
    country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO country code'),
    currency: z.custom<Currency>(),
    timeZone: z.string().min(1),
    amountMax: amountIn(begun.data.currency),
    redress,
    versions: z.tuple([version], later).superRefine((versions, context) => {
      for (const [index, { from }] of versions.entries()) {
        const before = versions[index - 1];
        if (before && from <= before.from) {
          context.addIssue({ code: 'custom', message: 'must be later than the version before', path: [index, 'from'] });
        }
      }
    }),
  });
  const parsed = file.safeParse(json);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error) };
  const { amountMax, ...rest } = parsed.data;
  const sources = (json as { versions: Record<string, Json>[] }).versions;
  const versions = parsed.data.versions.map((one, index) => ({ ...one, source: sources[index] ?? {} }));
  return { ok: true, value: { ...rest, versions, amountMaxMinor: amountMax } };
}

/** Reads one body, as somebody proposes it. Problems as of `parseMarket`. */
export function parseBody<Kind extends RuleKind>(
  kind: Kind,
  json: unknown,
  currency: Currency,
): Checked<RuleBodies[Kind]> {
  const parsed = bodySchemas(currency)[kind].safeParse(json);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problems: problemsOf(parsed.error) };
}

function problemsOf({ issues }: z.ZodError): string[] {
  return issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
}
