import type { PushPrompt, PushSender } from '../../../src/aggregators';
import { createCall, type Call } from '../../support/world';
import { openShop, type Shop } from './shop';

/**
 * B12: a network that can open a session on the buyer's phone. The recording driver does what `PushSender` promises of a
 * driver: it hands the first hop to the gateway as if the phone had dialled it, and shows what comes.
 */
describe('a prompt on the buyer’s phone', () => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await shop.world.close();
  });

  interface Recording extends PushSender {
    readonly prompts: PushPrompt[];
    readonly calls: Call[];
    readonly screens: string[];
  }
  function recording(isOn = true): Recording {
    const driver: Recording = {
      ...{ prompts: [], calls: [], screens: [] },
      open: async (prompt) => {
        driver.prompts.push(prompt);
        if (!isOn) return 'not_shown';
        const call = createCall(shop.world, prompt.to);
        driver.screens.push(await call.dial(prompt.inputs));
        driver.calls.push(call);
        return 'shown';
      },
    };
    return driver;
  }
  const told = (to: string | undefined) => shop.world.sms.sent.filter((sms) => sms.to === to);

  test('B12: it shows name, amount, fee and total, asks for the PIN, and pays; no SMS asks as well', async () => {
    const { hamim, world } = shop;
    const { invoiceId, code } = await shop.send();
    const driver = recording();
    expect(await world.services.invoices.promptDue(driver)).toBe(1);
    expect(driver.prompts).toEqual([{ to: hamim.msisdn, serviceCode: '*384*123#', inputs: `2*${code}` }]);
    expect(driver.screens[0]).toMatch(
      /^CON Pay KES 100\.00 to Juma Mwangi\nFee KES .*\nTotal KES .*\nPIN to pay, or\n1 Refuse/,
    );
    expect(await shop.stateOf(invoiceId)).toBe('pending');
    expect(await driver.calls[0]?.answer('4071')).toMatch(/^END Paid: KES 100\.00 to Juma Mwangi/);
    expect(await shop.stateOf(invoiceId)).toBe('paid');
    await world.settle();
    expect(told(hamim.msisdn).filter(({ body }) => body.includes('asks you to pay'))).toEqual([]);
    expect(await world.services.invoices.promptDue(driver)).toBe(0);
  });

  test('B12: where nothing can be shown, an SMS has the number that leads straight to it', async () => {
    const { hamim, world } = shop;
    const { code } = await shop.send();
    expect(await world.services.invoices.promptDue(recording(false))).toBe(1);
    await world.settle();
    const [sms, ...more] = told(hamim.msisdn);
    expect(more).toEqual([]);
    expect(sms?.body).toContain(`Dial *384*123*2*${code}#`);
    expect(await createCall(world, hamim.msisdn ?? '').dial(`2*${code}`)).toContain('PIN to pay');
  });

  test('B12: a driver without push is told by SMS at once; several workers tell once; what is over is not told', async () => {
    const { hamim, juma, world } = shop;
    const { invoices } = world.services;
    await shop.send();
    const over = await shop.send();
    await invoices.cancel({ invoiceId: over.invoiceId, customerId: juma.customerId, hopKey: 'hop' });
    const rounds = await Promise.all(Array.from({ length: 6 }, () => invoices.promptDue()));
    expect(rounds.reduce((sum, n) => sum + n, 0)).toBe(1);
    await world.settle();
    expect(told(hamim.msisdn).filter(({ body }) => body.includes('asks you to pay'))).toHaveLength(1);
  });

  test('B12: a stop between the prompt and its note prompts again; it is still paid once', async () => {
    const { hamim, world } = shop;
    const { invoiceId } = await shop.send();
    const driver = recording();
    const dying: PushSender = {
      open: async (prompt) => {
        await driver.open(prompt);
        throw new Error('killed');
      },
    };
    await expect(world.services.invoices.promptDue(dying)).rejects.toThrow('killed');
    world.clock.advance(31_000);
    expect(await world.services.invoices.promptDue(driver)).toBe(1);
    const replies = await Promise.all(driver.calls.map((call) => call.answer('4071')));
    expect(replies.filter((text) => text.startsWith('END Paid'))).toHaveLength(1);
    expect(await shop.stateOf(invoiceId)).toBe('paid');
    expect(hamim.customerId).toBeDefined();
  });
});
