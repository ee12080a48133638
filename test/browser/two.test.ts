import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';
import people from '../../sims/people.json';
import others from '../../sims/people.two.json';
import { CHROMIUM_FLAGS, freePort, OUT } from './system';

const readyWithinMs = 100_000;
const person = (all: typeof others, firstName: string) => {
  const found = all.find((each) => each.firstName === firstName);
  if (found === undefined) throw new Error(`nobody in the sandbox is called ${firstName}`);
  return found;
};
const [hamim, juma, amina] = ['Hamim', 'Juma', 'Amina'].map((name) => person(people, name)) as [Person, Person, Person];
const [venya, kani] = ['Venya', 'Kani'].map((name) => person(others, name)) as [Person, Person];
type Person = ReturnType<typeof person>;

/** `npm run demo:two`, as somebody who tries it: the scheme, two providers, and a phone of each on one page. */
let demo: ChildProcess;
let folder: string;
let browser: Browser;
let page: Page;
let phones: { mjini: Phone; pwani: Phone };
let adminPort: number;

beforeAll(async () => {
  await mkdir(OUT, { recursive: true });
  folder = await mkdtemp(path.join(tmpdir(), 'starhash-two-'));
  const ports = await Promise.all(Array.from({ length: 10 }, freePort));
  const [pagePort, api, admin, directory, rules, fraud, ...providers] = ports.map(String);
  adminPort = Number(admin);
  demo = spawn(process.execPath, ['--import', 'tsx', 'sims/two/main.ts'], {
    cwd: path.join(__dirname, '../..'),
    env: {
      ...process.env,
      TWO_DATA_DIR: folder,
      TWO_PAGE_PORT: pagePort,
      TWO_PORTS: providers.join(','),
      SCHEME_API_PORT: api,
      SCHEME_ADMIN_PORT: admin,
      SCHEME_DIRECTORY_PORT: directory,
      SCHEME_RULES_PORT: rules,
      SCHEME_FRAUD_PORT: fraud,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await untilSaid(demo, 'side by side');
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: CHROMIUM_FLAGS,
  });
  page = await browser.newPage({ viewport: { width: 1700, height: 900 }, deviceScaleFactor: 1 });
  await page.goto(`http://localhost:${pagePort}/`);
  phones = {
    mjini: phoneOn(page.frameLocator('iframe[name=mjini]'), '*384*123#'),
    pwani: phoneOn(page.frameLocator('iframe[name=pwani]'), '*384*124#'),
  };
}, readyWithinMs + 20_000);

afterAll(async () => {
  await browser.close();
  const ended = once(demo, 'exit');
  demo.kill('SIGTERM');
  await ended;
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function untilSaid(child: ChildProcess, words: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`it was not ready in time\n${said}`)), readyWithinMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (!said.includes(words)) return;
        clearTimeout(late);
        resolve();
      });
    }
    child.once('exit', () => reject(new Error(`it ended\n${said}`)));
  });
}

interface Phone {
  take(person: Person): Promise<void>;
  /** Dials and types; waits for what each answer must show. */
  dial(...answers: readonly [typed: string, shows: string | RegExp][]): Promise<void>;
  message(words: string | RegExp): Promise<void>;
  /** Back to the handset, wherever the page was scrolled. */
  top(): Promise<void>;
}

function phoneOn(frame: FrameLocator, code: string): Phone {
  const at = (id: string) => frame.getByTestId(id);
  const shows = (words: string | RegExp) => at('screen').filter({ hasText: words }).waitFor();
  return {
    take: ({ msisdn }) => at(`person-${msisdn}`).check({ force: true }),
    dial: async (...answers) => {
      await at('entry').fill(code);
      await at('call').click();
      await shows('Send money');
      for (const [typed, words] of answers) {
        await at('entry').fill(typed);
        await at('send').click();
        await shows(words);
      }
    },
    message: (words) => at('message').filter({ hasText: words }).first().waitFor(),
    top: () => frame.locator('h1').scrollIntoViewIfNeeded(),
  };
}

const national = ({ msisdn }: Person) => `0${msisdn.slice('+254'.length)}`;
const picture = async (name: string): Promise<void> => {
  for (const phone of Object.values(phones)) await phone.top();
  await page.screenshot({ path: path.join(OUT, `${name}.png`) });
};

async function positions(): Promise<Record<string, string>> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const response = await fetch(`http://127.0.0.1:${adminPort}/transfers`, { headers: { authorization } });
  const transfers = (await response.json()) as { state: string; debits: { account: string; amount: string }[] }[];
  const paid = transfers.filter(({ state }) => state === 'executed').flatMap(({ debits }) => debits);
  return Object.fromEntries(paid.map(({ account, amount }) => [account.split('/').at(-1) ?? '', amount]));
}

test('R138, R255: Hamim sends Kani 5,000 at another provider, and both read of it at once', async () => {
  // What it costs is more than he has: an agent takes his cash first.
  await phones.mjini.take(amina);
  await phones.mjini.dial(
    ['9', /number/i],
    [national(hamim), /how much/i],
    ['1000', /PIN/],
    [amina.pin, 'is in the account'],
  );
  await phones.mjini.take(hamim);
  await phones.pwani.take(kani);
  await phones.mjini.dial(
    ['1', /number/i],
    [national(kani), 'Kani Achieng at pwani'],
    ['5000', /Total KES 5,\d+/],
    [hamim.pin, 'sent to Kani Achieng'],
  );
  await phones.pwani.message(/You received KES 5,000.00 from Hamim J/);
  await phones.mjini.message(/Sent KES 5,000.00 to Kani A/);
  await picture('two-sent');
  expect(await positions()).toEqual({ mjini: '5000' });
});

test('R256: Venya buys plantains from a shop that is not on her network, by her user number', async () => {
  await phones.mjini.take(juma);
  await phones.pwani.take(venya);
  await phones.mjini.dial(
    ['12', /buyer's number/i],
    [venya.userNumber, /how much/i],
    ['150', /What is it for/],
    ['plantains', /to pay KES 150.00/],
    ['1', 'is asked to pay'],
  );
  await phones.pwani.message(/Juma Mwangi at mjini asks you to pay KES 150.00/);
  await phones.pwani.dial(['2', 'Juma Mwangi'], ['1', /PIN to pay/], [venya.pin, /Paid: KES 150.00 to Juma Mwangi/]);
  await phones.mjini.message(/150/);
  await picture('two-bought');
  expect(await positions()).toEqual({ mjini: '5000', pwani: '150' });
});
