/**
 * What can be paid for; own = between one's own accounts, float = agent ↔ super-agent, sweep = commission → float, correction = a
 * payment that crossed a scheme, put right as the scheme has decided it.
 */
export const products = [
  'send',
  'own',
  'cash_in',
  'cash_out',
  'purchase',
  'float',
  'sweep',
  'refund',
  'topup',
  'correction',
] as const;
export type Product = (typeof products)[number];

/** Through what it was asked for. */
export const channels = ['ussd', 'sms', 'api', 'staff'] as const;
export type Channel = (typeof channels)[number];

/** As what somebody takes part; `house` is the provider itself. */
export const partyRoles = ['customer', 'agent', 'super_agent', 'merchant', 'house'] as const;
export type PartyRole = (typeof partyRoles)[number];

/** Inside one provider, or from one to another: only the latter pays a fee to the centre between them. */
export const paths = ['same', 'cross'] as const;
export type Path = (typeof paths)[number];

export const directions = ['out', 'in'] as const;
export type Direction = (typeof directions)[number];

export const periods = ['day', 'week', 'month', 'year'] as const;
export type Period = (typeof periods)[number];

/** One side of a payment. `tier`: a name of the market's; absent: its first one. */
export interface Party {
  readonly role: PartyRole;
  readonly tier?: string | undefined;
}

export interface PriceRequest {
  readonly product: Product;
  readonly channel: Channel;
  readonly payer: Party;
  readonly payee: Party;
  readonly amountMinor: bigint;
  readonly at: Date;
  /** Default: `same`. */
  readonly path?: Path | undefined;
}

export interface Price {
  /** On top of the amount, from the payer to the provider. */
  readonly payerFeeMinor: bigint;
  /** Out of the amount, from the payee to the provider; never more than the amount. */
  readonly payeeFeeMinor: bigint;
  /** To the centre between two providers; always 0 inside of one. */
  readonly centreFeeMinor: bigint;
  /** To the agent, from the provider. */
  readonly commissionMinor: bigint;
  /** By which rules, so that it can be worked out again: `fees@2026-01-01 commissions#12`. */
  readonly ruleVersion: string;
}

/** One flight of stairs: what an amount within this range costs. */
export interface Step {
  /** The last amount of the range; absent: there is no end. The range begins behind that of the step before. */
  readonly upToMinor?: bigint | undefined;
  readonly flatMinor: bigint;
  /** Hundredths of a percent of what the amount is above `baseMinor`. */
  readonly basisPoints: number;
  readonly baseMinor: bigint;
  readonly minMinor?: bigint | undefined;
  readonly maxMinor?: bigint | undefined;
}

/** Which payments a row is about; what is absent does not matter to it. */
export interface Criteria {
  readonly product: Product;
  readonly channel?: Channel | undefined;
  readonly path?: Path | undefined;
  readonly payerRole?: PartyRole | undefined;
  readonly payerTier?: string | undefined;
  readonly payeeRole?: PartyRole | undefined;
  readonly payeeTier?: string | undefined;
}
export interface CommissionRow extends Criteria {
  readonly steps: readonly Step[];
}
export interface FeeRow extends CommissionRow {
  readonly side: 'payer' | 'payee' | 'centre';
}

export interface Allowance {
  readonly amountMinor?: bigint | undefined;
  readonly count?: number | undefined;
}

/** What is absent is not limited. */
export interface LimitTerms {
  /** Of one transfer. */
  readonly transferMinMinor?: bigint | undefined;
  readonly transferMaxMinor?: bigint | undefined;
  readonly day?: Allowance | undefined;
  readonly week?: Allowance | undefined;
  readonly month?: Allowance | undefined;
  readonly year?: Allowance | undefined;
  /** Over all accounts of one person; `in` and over all products only. */
  readonly balanceMaxMinor?: bigint | undefined;
}
export interface LimitRow extends LimitTerms {
  readonly direction: Direction;
  readonly role?: PartyRole | undefined;
  readonly tier?: string | undefined;
  /** Counted apart from all others; not both of them. */
  readonly product?: Product | undefined;
  readonly channel?: Channel | undefined;
}

/** `all`, `product_send`, `channel_ussd`: what is counted together. */
export type Scope = 'all' | `product_${Product}` | `channel_${Channel}`;

export interface Limit extends LimitTerms {
  readonly scope: Scope;
  readonly direction: Direction;
}

export interface LimitRequest {
  readonly direction: Direction;
  readonly party: Party;
  readonly product: Product;
  readonly channel: Channel;
  readonly at: Date;
}

/** From lowest to highest; everybody begins in the first. */
export interface Tier {
  readonly tier: string;
  /** What somebody of the tier below must have to come here by themselves; absent: only by hand. */
  readonly promotion?:
    | {
        readonly accountAgeDays: number;
        /** Over all accounts, at the time. */
        readonly balanceMinMinor: bigint;
        /** Completed payments, either way. */
        readonly paymentsMin: number;
      }
    | undefined;
}

/** How the market wants it done. */
export interface Conduct {
  /** Whether the customer's one-time code is asked for when cash is paid in. */
  readonly cashInCode: boolean;
  /** Above this amount agents ask for an ID and type its last digits; null: never. */
  readonly idDigitsAboveMinor: bigint | null;
  /** Below and above which an agent who has set nothing else is told about the float. */
  readonly floatLowMinor: bigint;
  readonly floatHighMinor: bigint;
}

/** How this market treats mistakes and complaints: figures are the operator's to set, not law. */
export interface RedressPolicy {
  /** So long after a sending its sender may call it a mistake and have it held. */
  readonly wrongSendWindowMs: number;
  /** So long the money is held, at most; the ledger allows 30 days. */
  readonly holdMs: number;
  /** When an answer is due, by the market's promise. */
  readonly answerMs: { readonly wrongSend: number; readonly other: number };
  /** So long after a decision it may be appealed; then the case closes. */
  readonly appealMs: number;
  /** How many cases a person may open on a day of the market, mistakes and complaints together. */
  readonly casesPerDay: number;
  /** How many refunds one of the staff may have decided on a day of the market. */
  readonly staffRefundsPerDay: number;
  /**
   * R214: the fee comes back with the whole amount (`whole`), or never. A part never brings the fee. What the payee
   * paid for receiving and what an agent earned stay as they were.
   */
  readonly feeBack: { readonly wrongSend: FeeBack; readonly other: FeeBack };
}
type FeeBack = 'whole' | 'never';

/** Everything that can change, each with a version of its own. */
export interface RuleBodies {
  readonly fees: readonly FeeRow[];
  readonly commissions: readonly CommissionRow[];
  readonly limits: readonly LimitRow[];
  readonly tiers: readonly Tier[];
  readonly conduct: Conduct;
}
export type RuleKind = keyof RuleBodies;
export const ruleKinds = ['fees', 'commissions', 'limits', 'tiers', 'conduct'] as const satisfies readonly RuleKind[];
