import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '../../../src/platform';
import type { Product } from '../../../src/rules';
import { bookOf } from '../../../src/rules/book';
import { loadMarket, midnight, versionsOf } from '../../../src/rules/market';

const currencies = { KE: 'KES', GH: 'GHS', TZ: 'TZS', UG: 'UGX' } as const;
const at = new Date('2026-01-15T09:00:00Z');
const customer = { role: 'customer' } as const;
const agent = { role: 'agent' } as const;

const rulesOf = (country: keyof typeof currencies) =>
  bookOf(versionsOf(loadMarket({ country, currency: currencies[country] })));

function fee(country: keyof typeof currencies, product: Product, amountMinor: bigint, on = at) {
  const rules = rulesOf(country);
  const [payer, payee] =
    product === 'cash_in' ? [agent, customer] : [customer, product === 'cash_out' ? agent : customer];
  return rules.price({ product, channel: 'ussd', payer, payee, amountMinor, at: on });
}

describe('the markets', () => {
  test.each(Object.keys(currencies) as (keyof typeof currencies)[])(
    '%s has rules: everybody begins in a tier whose limits bind them both ways (R169, R171)',
    (country) => {
      const rules = rulesOf(country);
      for (const direction of ['out', 'in'] as const) {
        const [limit] = rules.limits({ direction, party: customer, product: 'send', channel: 'ussd', at });
        expect(limit?.scope).toBe('all');
        expect(limit?.day?.amountMinor).toBeGreaterThan(0n);
        expect(limit?.day?.count).toBeGreaterThan(0);
      }
      const [received] = rules.limits({ direction: 'in', party: customer, product: 'cash_in', channel: 'ussd', at });
      expect(received?.balanceMaxMinor).toBeGreaterThan(0n);
    },
  );

  test.each(Object.keys(currencies) as (keyof typeof currencies)[])(
    '%s: between one’s own accounts nothing is limited, and nothing that comes back (R158, R159)',
    (country) => {
      const rules = rulesOf(country);
      for (const product of ['own', 'sweep', 'refund'] as const) {
        expect(rules.limits({ direction: 'out', party: customer, product, channel: 'ussd', at })).toEqual([]);
      }
    },
  );

  test('R83: Uganda and Tanzania charge by stairs, exact at their edges', () => {
    expect(fee('UG', 'send', 5_000n).payerFeeMinor).toBe(100n);
    expect(fee('UG', 'send', 5_001n).payerFeeMinor).toBe(500n);
    expect(fee('UG', 'cash_out', 160_000n).payerFeeMinor).toBe(1_925n + 1_700n);
    expect(fee('TZ', 'send', 99_900n).payerFeeMinor).toBe(1_000n);
    expect(fee('TZ', 'send', 99_901n).payerFeeMinor).toBe(3_000n);
  });

  test('R79, R80, R99: the sandbox of Kenya is flat: 10 to send and to cash out, 5 to the agent either way', () => {
    const none = { payerFeeMinor: 0n, payeeFeeMinor: 0n, centreFeeMinor: 0n, commissionMinor: 0n };
    expect(fee('KE', 'send', 100n)).toMatchObject({ ...none, payerFeeMinor: 1_000n });
    expect(fee('KE', 'cash_out', 9_999_999n)).toMatchObject({
      ...none,
      payerFeeMinor: 1_000n,
      commissionMinor: 500n,
    });
    expect(fee('KE', 'cash_in', 5_000n)).toMatchObject({ ...none, commissionMinor: 500n });
  });

  test('a version holds from the midnight of its day there, and the price names it', () => {
    const before = fee('GH', 'send', 20_000n, new Date('2020-03-19T23:59:59.999Z'));
    const after = fee('GH', 'send', 20_000n, new Date('2020-03-20T00:00:00.000Z'));
    expect(before).toMatchObject({ payerFeeMinor: 200n, ruleVersion: 'fees@2015-07-06 commissions@2015-07-06' });
    expect(after).toMatchObject({ payerFeeMinor: 125n, ruleVersion: 'fees@2020-03-20 commissions@2015-07-06' });
  });

  test('midnight is found in every zone', () => {
    expect(midnight('2026-01-15', 'Africa/Nairobi').toISOString()).toBe('2026-01-14T21:00:00.000Z');
    expect(midnight('2026-01-15', 'Asia/Kathmandu').toISOString()).toBe('2026-01-14T18:15:00.000Z');
    expect(midnight('2026-07-15', 'America/New_York').toISOString()).toBe('2026-07-15T04:00:00.000Z');
  });
});

describe('a market that is wrong is refused at the start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'starhash-markets-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const problemsOf = (work: () => unknown): readonly string[] => {
    try {
      work();
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };
  const good = readFileSync(path.join(__dirname, '../../../src/rules/markets/ke.json'), 'utf8');
  const load = (text: string) => {
    writeFileSync(path.join(folder, 'ke.json'), text);
    return problemsOf(() => loadMarket({ country: 'KE', currency: 'KES' }, folder));
  };

  test('a country without rules, and money that is not its own', () => {
    expect(problemsOf(() => loadMarket({ country: 'FR', currency: 'KES' }))).toEqual([
      'COUNTRY has no rules: FR; use GH, KE, TZ, UG',
    ]);
    expect(problemsOf(() => loadMarket({ country: 'UG', currency: 'KES' }))).toEqual([
      'CURRENCY must be UGX where COUNTRY is UG',
    ]);
  });

  test('the file as it is has nothing wrong', () => expect(load(good)).toEqual([]));

  interface File {
    currency: unknown;
    versions: { from: string; fees: { steps: object[]; side: unknown }[]; limits: Record<string, unknown>[] }[];
  }
  test.each<[string, (file: File) => void, string]>([
    ['a currency', (file) => (file.currency = 'ABC'), 'currency is not a currency known here'],
    [
      'an amount',
      ({ versions: [first] }) =>
        first && (first.fees[0] = { ...first.fees[0], side: 'payer', steps: [{ flat: '1.005' }] }),
      'versions.0.fees.0.steps.0.flat must be an amount in KES, like "100"',
    ],
    [
      'stairs that lead down',
      ({ versions: [first] }) =>
        first?.fees[0]?.steps.splice(0, 1, { upTo: '100', flat: '1' }, { upTo: '100', flat: '2' }, { flat: '3' }),
      'versions.0.fees.0.steps.1 must end above the step before',
    ],
    [
      'a name',
      ({ versions: [first] }) => first?.limits[0] && (first.limits[0]['transferMaximum'] = '5'),
      'versions.0.limits.0 Unrecognized key: "transferMaximum"',
    ],
    [
      'two rows about the same',
      ({ versions: [first] }) => first?.limits.push({ ...first.limits[0] }),
      'versions.0.limits.10 is about the same as a row before',
    ],
    [
      'a tier that there is not',
      ({ versions: [first] }) => first?.limits[0] && (first.limits[0]['tier'] = 'platinum'),
      'versions.0.limits.0.tier names a tier that there is not: platinum',
    ],
    [
      'versions out of order',
      ({ versions }) => versions.push({ from: '2023-01-01', fees: [], limits: [] }),
      'versions.1.from must be later than the version before',
    ],
  ])('%s: the sentence names file and field', (_, spoil, problem) => {
    const file = JSON.parse(good) as File;
    spoil(file);
    expect(load(JSON.stringify(file))).toContain(`rules/markets/ke.json: ${problem}`);
  });

  test('a file that is no JSON', () => {
    expect(load('{')[0]).toMatch(/^rules\/markets\/ke\.json: can't be read: /);
  });
});
