import { createRenderer, measure, type Renderer, type Screen } from '../../../src/ussd';
import { money } from '../../../src/ussd/screen';

const renderer = createRenderer();
const budget = { septets: 160, ucs2Units: 80 };
type View = Parameters<Renderer['render']>[0];

function shown(screen: Screen, view: Partial<View> = {}): { text: string; pages: number } {
  const keys = { back: true, home: true };
  return renderer.render({ screen, context: {}, problem: undefined, language: 'en', page: 0, budget, keys, ...view });
}

const confirm = (name: string): Screen => ({
  text: 'send-money.confirm',
  values: () => ({ name: { name }, amount: 'KES 500.00', fee: 'KES 10.00', total: 'KES 510.00' }),
  input: 'pin',
  secret: true,
});
const payees = (names: readonly string[]): Screen => ({
  text: 'send-money.payeeRecent',
  options: () =>
    names.map((name, at) => ({ no: at + 1, pick: name, text: 'send-money.recent', values: { name: { name } } })),
});

test('a screen is its text, its options by number, and the keys that lead somewhere', () => {
  const screen: Screen = {
    text: 'settings.menu',
    options: () => [
      { no: 1, pick: 'language', text: 'settings.language' },
      { no: 2, pick: 'pin', text: 'settings.pin' },
    ],
  };
  expect(shown(screen).text).toBe('Settings\n1 Language\n2 Change PIN\n0 Back  99 Home');
  expect(shown(screen, { keys: { back: false, home: false } }).text).toBe('Settings\n1 Language\n2 Change PIN');
});

test('what was wrong stands above the screen, and alone where the screen says nothing', () => {
  const problem = { text: 'kit.pinWrong', values: { count: 2 } } as const;
  expect(shown({ text: 'balance.pin' }, { problem }).text.split('\n').slice(0, 2)).toEqual([
    'Wrong PIN. 2 tries left.',
    'Enter your PIN to see your balance:',
  ]);
  expect(shown({ text: 'kit.nothing' }, { problem, keys: { back: false, home: false } }).text).toBe(
    'Wrong PIN. 2 tries left.',
  );
});

test('one is counted as one', () => {
  expect(renderer.say('en', 'kit.pinWrong', { count: 1 })).toBe('Wrong PIN. 1 try left.');
  expect(renderer.say('fr', 'kit.pinWrong', { count: 1 })).toMatch(/1 essai\b/);
  expect(renderer.say('fr', 'kit.pinWrong', { count: 2 })).toMatch(/2 essais\b/);
});

describe('B4: a name has as much room as the screen', () => {
  test('it stays whole where it fits', () => {
    expect(shown(confirm('Christopher Emmanuel Nyangoro')).text).toContain('to Christopher Emmanuel Nyangoro\n');
  });

  test('where it does not, the last name is an initial', () => {
    const names = Array.from({ length: 5 }, () => 'Wanjiru Nyambura-Wasikhongo Kamau');
    const { text, pages } = shown(payees(names));
    expect(pages).toBe(1);
    expect(text).toContain('1 Wanjiru K.\n2 Wanjiru K.');
    expect(measure(text).units).toBeLessThanOrEqual(160);
  });

  test('where even that is too long, it is cut short with a dot', () => {
    const { text } = shown(payees(Array.from({ length: 3 }, () => 'W'.repeat(61))));
    expect(text).toMatch(/\n1 W{23}\.\n/);
    const { text: shorter } = shown(payees(Array.from({ length: 7 }, () => 'W'.repeat(61))));
    expect(shorter).toMatch(/\n1 W{9}\.\n/);
  });

  test('every name on a screen is shortened alike', () => {
    const names = ['Kani Achieng', 'W'.repeat(60), 'M'.repeat(60), 'X'.repeat(60)];
    const { text } = shown(payees(names));
    expect(text).toContain('1 Kani Achieng\n');
    expect(text).toMatch(/2 W{23}\.\n3 M{23}\.\n4 X{23}\.\n/);
  });

  test('an SMS shortens names as far as one segment needs', () => {
    const values = {
      reference: 'K7QF9M3X',
      amount: 'KES 500.00',
      name: { name: `${'W'.repeat(30)} ${'M'.repeat(30)}` },
    };
    const whole = renderer.sms('en', 'sms.cashOutRejected', values);
    expect(whole).toContain(`${'W'.repeat(30)} ${'M'.repeat(30)}`);
    const more = {
      ...values,
      msisdn: '+254700000001',
      amount: 'KES 1,000,000.00',
      fee: 'KES 10.00',
      balance: 'KES 1,000,000.00',
      date: '20/11 14:05',
    };
    const short = renderer.sms('en', 'sms.sent', more);
    expect(measure(short).units).toBeLessThanOrEqual(160);
    expect(short).toMatch(/to W{23}\. /);
  });
});

test('B4: one letter beyond GSM-7 does not halve the screen: names and words are folded', () => {
  const { text } = shown(confirm('Wanjirũ መንግስቱ'), { language: 'fr' });
  expect(measure(text).alphabet).toBe('gsm7');
  expect(text).toContain('Wanjiru Mengstu');
  expect(renderer.say('fr', 'kit.francais')).toBe('Francais');
});

test('a shortened name ends its sentence with one stop', () => {
  const values = { reference: 'K7QF9M3X', amount: 'KES 5.00', name: { name: 'Kani A.' } };
  expect(
    renderer.sms('en', 'sms.cashOutCustomer', { ...values, fee: 'KES 0.00', balance: 'KES 1.00', date: '' }),
  ).toContain('at Kani A. Fee');
});

test("a name can't bring markup or placeholders of its own into a text", () => {
  const name = { name: "{{amount}} $t(kit.back) <b>O'Neil & Co</b>" };
  expect(renderer.say('en', 'main.home', { name, amount: 'KES 1.00' })).toBe(`Welcome ${name.name}`);
});

test('B5: a page beyond the last is the last', () => {
  const screen = payees(Array.from({ length: 20 }, (_, at) => `Person ${at + 1}`));
  const { pages, text } = shown(screen, { page: 99 });
  expect(pages).toBeGreaterThan(1);
  expect(text).toBe(shown(screen, { page: pages - 1 }).text);
  expect(text).toContain('20 Person 20\n0 Back  99 Home');
});

test('B5: a second page leads back even where the screen itself does not', () => {
  const screen = payees(Array.from({ length: 20 }, (_, at) => `Person ${at + 1}`));
  const keys = { back: false, home: false };
  expect(shown(screen, { keys }).text).toMatch(/\n97 More$/);
  expect(shown(screen, { keys, page: 1 }).text).toMatch(/\n0 Back/);
});

describe('money is read the same in every language', () => {
  test.each([
    ['0', 'KES', 'KES 0.00'],
    ['5', 'KES', 'KES 0.05'],
    ['100', 'KES', 'KES 1.00'],
    ['99999', 'KES', 'KES 999.99'],
    ['100000', 'KES', 'KES 1,000.00'],
    ['100000000', 'TZS', 'TZS 1,000,000.00'],
    ['-123456', 'KES', 'KES -1,234.56'],
    ['0', 'UGX', 'UGX 0'],
    ['1000', 'XOF', 'XOF 1,000'],
    ['123456789012345678901', 'KES', 'KES 1,234,567,890,123,456,789.01'],
  ])('%s minor units of %s are %s', (minor, currency, text) => {
    expect(money(minor, currency)).toBe(text);
  });

  test('an unknown currency is a bug, not a guess', () => {
    expect(() => money('1', 'ABC')).toThrow('unknown currency ABC');
  });
});
