import type { Call } from '../support/phone';
import { startScheme, type Scheme } from './scheme';

/**
 * Customers of ours pay a number that the toolkit has; it checks signatures, packets and conditions, and keeps to what it
 * quoted.
 */
let scheme: Scheme;
beforeAll(async () => {
  scheme = await startScheme();
});
afterAll(() => scheme.close());

const hamim = '+254700000001';

async function balance(): Promise<string> {
  const call = await scheme.provider.phone.dial(hamim);
  const { text } = await call.answerAll('4', '4071');
  await call.end('Success');
  return /Your balance[^\d]*([\d,.]+\d)/.exec(text)?.[1] ?? text;
}

/** Right after the start the toolkit is told of everybody here and is slow to answer: whoever reads so types the number again. */
async function found(call: Call): Promise<string> {
  for (const end = Date.now() + 15_000; ;) {
    const { text } = await call.answer('0711000009');
    const isSlow = text.includes("can't be reached now") || text.includes('This is taking too long');
    if (!isSlow || Date.now() > end) return text;
  }
}

test('R132, R184: looked up, quoted and paid, all on one call', async () => {
  expect(await balance()).toBe('5,000.00');
  const call = await scheme.provider.phone.dial(hamim);
  await call.answer('1');
  expect(await found(call)).toContain(`at ${scheme.toolkit.dfspId}.`);
  expect((await call.answer('100')).text).toContain('Fee KES 10.00');
  expect(await call.answer('4071')).toMatchObject({
    kind: 'END',
    text: expect.stringMatching(/^KES 100\.00 sent to .* Ref /s) as string,
  });
  await call.end('Success');
  expect(await balance()).toBe('4,890.00');
});
