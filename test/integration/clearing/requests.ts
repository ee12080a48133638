import type { Customer } from '../../../src/identity';
import { assert, ok } from '../../../src/platform';
import type { RealBetween } from '../../support/between';
import { createTwo, type Two } from '../../support/two';
import { createCall, type World } from '../../support/world';
import { aminasPhone, hamimsPhone, jumasPhone, moneyOf, openVenya, owed, personOn, venyasPhone } from './people';

export interface RequestsOver {
  /** The scheme between both providers; default: the loopback. */
  readonly open?: () => Promise<RealBetween>;
  /** Whether it has a word for a request that is taken back. */
  readonly cancels: boolean;
}

/** A shop of one provider sells to a customer of another: each has the invoice, and it is paid once, or not at all, at both. */
export function describeRequests(way: string, { open, cancels }: RequestsOver): void {
  describe(way, () => {
    let between: RealBetween | undefined;
    let both: Two;
    let venya: Customer;
    let juma: Customer;
    beforeEach(async () => {
      between = await open?.();
      both = await createTwo(between);
      await openVenya(both.two, begin);
      venya = await personOn(both.two, venyasPhone);
      juma = await personOn(both.one, jumasPhone);
      await both.settle(); // the directory is told
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await both.close();
      await between?.close();
    });

    const begin = 500_000n;

    /** Juma asks the buyer with this number for money; the screens that he saw. */
    async function sell(number = venya.userNumber, note = 'Table 5', amount = '150'): Promise<string[]> {
      const call = createCall(both.one, jumasPhone);
      const screens = [await call.dial(`12*${number}`)];
      for (const answer of [amount, note, '1']) screens.push(await call.answer(answer));
      await call.end('Success');
      return screens;
    }

    /** Venya opens what waits the longest under Pending. */
    async function openPending() {
      const call = createCall(both.two, venyasPhone);
      await call.dial();
      const list = await call.answer('2');
      return { call, list, asked: list.includes('1 ') ? await call.answer('1') : '' };
    }

    /** Every invoice as each provider has it. */
    async function states(): Promise<string[][]> {
      return Promise.all([both.one, both.two].map(({ services }) => statesAt(services)));
    }

    async function statesAt({ db }: World['services']): Promise<string[]> {
      const rows = await db.rows<{ state: string }>({
        text: `select state || case when paying_id is null then '' else ' underway' end as state
           from invoice where outside is not null order by created_at, invoice_id`,
      });
      return rows.map(({ state }) => state);
    }

    const smsOf = (world: World, to: string): string[] =>
      world.sms.sent.filter((sms) => sms.to === to).map(({ body }) => body);

    /** Time goes on for everybody, beyond every expiry and grace of a transfer. */
    async function wait(): Promise<void> {
      for (let step = 0; step < 12; step += 1) {
        await both.settle();
        both.clock.advance(30_000);
      }
      await both.settle();
    }

    test('M1, R118, R119, R126, R128, R138: a shop sells by user number to a customer of another provider, who pays under Pending', async () => {
      const [buyer, , confirm, sent] = await sell();
      expect(buyer).toContain(`Buyer: Venya Otieno, ${venya.userNumber}, at two.`);
      expect(confirm).toContain(`Ask Venya Otieno, ${venya.userNumber}, to pay KES 150.00?`);
      expect(sent).toMatch(/^END Sent: Venya Otieno is asked to pay KES 150.00/);
      await both.settle();
      expect(smsOf(both.two, venyasPhone)).toContainEqual(
        expect.stringMatching(
          /^Juma Mwangi at one asks you to pay KES 150.00. Dial \*384\*123\*2\*\d{7}# and enter your PIN./,
        ),
      );
      const { call, list, asked } = await openPending();
      expect(list).toContain('1 KES 150.00 Juma Mwangi, one');
      expect(asked).toContain('Pay KES 150.00 to Juma Mwangi\nTable 5\nFee KES 0.00\nTotal KES 150.00');
      expect(await call.answer('2580')).toMatch(/^END Paid: KES 150.00 to Juma Mwangi, fee KES 0.00/);
      await both.settle();
      expect(await states()).toEqual([['paid'], ['paid']]);
      expect(await owed(both)).toEqual([-15_000n, 15_000n]);
      expect((await moneyOf(both.two, venya.customerId)).available).toBe(begin - 15_000n);
      expect(smsOf(both.two, venyasPhone)).toContainEqual(expect.stringMatching(/You paid KES 150.00 to Juma M/));
      expect(smsOf(both.one, jumasPhone)).toContainEqual(
        expect.stringMatching(
          new RegExp(`Customer ${venya.userNumber} paid you KES 150.00 for Table 5. Fee KES 0.83. Balance KES 949.17`),
        ),
      );
      expect((await openPending()).list).toContain('Nothing is waiting for you.');
      expect(await createCall(both.one, jumasPhone).dial('13*1*1')).toContain('for Table 5: paid');
      // The shop's provider never learns the buyer's phone.
      const { n } = await both.one.owner.one<{ n: bigint }>({
        text: `select (select count(*) from invoice i where i::text like '%711000009%')
                + (select count(*) from payment p where p::text like '%711000009%')
                + (select count(*) from incoming_quote q where q::text like '%711000009%')
                + (select count(*) from payment_request r where r::text like '%711000009%') as n`,
      });
      expect(n).toBe(0n);
    }, 60_000);

    test('R121, R122: the buyer refuses, and the shop at the other provider is told', async () => {
      await sell('0711000009');
      await both.settle();
      const { call } = await openPending();
      expect(await call.answer('1')).toMatch(/^END Refused/);
      await both.settle();
      expect(await states()).toEqual([['rejected'], ['rejected']]);
      expect(smsOf(both.one, jumasPhone)).toEqual([expect.stringMatching(/refused to pay KES 150.00. Give no goods/)]);
      expect(await owed(both)).toEqual([0n, 0n]);
    }, 60_000);

    test('R117: whoever nobody has is unknown, and a request that a provider does not take ends with a word to the shop', async () => {
      expect(await createCall(both.one, jumasPhone).dial('12*10000065')).toContain('This number has no account here.');
      await sell();
      both.wires.one.copies = (name) => (name === 'onPaymentRequestAnswer' ? 0 : 1);
      await both.settle();
      const [request] = await both.one.services.db.rows<{ requestId: string }>({
        text: 'select request_id as "requestId" from payment_request',
      });
      assert(request, 'it was asked');
      const error = { code: '3204', description: 'Party not found', moneyMoved: 'no' } as const;
      await both.one.services.clearing.handler.onPaymentRequestAnswer({
        ...request,
        dfspId: 'two',
        state: 'rejected',
        error,
      });
      await both.settle();
      expect((await states())[0]).toEqual(['rejected']);
      expect(smsOf(both.one, jumasPhone)).toEqual([
        `Customer ${venya.userNumber} could not be asked to pay KES 150.00. Give no goods.`,
      ]);
    }, 60_000);

    test('the invoice expires on both sides, and can be paid on neither', async () => {
      await sell();
      await both.settle();
      const { call } = await openPending();
      both.clock.advance(25 * 3_600_000);
      await both.settle();
      expect(await states()).toEqual([['expired'], ['expired']]);
      expect(smsOf(both.one, jumasPhone)).toEqual([expect.stringMatching(/did not pay KES 150.00 in time/)]);
      await call.answer('2580');
      await both.settle();
      expect(await owed(both)).toEqual([0n, 0n]);
      expect((await openPending()).list).toContain('Nothing is waiting for you.');
    }, 60_000);

    // Where there is no word for a request that is taken back the buyer hears of it when they try to pay.
    if (cancels) {
      test('R124, R125: what the shop takes back goes from the buyer’s list, and they are told once', async () => {
        await sell();
        await both.settle();
        both.wires.one.copies = (name) => (name === 'cancelPaymentRequest' ? 2 : 1);
        const shop = createCall(both.one, jumasPhone);
        await shop.dial('13*1*1');
        expect(await shop.answer('1')).toContain('Cancelled: KES 150.00');
        await both.settle();
        expect(await states()).toEqual([['cancelled'], ['cancelled']]);
        expect((await openPending()).list).toContain('Nothing is waiting for you.');
        const told = smsOf(both.two, venyasPhone).filter((text) => /Juma Mwangi.*150.00/.test(text));
        expect(told).toHaveLength(2); // that they are asked, and no more
      }, 60_000);

      test('R124: that it is taken back is said again until time is up, unless the scheme has no word for it', async () => {
        await sell();
        await both.settle();
        const said: string[] = [];
        both.wires.one.copies = (name) => {
          if (name !== 'cancelPaymentRequest') return 1;
          said.push(name);
          return said.length > 1 ? 1 : 0;
        };
        const shop = createCall(both.one, jumasPhone);
        await shop.dial('13*1*1');
        await shop.answer('1');
        await both.settle();
        expect(await states()).toEqual([['cancelled'], ['pending']]);
        both.clock.advance(60_000);
        await both.settle();
        expect(await states()).toEqual([['cancelled'], ['cancelled']]);
      }, 60_000);
    }

    test('R124, R125: what the shop took back can no longer be paid, though nobody heard of it, and goes from the list then', async () => {
      both.wires.one.copies = (name) => (name === 'cancelPaymentRequest' ? 0 : 1);
      await sell();
      await both.settle();
      const shop = createCall(both.one, jumasPhone);
      await shop.dial('13*1*1');
      expect(await shop.answer('1')).toContain('Cancelled: KES 150.00');
      const { asked } = await openPending();
      expect(asked).toContain('Nothing is waiting for you.');
      expect(await states()).toEqual([['cancelled'], ['cancelled']]);
    }, 60_000);

    test('R120: beyond the balance nothing is paid or refused, at either provider', async () => {
      await sell(venya.userNumber, 'A cow', '5000.01');
      await both.settle();
      const { call } = await openPending();
      expect(await call.answer('2580')).toContain('It still waits for you under Pending.');
      await both.settle();
      expect(await states()).toEqual([['pending'], ['pending']]);
      expect(await owed(both)).toEqual([0n, 0n]);
    }, 60_000);

    test('R123: many approvals at the same moment pay once, at both providers', async () => {
      jest.spyOn(both.two.services.identity, 'verifyPin').mockResolvedValue(ok(undefined));
      await sell();
      await both.settle();
      const quotes = await Promise.all(Array.from({ length: 8 }, () => quote()));
      const { customerId } = venya;
      const tries = quotes.map(({ quoteId }) =>
        both.two.services.payments.submit({ quoteId, customerId, pin: '0000', hopKey: `hop-${quoteId}` }),
      );
      const outcomes = (await Promise.all(tries)).map((tried) => (tried.ok ? tried.value.state : tried.error));
      expect(outcomes.sort()).toEqual([...Array.from({ length: 7 }, () => 'invoice_gone'), 'pending']);
      await both.settle();
      expect(await states()).toEqual([['paid'], ['paid']]);
      expect((await moneyOf(both.two, venya.customerId)).available).toBe(begin - 15_000n);
      expect(await owed(both)).toEqual([-15_000n, 15_000n]);
    }, 60_000);

    /** What it would cost Venya to pay the invoice, as it is or otherwise than it was asked. */
    async function quote(other: { amountMinor?: bigint; payeeId?: string } = {}) {
      const { invoices, clearing, db } = both.two.services;
      const { customerId } = venya;
      const { invoiceId } = await db.one<{ invoiceId: string }>({
        text: 'select invoice_id as "invoiceId" from invoice',
      });
      const asked = await invoices.askedFromElsewhere({ invoiceId, customerId });
      assert(asked.ok && asked.value, 'it is open');
      const { party, requestId, invoice } = asked.value;
      const partyId = { ...party.partyId, ...(other.payeeId && { id: other.payeeId }) };
      const quoted = await clearing.quote({
        ...{ customerId, to: { party: { ...party, partyId } }, product: 'purchase' },
        ...{ amountMinor: other.amountMinor ?? invoice.amountMinor, paying: { requestId, invoiceId } },
      });
      return { quoteId: quoted.ok ? quoted.value.quote.quoteId : '' };
    }

    test('R119: a quote that names a request of ours is refused unless it is for that amount and that shop', async () => {
      await sell();
      await both.settle();
      const amina = await personOn(both.one, aminasPhone);
      expect(await quote({ amountMinor: 14_999n })).toEqual({ quoteId: '' });
      expect(await quote({ payeeId: amina.userNumber })).toEqual({ quoteId: '' });
      const refusals = await both.one.services.db.rows({
        text: `select error ->> 'code' as code, error ->> 'description' as why from incoming_quote order by why`,
      });
      expect(refusals).toEqual([
        { code: '3100', why: 'Generic validation error - amount is not what was requested' },
        { code: '3100', why: 'Generic validation error - payee is not who requested it' },
      ]);
    }, 60_000);

    test('R114, R123: an invoice whose payment is under way is shown so at both, and neither side changes it meanwhile', async () => {
      await sell();
      await both.settle();
      both.wires.two.copies = (name) => (name === 'onTransferOutcome' ? 0 : 1);
      both.wires.one.copies = (name) => (name === 'onConfirmed' ? 0 : 1);
      const { call } = await openPending();
      expect(await call.answer('2580')).toMatch(/^END KES 150.00 to Juma Mwangi is on its way. Do not pay it again/);
      await call.end('Success');
      const again = await openPending();
      expect(again.list).toContain('1 KES 150.00 Juma Mwangi: being paid');
      expect(again.asked).toMatch(/^END You are paying this: KES 150.00 to Juma Mwangi/);
      const list = createCall(both.one, jumasPhone);
      expect(await list.dial('13*1*1')).toContain('for Table 5: being paid');
      both.clock.advance(25 * 3_600_000);
      for (const { services } of [both.one, both.two]) await services.invoices.expireDue();
      expect(await states()).toEqual([['pending underway'], ['pending underway']]);
      both.wires.one.copies = () => 1;
      both.wires.two.copies = () => 1;
      await wait();
      expect(await states()).toEqual([['paid'], ['paid']]);
      expect(await owed(both)).toEqual([-15_000n, 15_000n]);
    }, 60_000);

    test('R120, R186: what the scheme gave up can be paid again, once the shop has heard of it as well', async () => {
      await sell();
      await both.settle();
      both.wires.one.copies = (name) => (['answerPrepare', 'onConfirmed'].includes(name) ? 0 : 1);
      const first = await openPending();
      await first.call.answer('2580');
      await first.call.end('Success');
      await wait();
      expect(await states()).toEqual([['pending underway'], ['pending']]);
      const early = await openPending();
      expect(early.asked).toContain('Juma Mwangi asks for KES 150.00.');
      await early.call.answer('99'); // whoever is cut off at a screen may go on there
      both.wires.one.copies = () => 1;
      await wait();
      expect(await states()).toEqual([['pending'], ['pending']]);
      expect((await moneyOf(both.two, venya.customerId)).available).toBe(begin);
      const again = await openPending();
      expect(await again.call.answer('2580')).toMatch(/^END Paid: KES 150.00/);
      await both.settle();
      expect(await states()).toEqual([['paid'], ['paid']]);
      expect(await owed(both)).toEqual([-15_000n, 15_000n]);
    }, 60_000);

    test('M6, R138: a customer pays a shop of another provider by its user number, and nobody there who is no shop', async () => {
      const call = createCall(both.two, venyasPhone);
      expect(await call.dial(`3*${juma.userNumber}`)).toContain('Pay Juma Mwangi at one.');
      expect(await call.answer('200')).toContain('Pay KES 200.00 to Juma Mwangi\nFee KES 0.00\nTotal KES 200.00');
      expect(await call.answer('2580')).toMatch(/^END KES 200.00 paid to Juma Mwangi/);
      await both.settle();
      expect(await owed(both)).toEqual([-20_000n, 20_000n]);
      expect(smsOf(both.one, jumasPhone)).toEqual([
        expect.stringMatching(new RegExp(`Customer ${venya.userNumber} paid you KES 200.00. Fee KES 1.10.`)),
      ]);
      const hamim = await personOn(both.one, hamimsPhone);
      const other = createCall(both.two, venyasPhone);
      await other.dial();
      for (const answer of ['3', hamim.userNumber, '200']) await other.answer(answer);
      expect(
        await both.one.services.db.rows({
          text: `select error ->> 'code' as code from incoming_quote where error is not null`,
        }),
      ).toEqual([{ code: '5102' }]);
    }, 60_000);

    /** What crosses when somebody is asked and answers, and what crosses when they pay. */
    const asking = ['requestPayment', 'onPaymentRequest', 'answerPaymentRequest', 'onPaymentRequestAnswer'];
    const paying = ['prepareTransfer', 'onPrepare', 'answerPrepare', 'onTransferOutcome', 'onConfirmed'];
    const losses: readonly ((count: number) => number)[] = [
      (count: number) => (count === 1 ? 0 : 1),
      (count: number) => (count <= 5 ? 0 : 1),
      () => 2,
    ].slice(0, way === 'over Mojaloop' ? 1 : 3);

    const lost = losses.length === 1 ? 'is lost once' : 'is lost once, lost five times, comes twice';

    /** What passes by this name is lost or doubled, at both providers. Returns how often it came by. */
    function lose(name: string, copies: (count: number) => number): () => number {
      let count = 0;
      const wire = { copies: (passing: string) => (passing === name ? copies((count += 1)) : 1) };
      Object.assign(both.wires.one, wire);
      Object.assign(both.wires.two, wire);
      return () => count;
    }

    test.each(asking)(
      `R118, R121: %s ${lost}: both agree who paid and who refused`,
      async (name) => {
        for (const [index, copies] of losses.entries()) {
          for (const decision of ['2580', '1']) {
            const passed = lose(name, copies);
            await sell();
            await wait();
            const { call } = await openPending();
            await call.answer(decision);
            await call.end('Success');
            await wait();
            expect(passed()).toBeGreaterThan(0);
            const done = Array.from({ length: index + 1 }, () => ['paid', 'rejected']).flat();
            expect(await states()).toEqual(
              Array.from({ length: 2 }, () => (decision === '1' ? done : done.slice(0, -1))),
            );
          }
          const paid = BigInt(index + 1) * 15_000n;
          expect(await owed(both)).toEqual([-paid, paid]);
        }
        expect(smsOf(both.two, venyasPhone).filter((body) => body.includes('asks you to pay'))).toHaveLength(
          2 * losses.length,
        );
        expect(smsOf(both.one, jumasPhone).filter((body) => body.includes('refused to pay'))).toHaveLength(
          losses.length,
        );
      },
      300_000,
    );

    test.each(paying)(
      `R123, R189 to R197: %s ${lost}: paid at both, or open or ended at both`,
      async (name) => {
        for (const copies of losses) {
          const before = (await moneyOf(both.two, venya.customerId)).available;
          const passed = lose(name, copies);
          await sell();
          await both.settle();
          const { call } = await openPending();
          await call.answer('2580');
          await call.end('Success');
          await wait();
          expect(passed()).toBeGreaterThan(0);
          const [here, there] = (await states()).map((all) => all.at(-1));
          expect(here).toBe(there);
          const { available, held } = await moneyOf(both.two, venya.customerId);
          expect([before - available, held]).toEqual([here === 'paid' ? 15_000n : 0n, 0n]);
          expect(await owed(both)).toEqual([available - begin, begin - available]);
          both.clock.advance(25 * 3_600_000);
          await both.settle();
        }
      },
      300_000,
    );
  });
}
