import { ConfigError, loadConfig } from '../../../src/platform';

const central = {
  ...{ SCHEME: 'l1p', L1P_LEDGER_URL: 'http://ledger', L1P_DIRECTORY_URL: 'http://directory' },
  ...{ L1P_PUBLIC_URL: 'http://us/l1p', L1P_SECRET: 'secret' },
};
const directoriesOf = (text: string): unknown => {
  const { way } = loadConfig({ ...central, L1P_DIRECTORIES: text }).scheme;
  return way.name === 'l1p' ? way.directoryUrls : undefined;
};

test('R222: each scheme of URI may have a directory of its own', () => {
  expect(directoriesOf('')).toEqual({});
  expect(directoriesOf('mailto=http://one:3003/, acct=https://two/directory')).toEqual({
    mailto: 'http://one:3003',
    acct: 'https://two/directory',
  });
  expect(directoriesOf('tel=http://one,eur=http://one')).toEqual({ tel: 'http://one', eur: 'http://one' });
});

test.each([
  'mailto',
  'mailto=',
  'mailto=one',
  'mailto=ftp://one',
  'iban=http://one',
  'mailto=http://one,',
  'mailto=http://one,mailto=http://two',
  'mailto=http://one;acct=http://two x',
])('R222: L1P_DIRECTORIES=%s is refused by name', (text) => {
  let problems: readonly string[] = [];
  try {
    directoriesOf(text);
  } catch (error) {
    if (error instanceof ConfigError) problems = error.problems;
  }
  expect(problems).toEqual([expect.stringMatching(/^L1P_DIRECTORIES must be like mailto=http:\/\/one,acct=http:/)]);
});
