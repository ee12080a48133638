import { atLevel, createRenderer, levelsOf, measure, type Renderer, type Screen } from '../../../src/ussd';
import { shortenAmounts, shortenName } from '../../../src/ussd/squeeze';

describe('B4: a text says which of its words may go where room is short', () => {
  const text = '[1:Please ]pay {{amount}}[2:, fee {{fee}}|+{{fee}}]';

  test('a level takes away what bears its number or a lower one', () => {
    expect(levelsOf(text)).toBe(2);
    expect([0, 1, 2].map((level) => atLevel(text, level))).toEqual([
      'Please pay {{amount}}, fee {{fee}}',
      'pay {{amount}}, fee {{fee}}',
      'pay {{amount}}+{{fee}}',
    ]);
  });

  test('a text without such words has its amounts to shorten', () => {
    expect(levelsOf('Pay {{amount}}')).toBe(1);
    expect(atLevel('Pay {{amount}}', 1)).toBe('Pay {{amount}}');
  });
});

describe('B4: amounts are said shorter, and never another amount', () => {
  test.each([
    ['KES 1,000.00 and KES 10.50', 'KES 1,000 and 10.50', '1,000 and 10.50'],
    ['KES -1,234.56', 'KES -1,234.56', '-1,234.56'],
    ['UGX 1,000,000', 'UGX 1,000,000', '1,000,000'],
    ['KES 0.00 USD 5.00', 'KES 0 USD 5', '0 5'],
    ['KES 5.00.', 'KES 5.', '5.'],
    ['1,000.00', '1,000.00', '1,000.00'],
    ['PIN 1234 SMS 7', 'PIN 1234 SMS 7', 'PIN 1234 SMS 7'],
  ])('%j', (text, once, never) => {
    expect([0, 1, 2].map((level) => shortenAmounts(text, level))).toEqual([text, once, never]);
  });
});

test('a name is its initials before it is cut', () => {
  expect([undefined, 24, 10].map((length) => shortenName('Wanjiru Nyambura Wasikhong', length))).toEqual([
    'Wanjiru Nyambura Wasikhong',
    'Wanjiru W.',
    'Wanjiru W.',
  ]);
  expect(shortenName('Christopher Emmanuel', 10)).toBe('Christoph.');
});

describe('B4, B5: a PIN screen in Amharic, 80 letters at most', () => {
  const renderer = createRenderer();
  const budget = { septets: 160, ucs2Units: 80 };
  const confirm = (name: string, amounts: readonly [string, string, string]): Screen => ({
    text: 'send-money.confirm',
    values: () => ({ name: { name }, amount: amounts[0], fee: amounts[1], total: amounts[2] }),
  });
  const shown = (screen: Screen, problem?: Parameters<Renderer['render']>[0]['problem']) =>
    renderer.render({
      ...{ screen, context: {}, problem, language: 'am', page: 0, budget, keys: { back: true, home: true } },
    });

  test('amounts get shorter before a name does', () => {
    const { text } = shown(confirm('ካኒ አቸንግ', ['KES 1,000.00', 'KES 10.00', 'KES 1,010.00']));
    expect(text).toBe('KES 1,000 ለካኒ አቸንግ\nክፍያ 10\nድምር 1,010\nPIN፦\n0 ኋላ  99 ዋና');
  });

  test('at its longest, and after a wrong PIN, it states name, amount, fee and total on one page', () => {
    const longest = ['KES 1,000,000.50', 'KES 1,000.25', 'KES 1,001,000.75'] as const;
    const { text, pages } = shown(confirm('ኃይለማርያም ገብረእግዚአብሔር', longest), {
      text: 'kit.pinWrong',
      values: { count: 2 },
    });
    expect(text).toBe('ስህተት፤ 2 ቀረ\n1,000,000.50 ለኃይለማርያም ገ.\n+1,000.25=1,001,000.75\nPIN፦\n0 ኋላ  99 ዋና');
    expect(pages).toBe(1);
    expect(measure(text).units).toBeLessThanOrEqual(80);
  });

  test('a receipt is one segment of 70 letters: date and number go first', () => {
    const values = { reference: 'K7QF9M3X', amount: 'KES 500.00', fee: 'KES 10.00', msisdn: '0700000001' };
    const balance = { long: 'KES 1,490.00', short: '1,490' };
    const sms = renderer.sms('am', 'sms.sent', { ...values, balance, name: { name: 'ካኒ አ.' }, date: '20/11 14:05' });
    expect(sms).toBe('K7QF9M3X ላኩ KES 500 ለካኒ አ. 0700000001። ክፍያ 10። ቀሪ 1,490');
    expect(measure(sms)).toEqual({ alphabet: 'ucs2', units: expect.any(Number) as number });
    expect(measure(sms).units).toBeLessThanOrEqual(70);
  });
});
