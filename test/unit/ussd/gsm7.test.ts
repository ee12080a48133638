import { foldLatin, measure, romanise } from '../../../src/ussd';

describe('B4: septets are counted as a network counts them', () => {
  test.each([
    ['', 0],
    ['Fee KES 10.00\n0 Back', 20],
    ['@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ', 29],
    ['¤¡ÄÖÑÜ§¿äöñüà', 13],
    ['\r\n', 2],
  ])('%j costs %i: one for each letter of the default alphabet', (text, units) => {
    expect(measure(text)).toEqual({ alphabet: 'gsm7', units });
  });

  test.each(['^', '{', '}', '\\', '[', '~', ']', '|', '€', '\f'])(
    '%j is of the extension table and costs two',
    (text) => {
      expect(measure(text)).toEqual({ alphabet: 'gsm7', units: 2 });
      expect(measure(`a${text}b`)).toEqual({ alphabet: 'gsm7', units: 4 });
    },
  );

  test.each(['ê', 'ç', 'î', 'ô', 'û', 'ã', 'ũ', '`', '’', '«', 'á', 'ع', 'ሀ', '\t', '\u00a0'])(
    '%j is not in GSM-7: the whole text needs UCS-2',
    (text) => {
      expect(measure(text)).toEqual({ alphabet: 'ucs2', units: 1 });
      expect(measure(`KES [1] ${text}`)).toEqual({ alphabet: 'ucs2', units: 9 });
    },
  );

  test('beyond the basic plane a letter costs two units of UCS-2', () => {
    expect(measure('𞤀😀')).toEqual({ alphabet: 'ucs2', units: 4 });
  });
});

describe('B4: letters that GSM-7 lacks lose their marks, others keep them', () => {
  test.each([
    ['Français', 'Francais'],
    ['Êtes-vous sûr ? Tapez où', 'Etes-vous sur ? Tapez où'],
    ['é è à ù ò ì ñ ö ü Ç É', 'é è à ù ò ì ñ ö ü Ç É'],
    ['Wanjirũ Ngũgĩ', 'Wanjiru Ngugi'],
    ['Nyang’oro “Kani”', 'Nyang\'oro "Kani"'],
    ['Ọlọ́runfẹ́mi', 'Olorunfemi'],
    ['e\u0301', 'é'],
    ['un\u00a0\u202fdeux', 'un  deux'],
    ['Ŋmin Ɓala œuvre', 'Ngmin Bala oeuvre'],
  ])('%j reads %j', (text, folded) => {
    expect(foldLatin(text)).toBe(folded);
    expect(measure(foldLatin(text)).alphabet).toBe('gsm7');
  });

  test.each(['عبد', 'ኃይለ', '{{name}} [1]'])('%j is left as it is', (text) => {
    expect(foldLatin(text)).toBe(text);
  });
});

describe('B4: a name of any script can stand on a screen of GSM-7', () => {
  test.each([
    ['Wanjirũ Kamau', 'Wanjiru Kamau'],
    ["Nyang'oro", "Nyang'oro"],
    ['Nyangʼoro', "Nyang'oro"],
    ['Zoé', 'Zoé'],
    ['መንግስቱ', 'Mengstu'],
    ['አበበ ከበደ', 'Abebe Kebede'],
    ['Wanjirũ ከ.', 'Wanjiru Ke.'],
    ['Наталья', "Natal'ya"],
  ])('%j reads %j', (name, latin) => {
    expect(romanise(name)).toBe(latin);
  });

  test('no letter of any script is written outside GSM-7', () => {
    const lost: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const letter = String.fromCodePoint(code);
      if (/[\p{L}\p{M}]/u.test(letter) && measure(romanise(letter)).alphabet !== 'gsm7') lost.push(letter);
    }
    expect(lost).toEqual([]);
  });

  test.each([
    ['Ethiopic', 'ኃይለማርያም'],
    ['Arabic', 'محمد علي'],
    ['Adlam', '𞤃𞤢𞤥𞤢𞤣𞤵'],
    ["N'Ko", 'ߡߡߊߘߎ'],
    ['Vai', 'ꕢꕌ'],
    ['Tifinagh', 'ⵎⵓⵃⵎⵎⴷ'],
    ['Cyrillic', 'Наталья'],
    ['Chinese', '王小明'],
    ['Hindi', 'राजेश'],
  ])('a name in %s is not lost', (_, name) => {
    expect(romanise(name).replace(/[^A-Za-z]/g, '').length).toBeGreaterThanOrEqual(name.split(/\s/).length * 2);
    expect(measure(romanise(name)).alphabet).toBe('gsm7');
  });
});
