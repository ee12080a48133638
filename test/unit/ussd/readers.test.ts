import { createReaders, type ReaderName } from '../../../src/ussd';

const now = new Date('2026-01-15T09:00:00Z');
const options = { country: 'KE', currency: 'KES', amountMaxMinor: 100_000_000n, clock: { now: () => now } } as const;
const readers = createReaders(options);

/** The clean form, or the key of what is wrong. */
function reading(reader: ReaderName, answer: string, by = readers): string {
  const read = by[reader](answer);
  return read.ok ? read.value : read.problem.text;
}

describe('R150: the grammar of an amount', () => {
  test.each([
    ['1', '100'],
    ['500', '50000'],
    [' 500 ', '50000'],
    ['1000.50', '100050'],
    ['1000.5', '100050'],
    ['0.01', '1'],
    ['0.10', '10'],
    ['1000000', '100000000'],
    ['1000000.00', '100000000'],
  ])('%j is %s minor units', (answer, minor) => {
    expect(reading('amount', answer)).toBe(minor);
  });

  test.each([
    ['0', 'kit.amountZero'],
    ['00', 'kit.amountZero'],
    ['0.00', 'kit.amountZero'],
    ['0.000', 'kit.amountZero'],
    ['-5', 'kit.amountNegative'],
    ['-0.01', 'kit.amountNegative'],
    ['1.234', 'kit.amountDecimals'],
    ['0.001', 'kit.amountDecimals'],
    ['1000000.01', 'kit.amountTooLarge'],
    [`1${'0'.repeat(30)}`, 'kit.amountTooLarge'],
    ['9'.repeat(1000), 'kit.amountTooLarge'],
  ])('%j is refused for %s', (answer, problem) => {
    expect(reading('amount', answer)).toBe(problem);
  });

  test.each([
    'abc',
    '12abc',
    '',
    ' ',
    '0100',
    '00.5',
    '1 000',
    '1,000',
    '1,5',
    '+5',
    '--5',
    '1e3',
    '0x10',
    '500.',
    '.5',
    '1.2.3',
    '٥٠٠',
    '५००',
    '５００',
    'NaN',
    'Infinity',
    'KES 500',
    '5*0',
    '½',
  ])('%j is no amount', (answer) => {
    expect(reading('amount', answer)).toBe('kit.amountNotANumber');
  });

  test('the refusals say the limit and the decimals of the currency', () => {
    expect(readers.amount('1.234')).toMatchObject({ problem: { values: { decimals: 2 } } });
    expect(readers.amount('1000001')).toMatchObject({ problem: { values: { max: 'KES 1,000,000.00' } } });
  });

  test('a currency without minor units takes no decimals', () => {
    const shillings = createReaders({ ...options, currency: 'UGX' });
    expect(reading('amount', '500', shillings)).toBe('500');
    expect(reading('amount', '500.5', shillings)).toBe('kit.amountDecimals');
    expect(shillings.amount('500.5')).toMatchObject({ problem: { values: { decimals: 0 } } });
  });
});

describe('R58: PINs', () => {
  test.each(['4071', '83056', '830517', '1212', '1123', '7890', '0853', '2468'])('%s can be chosen', (pin) => {
    expect(reading('newPin', pin)).toBe(pin);
  });

  test.each(['0000', '1111', '99999', '777777', '1234', '0123', '23456', '123456', '4321', '9876', '54321', '654321'])(
    '%s is too easy to guess',
    (pin) => {
      expect(reading('newPin', pin)).toBe('kit.pinWeak');
      expect(reading('pin', pin)).toBe(pin); // to prove it is another thing than to choose it
    },
  );

  test.each(['', '1', '407', '4071234', '40 71', 'abcd', '40a1', '٤٠٧١', '-407', '40.71', '4071\n'])(
    '%j is no PIN',
    (answer) => {
      expect(reading('newPin', answer)).toBe('kit.pinDigits');
      expect(reading('pin', answer)).toBe('kit.pinDigits');
    },
  );
});

describe('birth dates', () => {
  test.each([
    ['25121990', '1990-12-25'],
    ['25/12/1990', '1990-12-25'],
    ['25-12-1990', '1990-12-25'],
    ['25.12.1990', '1990-12-25'],
    ['25 12 1990', '1990-12-25'],
    [' 25121990 ', '1990-12-25'],
    ['29022000', '2000-02-29'],
    ['15012026', '2026-01-15'],
    ['01011906', '1906-01-01'],
  ])('%j is %s', (answer, date) => {
    expect(reading('birthDate', answer)).toBe(date);
  });

  test.each(['', '31022000', '29022001', '00011990', '01001990', '01131990', '16012026', '01012027', '31121905'])(
    '%j was never a birthday of a living person',
    (answer) => {
      expect(reading('birthDate', answer)).toBe('kit.birthDateInvalid');
    },
  );

  test.each(['1990-12-25', '251290', '2512199', '251219900', 'abcdefgh', '25121990x', '٢٥١٢١٩٩٠'])(
    '%j is not day, month, year',
    (answer) => {
      expect(reading('birthDate', answer)).toBe('kit.birthDateInvalid');
    },
  );
});

describe('national IDs', () => {
  test.each([
    ['12345678', '12345678'],
    ['1234 5678', '12345678'],
    ['cf-86001/2', 'CF86001/2'],
    ['ab1234', 'AB1234'],
    ['19900101-12345-00001-23', '19900101123450000123'],
  ])('%j is %s', (answer, id) => {
    expect(reading('nationalId', answer)).toBe(id);
  });

  test.each(['', '1234', 'abcdefgh', 'a1b2c3d4', '1'.repeat(21), '1234567é', '12345_78', '?'])(
    '%j is no ID',
    (answer) => {
      expect(reading('nationalId', answer)).toBe('kit.nationalIdInvalid');
    },
  );
});

