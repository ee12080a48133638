import { assert, type Json } from '../platform';
import { limitsOf } from './limits';
import { priceOf } from './price';
import {
  ruleKinds,
  type Limit,
  type LimitRequest,
  type Party,
  type Price,
  type PriceRequest,
  type RuleBodies,
  type RuleKind,
} from './types';

/** One body that holds from a moment on, until a later one of its kind does. */
export type Version<Kind extends RuleKind = RuleKind> = {
  [K in Kind]: {
    readonly kind: K;
    /** `@2026-01-01` from the market's file, `#12` from the database. */
    readonly name: string;
    readonly from: Date;
    readonly body: RuleBodies[K];
    /** As it was written: amounts are decimal strings. */
    readonly source: Json;
  };
}[Kind];

/** The rules at any moment; pure. */
export interface Book {
  /** The version that holds at a moment. Throws before the first one. */
  current<Kind extends RuleKind>(kind: Kind, at: Date): Version<Kind>;
  price(request: PriceRequest): Price;
  /** One a scope; empty for what counts toward no limit. */
  limits(request: LimitRequest): Limit[];
}

/** `versions`: of one kind and moment the later one holds. */
export function bookOf(versions: readonly Version[]): Book {
  const byKind = Object.fromEntries(
    ruleKinds.map((kind) => [
      kind,
      versions
        .filter((version) => version.kind === kind)
        .map((version, index) => ({ version, index }))
        .sort((one, other) => other.version.from.getTime() - one.version.from.getTime() || other.index - one.index)
        .map(({ version }) => version),
    ]),
  );
  const current = <Kind extends RuleKind>(kind: Kind, at: Date): Version<Kind> => {
    const version = byKind[kind]?.find(({ from }) => from <= at);
    assert(version, `there are ${kind} from the market's first day on`);
    return version as Version<Kind>;
  };
  // Whoever has a tier that there is no more, or none, is bound by the first one: never by nothing.
  const withTier = ({ role, tier }: Party, at: Date): Required<Party> => {
    const { body } = current('tiers', at);
    const known = body.some((one) => one.tier === tier);
    return { role, tier: known ? tier : body[0]?.tier };
  };
  return {
    current,
    price: ({ product, channel, payer, payee, amountMinor, at, path = 'same' }) => {
      const [fees, commissions] = [current('fees', at), current('commissions', at)];
      const [from, to] = [withTier(payer, at), withTier(payee, at)];
      const sides = { payerRole: from.role, payerTier: from.tier, payeeRole: to.role, payeeTier: to.tier };
      const known = { product, channel, path, amountMinor, ...sides };
      return {
        ...priceOf({ fees: fees.body, commissions: commissions.body }, known),
        ruleVersion: `fees${fees.name} commissions${commissions.name}`,
      };
    },
    limits: ({ at, party, ...request }) =>
      limitsOf(current('limits', at).body, { ...request, party: withTier(party, at) }),
  };
}
