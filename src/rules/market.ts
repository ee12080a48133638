import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, type Market } from '../platform';
import type { Version } from './book';
import { parseMarket, type MarketFile } from './schema';
import { ruleKinds, type RuleBodies, type Tier } from './types';

const folder = path.join(__dirname, 'markets');

/** The rules that a market begins with, from `markets/<country>.json`. Throws a `ConfigError` that names file and field. */
export function loadMarket({ country, currency }: Pick<Market, 'country' | 'currency'>, from = folder): MarketFile {
  const known = readdirSync(from)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length).toUpperCase())
    .sort();
  if (!known.includes(country)) throw new ConfigError([`COUNTRY has no rules: ${country}; use ${known.join(', ')}`]);
  const name = `${country.toLowerCase()}.json`;
  const file = `rules/markets/${name}`;
  const parsed = parseMarket(read(path.join(from, name), file));
  if (!parsed.ok) throw new ConfigError(parsed.problems.map((problem) => `${file}: ${problem}`));
  const market = parsed.value;
  if (market.country !== country) throw new ConfigError([`${file}: country must be ${country}`]);
  const strangers = unknownTiers(market);
  if (strangers.length > 0) throw new ConfigError(strangers.map((problem) => `${file}: ${problem}`));
  if (market.currency !== currency) {
    throw new ConfigError([`CURRENCY must be ${market.currency} where COUNTRY is ${country}`]);
  }
  return market;
}

function read(place: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(place, 'utf8'));
  } catch (error) {
    throw new ConfigError([`${file}: can't be read: ${error instanceof Error ? error.message : ''}`]);
  }
}

/** Rows about a tier that there is not would never hold. */
function unknownTiers({ versions }: MarketFile): string[] {
  let tiers: readonly Tier[] = [];
  return versions.flatMap(({ fees = [], commissions = [], limits = [], ...version }, index) => {
    tiers = version.tiers ?? tiers;
    return strangersIn({ fees, commissions, limits, tiers }).map((problem) => `versions.${index}.${problem}`);
  });
}

interface Tiered {
  readonly tier?: string | undefined;
  readonly payerTier?: string | undefined;
  readonly payeeTier?: string | undefined;
}

/** Every tier that rows name and that there is not, and where. */
export function strangersIn({ tiers, fees, commissions, limits }: Omit<RuleBodies, 'conduct'>): string[] {
  const known = new Set<string>(tiers.map(({ tier }) => tier));
  const rows: Readonly<Record<string, readonly Tiered[]>> = { fees, commissions, limits };
  return Object.entries(rows).flatMap(([kind, list]) =>
    list.flatMap((row, index) =>
      (['tier', 'payerTier', 'payeeTier'] as const).flatMap((key) => {
        const tier = row[key];
        if (tier === undefined || known.has(tier)) return [];
        return [`${kind}.${index}.${key} names a tier that there is not: ${tier}`];
      }),
    ),
  );
}

/** The file's versions, each kind apart; a date begins at the market's midnight. */
export function versionsOf({ versions, timeZone }: MarketFile): Version[] {
  return versions.flatMap((version) =>
    ruleKinds.flatMap((kind) => {
      const body = version[kind];
      return body === undefined
        ? []
        : [
            {
              kind,
              name: `@${version.from}`,
              from: midnight(version.from, timeZone),
              body,
              source: version.source[kind] ?? null,
            } as Version,
          ];
    }),
  );
}

const hourMs = 3_600_000;

/** When a day begins there. A zone is at most 14 hours ahead and 12 behind, on whole quarters of an hour. */
export function midnight(date: string, timeZone: string): Date {
  const utc = new Date(`${date}T00:00:00Z`).getTime();
  const parts = { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-CA', parts);
  for (let at = utc - 14 * hourMs; ; at += hourMs / 4) {
    if (format.format(new Date(at)) >= date) return new Date(at);
  }
}
