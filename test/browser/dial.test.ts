import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import people from '../../sims/people.json';
import { CHROMIUM_FLAGS, OUT, startSystem, type System } from './system';

const person = (firstName: string) => {
  const found = people.find((each) => each.firstName === firstName);
  if (found === undefined) throw new Error(`nobody in people.json is called ${firstName}`);
  return found;
};
const hamim = person('Hamim');
const kani = person('Kani');

let system: System;
let browser: Browser;
let page: Page;
const pageErrors: string[] = [];

beforeAll(async () => {
  await mkdir(OUT, { recursive: true });
  system = await startSystem();
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: CHROMIUM_FLAGS,
  });
  page = await browser.newPage({ viewport: { width: 1280, height: 840 }, deviceScaleFactor: 1 });
  page.on('pageerror', (error) => pageErrors.push(error.message));
  await page.goto(system.phoneUrl);
});
afterAll(async () => {
  await browser.close();
  await system.stop();
  expect(pageErrors).toEqual([]);
});

const at = (id: string) => page.getByTestId(id);
const take = (msisdn: string) => at(`person-${msisdn}`).check({ force: true });
const shows = (text: string | RegExp) => at('screen').filter({ hasText: text }).waitFor();
const receipts = () => at('message').filter({ hasText: '500' });
const picture = (name: string) => page.screenshot({ path: path.join(OUT, `${name}.png`) });

/** Presses the phone's own keys, then Send. */
async function answer(keys: string): Promise<void> {
  for (const key of keys) await at(`key-${key}`).click();
  await at('send').click();
}

test('Hamim sends money to Kani, and both get a receipt', async () => {
  await take(hamim.msisdn);
  for (const key of '*384*123#') await at(`key-${key}`).click();
  await at('call').click();
  await shows('Send money');
  expect(await at('counter').textContent()).toMatch(/^\d+\/160$/);
  await answer('1');
  await shows(/number/i);
  await answer(`0${kani.msisdn.slice('+254'.length)}`);
  await shows(/how much/i);
  await answer('500');
  await shows(/PIN/);
  expect(await at('screen').textContent()).toContain(kani.firstName);
  await picture('confirm');

  await answer(hamim.pin);
  await shows('sent');
  await receipts().first().waitFor();
  expect(await receipts().count()).toBe(1);

  // The network delivers the PIN's hop once more: no second payment, and the same words.
  await at('repeat').click();
  await at('log').filter({ hasText: 'same answer' }).waitFor();
  await page.mouse.move(0, 0);
  await picture('sent');

  await take(kani.msisdn);
  await receipts().first().waitFor();
  expect(await receipts().count()).toBe(1);
  await picture('received');
});

test('a call needs no mouse', async () => {
  await take(hamim.msisdn);
  await page.keyboard.press('Escape'); // away with what the last call left on the screen
  await page.keyboard.type('*384*123#');
  await page.keyboard.press('Enter');
  await shows('Send money');
  await page.keyboard.type('1');
  await page.keyboard.press('Enter');
  await shows(/number/i);
  await page.keyboard.press('Escape');
  await shows(hamim.msisdn); // the phone at rest
  expect(await at('entry').inputValue()).toBe('');
});

test('a dropped call shows no answer, a delayed one comes late', async () => {
  await at('delay-s').fill('1');
  await at('delay').click();
  await at('call').click();
  await shows('USSD code running');
  await shows('Send money');
  await at('entry').fill('1');
  await at('drop').click();
  await shows('Connection problem');
  expect(await at('log').textContent()).toContain('the reply to it is lost');
  await at('send').click();
  await shows(hamim.msisdn);
});
