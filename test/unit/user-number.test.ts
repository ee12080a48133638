import { createIds, hasCheckDigit, parseUserNumber, systemClock } from '../../src/platform';

describe('user numbers', () => {
  test('R47: a drawn one is eight digits with a check digit, and reads back', () => {
    const ids = createIds(systemClock);
    const drawn = Array.from({ length: 2_000 }, () => ids.userNumber());
    expect(drawn.every((number) => /^[1-9]\d{7}$/.test(number))).toBe(true);
    expect(drawn.every((number) => parseUserNumber(number) === number)).toBe(true);
  });

  test.each([6, 7, 8, 10])('a number of %i digits that is dialled has a check digit as well', (length) => {
    const ids = createIds(systemClock);
    const drawn = Array.from({ length: 500 }, () => ids.number(length));
    expect(drawn.every((number) => number.length === length && hasCheckDigit(number))).toBe(true);
  });

  test.each([
    ['10000016', '10000016'],
    [' 1000-00 16', '10000016'],
    ['10000017', undefined],
    ['10000061', undefined],
    ['00000000', undefined],
    ['1000001', undefined],
    ['100000160', undefined],
    ['1000001x', undefined],
  ])('%s is read as %s', (typed, number) => {
    expect(parseUserNumber(typed)).toBe(number);
  });
});
