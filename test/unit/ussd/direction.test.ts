import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRenderer, localesFolder, measure, type Screen } from '../../../src/ussd';

/** A language that is written from right to left, made here: Arabic in the place of Kiswahili. */
const folder = mkdtempSync(path.join(tmpdir(), 'starhash-arabic-'));
cpSync(localesFolder, folder, { recursive: true });
const arabic: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kit: { back: 'رجوع', home: 'الرئيسية', more: 'المزيد' },
  'send-money': {
    confirm: 'إرسال {{amount}} إلى {{name}}\nالرسوم {{fee}}\nالمجموع {{total}}\nأدخل رقمك السري:',
    payeeRecent: 'اختر:',
    recent: '{{name}}',
  },
  statement: { title: 'آخر المدفوعات:', sent: '{{date}} -{{amount}} {{name}}، رسوم {{fee}}' },
  sms: { received: '{{reference}} استلمت {{amount}} من {{name}} {{msisdn}}. الرصيد {{balance}}.[1: {{date}}]' },
};
for (const [file, texts] of Object.entries(arabic)) {
  const at = path.join(folder, 'sw', `${file}.json`);
  writeFileSync(at, JSON.stringify({ ...(JSON.parse(readFileSync(at, 'utf8')) as object), ...texts }));
}
const renderer = createRenderer(folder);
afterAll(() => rmSync(folder, { recursive: true }));

const wide = { septets: 160, ucs2Units: 200 };
function shown(screen: Screen, budget = wide): string {
  const keys = { back: true, home: true };
  return renderer.render({ screen, context: {}, problem: undefined, language: 'sw', page: 0, budget, keys }).text;
}
const isolated = (value: string): string => `\u2068${value}\u2069`;
const mark = '\u200f';

describe('B4: among words that run from right to left', () => {
  test('amounts and foreign names keep their own order, and names of the same script need no marks', () => {
    const values = { amount: 'KES 500.00', fee: 'KES 10.00', total: 'KES 510.00' };
    const screen = (name: string): Screen => ({
      text: 'send-money.confirm',
      values: () => ({ ...values, name: { name } }),
    });
    expect(shown(screen('Kani Achieng')).split('\n').slice(0, 3)).toEqual([
      `إرسال ${isolated('KES 500.00')} إلى ${isolated('Kani Achieng')}`,
      `الرسوم ${isolated('KES 10.00')}`,
      `المجموع ${isolated('KES 510.00')}`,
    ]);
    expect(shown(screen('محمد علي'))).toContain('إلى محمد علي\n');
  });

  test('a number leads its line: where no Arabic letter comes first, a mark turns the line', () => {
    const screen: Screen = {
      text: 'send-money.payeeRecent',
      options: () =>
        ['Kani', 'محمد'].map((name, at) => ({
          ...{ no: at + 1, pick: name, text: 'send-money.recent', values: { name: { name } } },
        })),
    };
    expect(shown(screen).split('\n')).toEqual([
      'اختر:',
      `${mark}1 ${isolated('Kani')}`,
      '2 محمد',
      '0 رجوع  99 الرئيسية',
    ]);
  });

  test('dates and phone numbers are not turned around in a message', () => {
    const text = renderer.sms('sw', 'sms.received', {
      ...{ reference: 'K7QF9M3X', amount: 'KES 5.00', msisdn: '+254700000001', balance: 'KES 5.00' },
      ...{ name: { name: 'علي' }, date: '20/11 14:05' },
    });
    expect(text).toContain(isolated('+254700000001'));
    // The first letter outside isolates is Arabic: this line starts at the right by itself.
    expect(text.startsWith(`${isolated('K7QF9M3X')} استلمت`)).toBe(true);
    expect(measure(text).units).toBeLessThanOrEqual(70);
  });

  test('marks count as letters: a screen that they fill is cut into pages that fit', () => {
    const line = { date: '20/11', amount: '500.00', fee: '10.00', name: { name: 'Kani' } };
    const screen: Screen = {
      text: 'statement.title',
      lines: () => Array.from({ length: 5 }, () => ({ text: 'statement.sent', values: line })),
    };
    const page = shown(screen, { septets: 160, ucs2Units: 120 });
    expect(page.length).toBeLessThanOrEqual(120);
    expect(page).toContain(
      `${isolated('20/11')} -${isolated('500.00')} ${isolated('Kani')}، رسوم ${isolated('10.00')}`,
    );
  });
});
