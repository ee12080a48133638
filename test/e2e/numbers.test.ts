import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readStaffTokens } from '../../src/app';
import numbers from '../../sims/numbers.json';
import { openBeside } from '../support/customers';
import { messages } from '../support/phone';
import { cleanUp, startSystem, type Launched, wholeSandbox } from '../support/system';

jest.setTimeout(120_000);

/** One promise of the README's table. */
interface Row {
  readonly number: string;
  readonly pins: string;
  readonly who: string;
  readonly forces: string;
  /** A phone's number, or `staff` and a member. */
  readonly on: string;
  readonly typed: readonly string[];
  readonly comes: string;
}

const readme = readFileSync(path.join(__dirname, '..', '..', 'README.md'), 'utf8');
const rows: Row[] = [...readme.matchAll(/^\| (\+2547000001\d\d) .*$/gm)].map(([line]) => {
  const [, number = '', pins = '', who = '', forces = '', tried = '', comes = ''] = line
    .split('|')
    .map((cell) => cell.trim());
  const [on = '', typed = ''] = tried.split(':');
  return { number, pins, who, forces, on, typed: typed.split(',').flatMap((word) => word.trim() || []), comes };
});

/** A screen on one line; `…` of the README is whatever stands there. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
function patternOf(comes: string): RegExp {
  const parts = oneLine(comes.replace(/^`|`$/g, '')).split('…');
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);
}

let system: Launched;
beforeAll(async () => {
  system = await startSystem({ env: wholeSandbox });
});
afterAll(cleanUp);

async function post<T>(url: string, body: object, headers: Record<string, string> = {}): Promise<T> {
  const json = { 'content-type': 'application/json', ...headers };
  const response = await fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** Through the simulated aggregator, as from the phone in the browser. */
async function dial(msisdn: string, typed: readonly string[]): Promise<string> {
  const sessions = `${system.simUrl}/api/sessions`;
  let view = await post<{ sessionId: string; screen: string }>(sessions, { msisdn, dial: '*384*123#' });
  for (const input of typed) view = await post(`${sessions}/${view.sessionId}/input`, { input });
  await post(`${sessions}/${view.sessionId}/cancel`, {});
  return view.screen;
}

async function askStaff(member: string, [command = '', who = '']: readonly string[]): Promise<string> {
  const token = (await readStaffTokens(system.dataDir))[member] ?? '';
  const headers = { authorization: `Bearer ${token}` };
  const url = `${system.url}/staff/v1/${command}`;
  const answer = await post<{ error?: { message: string } }>(url, { who, reason: 'they called' }, headers);
  return answer.error?.message ?? 'done';
}

async function answerOf({ on, typed }: Row): Promise<string> {
  const [first, member = ''] = on.split(' ');
  return oneLine(first === 'staff' ? await askStaff(member, typed) : await dial(on, typed));
}

/** What the seeds made, as the database has it. */
async function made(): Promise<Record<string, unknown>> {
  const beside = await openBeside(system.dataDir);
  const count = (what: string) => `(select count(*)::int from ${what})`;
  const by = (number: string) => `where user_number = '${number}'`;
  return beside.owner
    .one<Record<string, unknown>>({
      text: `select ${count('customer')} as people, ${count('account_freeze')} as freezes, ${count('till')} as tills,
        ${count('invoice')} as invoices, ${count('opening where transfer_id is null')} as unpaid,
        ${count(`payment p join customer c on c.customer_id = p.payer_id and p.state = 'completed' ${by('10001055')}`)} as spends,
        ${count(`payment p join customer c on c.customer_id = p.payer_id ${by('10001154')}`)} as twice,
        (select state from sms_outbox where to_msisdn = '+254700000114' order by created_at limit 1) as lost,
        (select attempts > 0 and state <> 'delivered' from sms_outbox where to_msisdn = '+254700000113' limit 1) as refused`,
    })
    .finally(() => beside.close());
}

describe('B24: the numbers of the README, in what `npm start` brings up', () => {
  test('the table has everybody of sims/numbers.json, with name and PIN', () => {
    const inTable = rows.flatMap(({ number, pins, who }) => {
      const names = who.split(', ');
      return pins.split(', ').map((pin, index) => `${number} ${names[index] ?? ''} ${pin}`);
    });
    const inFile = numbers.map(({ msisdn, firstName, lastName, pin }) => `${msisdn} ${firstName} ${lastName} ${pin}`);
    expect([...new Set(inTable)].filter((one) => !one.endsWith('nobody none')).sort()).toEqual(inFile.sort());
    expect(rows.every(({ comes }) => /^`.+`$/.test(comes))).toBe(true);
  });

  test.each(rows)('$forces ($number)', async (row) => {
    expect(await answerOf(row)).toMatch(patternOf(row.comes));
  });

  test('an SMS that is refused or lost reaches nobody; a hop that comes twice pays once', async () => {
    const told = await messages(system.simUrl, '+254700000001', 3);
    expect(told.filter(({ text }) => /Sent KES 10.00 to (Moraa|Wafula)/.test(text))).toHaveLength(2);
    expect(await messages(system.simUrl, '+254700000113')).toEqual([]);
    expect(await messages(system.simUrl, '+254700000114')).toEqual([]);
    expect(await made()).toMatchObject({ twice: 1, lost: 'failed', refused: true });
  });

  test('another start makes nothing twice, and puts back what was taken back', async () => {
    const before = await made();
    expect(before).toMatchObject({ people: 24, freezes: 2, tills: 1, invoices: 1, spends: 2, unpaid: 0 });
    expect(await askStaff('amani', ['unlock', '0700000106'])).toBe('done');
    const locked = rows.find(({ number }) => number === '+254700000106');
    expect(await dial('+254700000106', locked?.typed ?? [])).toContain('KES 500.00');
    const { dataDir, port, simPort } = system;
    expect(await system.stop()).toMatchObject({ code: 0 });
    system = await startSystem({ dataDir, port, simPort, env: wholeSandbox });
    expect(await made()).toMatchObject(before);
    for (const row of rows)
      expect(`${row.forces}: ${await answerOf(row)}`).toMatch(
        new RegExp(patternOf(row.comes).source.replace('^', `^${row.forces}: `)),
      );
  });
});
