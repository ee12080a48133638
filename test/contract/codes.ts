import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Accepted,
  CodeAnswer,
  CodeAsk,
  Context,
  PartyId,
  PaymentRequest,
  QuoteRequest,
  SchemeError,
  TransactionType,
} from '../../src/switch/port';
import type { Side } from '../support/side';

/** What every adapter promises of codes at a counter: `payer` is the provider of whoever has the code, `payee` the agent's. */
export function describeCodes(sides: () => { readonly payer: Side; readonly payee: Side }): void {
  const accepted: Accepted = { status: 'accepted' };
  const kes = (amountMinor: bigint) => ({ amountMinor, currency: 'KES' as const });
  const context = (): Context => ({ deadline: new Date(Date.now() + 10_000) });
  const wrong = '000001';
  const right = '642312';

  const number = (id: string) => ({ idType: 'MSISDN', id }) as const;
  const atAgent = { scenario: 'WITHDRAWAL', initiator: 'PAYEE', initiatorType: 'AGENT' } as const;

  /** A request, by which the payer is to tell a code: default, an agent's. */
  async function asked(
    transactionType: TransactionType = atAgent,
    who: PartyId = number('254700000009'),
  ): Promise<string> {
    const { payer, payee } = sides();
    const request: PaymentRequest = {
      requestId: randomUUID(),
      payer: { partyId: number('254711000009'), dfspId: payer.name, name: 'Venya Otieno' },
      payee: { partyId: who, dfspId: payee.name, name: 'Amina Otieno' },
      amount: kes(100_000n),
      ...{ transactionType, authentication: 'OTP', expiresAt: new Date(Date.now() + 60_000) },
    };
    expect(await payee.adapter.requestPayment(request, context())).toEqual(accepted);
    expect(await payer.next('onPaymentRequest')).toMatchObject({
      ...{ requestId: request.requestId, authentication: 'OTP', transactionType },
      payee: { partyId: who, dfspId: payee.name },
    });
    return request.requestId;
  }

  async function ask(requestId: string, triesLeft: number): Promise<void> {
    const { payer, payee } = sides();
    const question: CodeAsk = { requestId, dfspId: payee.name, triesLeft, amount: kes(101_050n) };
    expect(await payer.adapter.askForCode(question, context())).toEqual(accepted);
    expect(await payee.next('onCodeAsked')).toEqual({ ...question, dfspId: payer.name });
  }

  async function answer(requestId: string, result: CodeAnswer['result']): Promise<void> {
    const { payer, payee } = sides();
    expect(await payee.adapter.answerCode({ requestId, dfspId: payer.name, result }, context())).toEqual(accepted);
    expect(await payer.next('onCodeAnswer')).toEqual({ requestId, dfspId: payee.name, result });
  }

  describe('a code at a counter', () => {
    test('it is asked for and told: wrong, then right, with fewer tries each time', async () => {
      const requestId = await asked();
      await ask(requestId, 2);
      await answer(requestId, { response: 'entered', code: wrong });
      await ask(requestId, 1);
      await answer(requestId, { response: 'entered', code: right });
    });

    test.each([
      ['an ATM', { scenario: 'WITHDRAWAL', initiator: 'PAYEE', initiatorType: 'DEVICE' }],
      ["a shop's device", { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'DEVICE' }],
      ['a shop', { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' }],
    ] as const)('for %s: asked, told, and offered for in the words of who asked', async (_, transactionType) => {
      const { payer, payee } = sides();
      const device = { idType: 'DEVICE', id: '5550017', subId: 'lane-2' } as const;
      const requestId = await asked(transactionType, device);
      const quoteId = randomUUID();
      const quote: QuoteRequest = {
        ...{ quoteId, transactionId: quoteId, requestId, transactionType, amountType: 'RECEIVE' },
        payer: { partyId: number('254711000009'), dfspId: payer.name, name: 'Venya Otieno' },
        payee: { partyId: device, dfspId: payee.name, name: '' },
        ...{ amount: kes(100_000n), expiresAt: new Date(Date.now() + 60_000) },
      };
      expect(await payer.adapter.requestQuote(quote, context())).toEqual(accepted);
      expect(await payee.next('onQuote')).toMatchObject({
        ...{ quoteId, requestId, transactionType, dfspId: payer.name },
        payee: { partyId: device, dfspId: payee.name },
      });
      await ask(requestId, 3);
      await answer(requestId, { response: 'entered', code: right });
    });

    test('out of tries, the request is rejected; of a code it says nothing more', async () => {
      const { payer, payee } = sides();
      const requestId = await asked();
      await ask(requestId, 1);
      await answer(requestId, { response: 'entered', code: wrong });
      const no = { requestId, dfspId: payee.name, state: 'rejected' } as const;
      expect(await payer.adapter.answerPaymentRequest(no, context())).toEqual(accepted);
      expect(await payee.next('onPaymentRequestAnswer')).toMatchObject({ requestId, state: 'rejected' });
    });

    test('the payer says no, needs another code, or nobody can be asked', async () => {
      const requestId = await asked();
      const over: SchemeError = { code: '3301', description: 'Transaction request expired', moneyMoved: 'no' };
      for (const result of [{ response: 'resend' }, { response: 'rejected' }, over] as const) {
        await ask(requestId, 3);
        await answer(requestId, result);
      }
    });

    test('an answer that is lost is asked for again, and one that comes twice is told twice', async () => {
      const { payer, payee } = sides();
      const requestId = await asked();
      await ask(requestId, 3);
      await payer.stop();
      const told: CodeAnswer = { requestId, dfspId: payer.name, result: { response: 'entered', code: right } };
      await payee.adapter.answerCode(told, context()); // taken or not: nobody is there to hear it
      await payer.start();
      // What carries it may bring it yet.
      await sleep(1_000);
      while (payer.waiting('onCodeAnswer') > 0) await payer.next('onCodeAnswer');
      await ask(requestId, 3);
      await ask(requestId, 3);
      for (let times = 0; times < 2; times += 1) await answer(requestId, told.result);
    });
  });
}
