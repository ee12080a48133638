import { frame } from '../../../sims/phone/frame';
import { screenLength } from '../../../sims/phone/septets';

test.each([
  ['', 0, 'GSM-7'],
  ['Fee KES 11.00\n0 Back', 20, 'GSM-7'],
  ['£@Øñ', 4, 'GSM-7'],
  ['[~] €5', 10, 'GSM-7'],
  ['Wanjirũ', 7, 'UCS-2'],
  ['’', 1, 'UCS-2'],
  ['😀', 2, 'UCS-2'],
])('"%s" is %d long in %s', (screen, used, alphabet) => {
  expect(screenLength(screen)).toEqual({ used, limit: alphabet === 'GSM-7' ? 160 : 80, alphabet });
});

test('the terminal draws the screen in a frame, and breaks long lines between words', () => {
  const screen = 'Send KES 500.00 to Christopher Emmanuel\n0 Back';
  const drawn = frame({
    sessionId: 'ATUid_1',
    msisdn: '+254700000001',
    open: true,
    status: 'Open',
    screen,
    septets: screenLength(screen),
    elapsedMs: 67_000,
    limitMs: 180_000,
    hops: 3,
    errorMessage: '',
  });
  expect(drawn).toBe(
    [
      '╭──────────────────────────────────╮',
      '│ Send KES 500.00 to Christopher   │',
      '│ Emmanuel                         │',
      '│ 0 Back                           │',
      '╰─ 46/160 ───────────── 1:07/3:00 ─╯',
    ].join('\n'),
  );
});
