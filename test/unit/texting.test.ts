import { createRenderer, languages } from '../../src/ussd';
import { createCommandReader, type Command } from '../../src/texting/words';

/** B21: the words of every language, as people type them. */
const renderer = createRenderer();
const read = createCommandReader(renderer);
const asked = (kind: 'balance' | 'mini', userNumber?: string): Command => ({ kind, userNumber });

test.each([
  ['BAL', asked('balance')],
  [' bal. ', asked('balance')],
  ['Balance!', asked('balance')],
  ['Sàlio', asked('balance')],
  ['SOLDE', asked('balance')],
  ['ቀሪ', asked('balance')],
  ['qeri', asked('balance')],
  ['BAL 1234-5674', asked('balance', '12345674')],
  ['BAL 12345678', asked('balance')],
  ['Relevé', asked('mini')],
  ['RELEVE\n', asked('mini')],
  ['መግለጫ', asked('mini')],
  ['ዕርዳታ', { kind: 'help' }],
  ['እርዳታ', { kind: 'help' }],
  ['last', { kind: 'last', userNumber: undefined, reference: undefined }],
  ['Dernier k7qf9m3x', { kind: 'last', userNumber: undefined, reference: 'K7QF9M3X' }],
  ['mwisho 12345674', { kind: 'last', userNumber: '12345674', reference: undefined }],
  ['STOP K7QF 9M3X', { kind: 'stop', reference: 'K7QF9M3X' }],
  ['arrêt', { kind: 'stop', reference: undefined }],
  ['አቁም K7QF9M3X', { kind: 'stop', reference: 'K7QF9M3X' }],
  ['123456', { kind: 'code', code: '123456' }],
  ['123 456', { kind: 'code', code: '123456' }],
  ['1234', { kind: 'pin' }],
  ['12345', { kind: 'pin' }],
  ['BAL 1234', { kind: 'pin' }],
  ['my PIN is 739164', { kind: 'pin' }],
  ['0712345678', { kind: 'other' }],
  ['balls', { kind: 'other' }],
  ['', { kind: 'other' }],
  ['__proto__', { kind: 'other' }],
] satisfies [string, Command][])('%j', (typed, command) => {
  expect(read(typed)).toEqual(command);
});

test('no word means two things', () => {
  const kinds = ['help', 'balance', 'mini', 'last', 'stop'] as const;
  const said = languages.flatMap((language) =>
    kinds.flatMap((kind) =>
      renderer
        .say(language, `commands.${kind}`)
        .split(' ')
        .map((word) => [word, kind] as const),
    ),
  );
  for (const [word, kind] of said) expect([word, read(word).kind]).toEqual([word, kind]);
});

test.each(languages)('help names words that are understood in %s', (language) => {
  const help = renderer.sms(language, 'sms.help', { serviceCode: '*384#' });
  const words = help.match(/\p{Lu}{3,}|\p{Script=Ethiopic}+/gu) ?? [];
  const kinds = new Set(words.map((word) => read(word).kind));
  expect(Array.from(kinds)).toEqual(expect.arrayContaining(['balance', 'mini', 'last', 'stop']));
});
