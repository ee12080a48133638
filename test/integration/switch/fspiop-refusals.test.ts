import { createTestDatabase } from '../../support/database';
import { startScheme, type Databases, type Scheme } from './participants';
import { headers } from './wire';

describe('M41, M42, M44, M45, M46, M64: what is wrong by itself is refused at once, with a code and the field', () => {
  let scheme: Scheme;
  let databases: Databases;
  beforeAll(async () => {
    databases = { payer: await createTestDatabase(), payee: await createTestDatabase() };
    scheme = await startScheme(databases);
  });
  afterAll(async () => {
    await scheme.close();
    await databases.payer.drop();
    await databases.payee.drop();
  });

  const id = 'b51ec534-ee48-4575-b6a9-ead2955b8069';
  const good = headers('payer', 'payee', 'quotes', '1.1');
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
  const cases: readonly (readonly [
    string,
    string,
    string,
    Record<string, string>,
    string | undefined,
    number,
    string,
    RegExp,
  ])[] = [
    ['no source', 'POST', '/quotes', without('fspiop-source'), '{}', 400, '3102', /fspiop-source/],
    ['no date', 'POST', '/quotes', without('date'), '{}', 400, '3102', /date/],
    ['no real date', 'POST', '/quotes', { ...good, date: '2026-11-27' }, '{}', 400, '3101', /date/],
    [
      'a header missing beside a wrong one',
      'POST',
      '/quotes',
      { ...without('date'), 'content-type': 'x' },
      '{}',
      400,
      '3102',
      /date/,
    ],
    ['no accept', 'POST', '/quotes', { ...without('accept'), accept: '' }, '{}', 400, '3102', /accept/],
    [
      'another destination',
      'POST',
      '/quotes',
      { ...good, 'fspiop-destination': 'x' },
      '{}',
      400,
      '3201',
      /destination/,
    ],
    [
      'an unknown version',
      'POST',
      '/quotes',
      { ...good, accept: good['accept']?.replace(/=.*/, '=9') ?? '' },
      '{}',
      406,
      '3001',
      /accept/,
    ],
    ['no JSON', 'POST', '/quotes', good, '{', 400, '3101', /body/],
    ['a key twice', 'POST', '/quotes', good, '{"quoteId":"1","quoteId":"2"}', 400, '3101', /twice/],
    ['a field missing', 'POST', '/quotes', good, '{}', 400, '3102', /quoteId/],
    ['an id of no form', 'GET', '/quotes/1', good, undefined, 400, '3101', /ID/],
    ['an unknown path', 'GET', '/nothing', good, undefined, 404, '3002', /URI/],
    ['a path too long', 'GET', `/quotes/${id}/x/y`, good, undefined, 404, '3002', /URI/],
    ['a method of none', 'DELETE', `/quotes/${id}`, good, undefined, 405, '3000', /DELETE/],
    ['a resource in another’s type', 'POST', '/bulkQuotes', good, '{}', 400, '3101', /content-type/],
    ['a directory that is not here', 'GET', '/participants/MSISDN/1', good, undefined, 501, '2002', /participants/],
  ];

  test.each(cases.map((all) => [all[0], all] as const))(
    '%s',
    async (_, [, method, where, given, body, ...expected]) => {
      const [status, code, words] = expected;
      const response = await fetch(`${scheme.payee.url}/fspiop${where}`, {
        method,
        headers: given,
        ...(body && { body }),
      });
      const answer = (await response.json()) as { errorInformation: { errorCode: string; errorDescription: string } };
      expect([response.status, answer.errorInformation.errorCode]).toEqual([status, code]);
      expect(answer.errorInformation.errorDescription).toMatch(words);
      if (status === 406) {
        expect(JSON.stringify(answer)).toContain('"extension":[{"key":"1","value":"1"},{"key":"2","value":"0"}]');
      }
      if (status === 405) expect(response.headers.get('allow')).toBe('GET, PUT');
      expect(scheme.payee.waiting('onQuote')).toBe(0);
    },
  );
});