describe('B6: what something is for', () => {
  test.each([
    ['Table 5', 'Table 5'],
    [' Maize  5kg ', 'Maize 5kg'],
    ['7', '7'],
    ['112', '112'],
    ['1234567', '1234567'],
    ['Bill 4071', 'Bill 4071'],
    ['በቆሎ', 'በቆሎ'],
  ])('%j is %s', (answer, note) => {
    expect(reading('note', answer)).toBe(note);
  });

  test.each(['4071', ' 4071 ', '40 71', '93517', '935172', '٤٠٧١'])(
    '%j could be a PIN, and is told so instead of being kept',
    (answer) => {
      expect(reading('note', answer)).toBe('kit.noteLikePin');
    },
  );

  test.each(['', '?', '0', '97', '99', 'a'.repeat(21)])('%j is nothing to keep', (answer) => {
    expect(reading('note', answer)).toBe('kit.noteInvalid');
  });
});

describe('phone numbers', () => {
  test.each([
    '0712345678',
    '712345678',
    '254712345678',
    '+254712345678',
    '00254712345678',
    '0712 345 678',
    ' +254 712-345-678 ',
    '(0712) 345.678',
    '+2540712345678',
  ])('%j is +254712345678', (answer) => {
    expect(reading('msisdn', answer)).toBe('+254712345678');
  });

  test.each([
    ['+255754123456', '+255754123456'],
    ['00255754123456', '+255754123456'],
    ['255754123456', '+255754123456'],
    ['+221771234567', '+221771234567'],
  ])('%j is a number of another country', (answer, msisdn) => {
    expect(reading('msisdn', answer)).toBe(msisdn);
  });

  test.each([
    '',
    '0',
    '99',
    '12',
    '071234567',
    '07123456789',
    '+',
    '++254712345678',
    'Kani',
    '0712abc678',
    '٠٧١٢٣٤٥٦٧٨',
    '7'.repeat(30),
  ])('%j is no phone number', (answer) => {
    expect(reading('msisdn', answer)).toBe('kit.msisdnInvalid');
  });
});

test('a user number is read as one, though its digits may be those of a landline', () => {
  expect(reading('person', '4855 6302')).toBe('48556302');
  expect(reading('person', '0712 345 678')).toBe('+254712345678');
  expect(reading('person', '48556303')).toBe('+25448556303');
});

describe('names', () => {
  test.each([
    ['Kani', 'Kani'],
    ["O'Neil", "O'Neil"],
    ['Nyang’oro-Wasikhongo', 'Nyang’oro-Wasikhongo'],
    ['  Christopher   Emmanuel ', 'Christopher Emmanuel'],
    ['Wanjirũ', 'Wanjirũ'],
    ['José María', 'José María'],
    ['Jose\u0301', 'José'],
    ['J. P.', 'J. P.'],
    ['X', 'X'],
    ['መንግስቱ', 'መንግስቱ'],
    ['عبد الرحمن', 'عبد الرحمن'],
    ['M'.repeat(30), 'M'.repeat(30)],
  ])('%j is %j', (answer, name) => {
    expect(reading('personName', answer)).toBe(name);
  });

  test.each([
    '',
    ' ',
    '0',
    '99',
    'Kani2',
    '12',
    '-Kani',
    "'",
    '.',
    'Kani*Ado',
    '😀',
    'Kani\tAdo',
    'a_b',
    '{{name}}',
    'M'.repeat(31),
  ])('%j is no name', (answer) => {
    expect(reading('personName', answer)).toBe('kit.nameInvalid');
  });
});

test.each(['0', '97', '99', '98', '00'])(
  'B5: %s is no answer to any reader, so it stays a key of navigation',
  (key) => {
    const asked: ReaderName[] = ['msisdn', 'pin', 'newPin', 'personName', 'birthDate', 'nationalId'];
    expect(asked.filter((reader) => readers[reader](key).ok)).toEqual([]);
  },
);

describe('R221: whom money is sent to', () => {
  const longest = `${'a'.repeat(64)}@${'b'.repeat(63)}`;
  test.each([
    ['0712345678', '+254712345678'],
    ['10000016', '10000016'],
    [' bob@dfsp1.com ', 'bob@dfsp1.com'],
    ['Bob.Otieno+1_x~y-z@dfsp1', 'Bob.Otieno+1_x~y-z@dfsp1'],
    ['0712345678@two', '0712345678@two'],
    ['a@b', 'a@b'],
    [longest, longest],
    [`${longest}b`, 'kit.personInvalid'],
    ['@dfsp1.com', 'kit.personInvalid'],
    ['bob@', 'kit.personInvalid'],
    ['bob@dfsp1@com', 'kit.personInvalid'],
    ['bob otieno@dfsp1.com', 'kit.personInvalid'],
    ['mailto:bob@dfsp1.com', 'kit.personInvalid'],
    ['bób@dfsp1.com', 'kit.personInvalid'],
    ['bob', 'kit.personInvalid'],
  ])('%j is read as %s', (answer, expected) => expect(reading('payee', answer)).toBe(expected));

  test('elsewhere than there an @ is in no number', () => {
    expect(reading('person', 'bob@dfsp1.com')).toBe('kit.personInvalid');
  });
});
