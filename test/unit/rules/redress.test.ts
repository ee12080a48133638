import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseMarket } from '../../../src/rules/schema';

/** What a market's file says of mistakes and complaints. */
const hourMs = 3_600_000;
const file = (country: string): { redress: Record<string, unknown> } =>
  JSON.parse(readFileSync(path.join(__dirname, `../../../src/rules/markets/${country}.json`), 'utf8')) as never;

test.each([
  ['gh', 48, 120],
  ['ke', 24, 120],
  ['tz', 48, 120],
  ['ug', 48, 336],
])('%s answers a wrong send within %d hours, and anything else within %d', (country, wrongSend, other) => {
  const market = parseMarket(file(country));
  expect(market).toMatchObject({
    ok: true,
    value: { redress: { answerMs: { wrongSend: wrongSend * hourMs, other: other * hourMs }, holdMs: 72 * hourMs } },
  });
});

test.each([
  ['holdHours', 721, 'redress.holdHours'], // the ledger holds nothing for so long
  ['feeBack', { wrongSend: 'half', other: 'whole' }, 'redress.feeBack.wrongSend'],
  ['appealWeeks', 2, 'redress'],
])('%s that can’t be is refused by its name', (field, value, named) => {
  const market = file('ke');
  const parsed = parseMarket({ ...market, redress: { ...market.redress, [field]: value } });
  expect(parsed.ok).toBe(false);
  expect(parsed.ok ? '' : parsed.problems.join()).toContain(named);
});
