import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Accepted,
  Context,
  IncomingTransfer,
  OutgoingTransfer,
  Party,
  PartyId,
  PaymentRequest,
  QuoteOffer,
  QuoteRequest,
  SchemeError,
  Terms,
  TransferOutcome,
} from '../../src/switch/port';
import { describeCodes } from './codes';
import type { Side } from '../support/side';
import type { TestClock } from '../support/world';

/** What an adapter or its scheme can't, so that nothing is asked of it. */
export type Inability =
  /** Requests to pay. */
  | 'requestPayment'
  /** A request to pay can't be taken back. */
  | 'cancelPaymentRequest'
  /** The scheme tells nobody what is on its books. */
  | 'statement'
  /** Within one process nothing has to be proven. */
  | 'proof';

export interface Subject {
  readonly payer: Side;
  readonly payee: Side;
  /** By which both providers live; the scheme may have its own. */
  readonly clock: TestClock;
  /** Lets time go by for the scheme as well. */
  pass(durationMs: number): Promise<void>;
  close(): Promise<void>;
}

interface Quoted {
  readonly request: QuoteRequest;
  /** As the payee's provider made it. */
  readonly result: { readonly offer: QuoteOffer; readonly terms: Terms };
  /** As the payer's was given them. */
  readonly terms: Terms;
}

interface Planned extends OutgoingTransfer {
  /** The terms as the payee's provider made them. */
  readonly offered: Terms;
}

const accepted: Accepted = { status: 'accepted' };
const kes = (amountMinor: bigint) => ({ amountMinor, currency: 'KES' as const });
const refusal: SchemeError = { code: '5105', description: 'the account takes no more', moneyMoved: 'no' };
const hourMs = 3_600_000;

/** What every adapter promises, against its real counterpart: two providers without a core, and a scheme between them. */
export function describeSwitch(
  name: string,
  { create, cannot = [] }: { readonly create: () => Promise<Subject>; readonly cannot?: readonly Inability[] },
): void {
  describe(`switch: ${name}`, () => {
    let subject: Subject;
    let payer: Side;
    let payee: Side;
    let payerParty: Party;
    let payeeParty: Party;
    beforeEach(async () => {
      subject = await create();
      ({ payer, payee } = subject);
      payerParty = { partyId: anyNumber(), dfspId: payer.name, name: 'Amina Wanjiru' };
      payeeParty = {
        ...payerParty,
        partyId: anyNumber(),
        dfspId: payee.name,
        name: 'Venya Otieno',
        firstName: 'Venya',
      };
    });
    afterEach(() => subject.close());

    const context = (): Context => ({ deadline: inMs(10_000) });
    const inMs = (ms: number) => new Date(subject.clock.now().getTime() + ms);
    const about = (transferId: string, side: Side) => ({ transferId, dfspId: side.name });

    /** A quote that the payee's provider answers with an offer. */
    async function quoted(change: Partial<QuoteRequest> = {}): Promise<Quoted> {
      const request: QuoteRequest = {
        quoteId: randomUUID(),
        transactionId: randomUUID(),
        payer: payerParty,
        payee: payeeParty,
        amountType: 'SEND',
        amount: kes(10_050n),
        transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
        expiresAt: inMs(60_000),
        ...change,
      };
      expect(await payer.adapter.requestQuote(request, context())).toEqual(accepted);
      const asked = await payee.next('onQuote');
      expect(asked).toEqual({ ...request, dfspId: payer.name });
      const offer: QuoteOffer = {
        transferAmount: request.amount,
        payeeReceives: kes(request.amount.amountMinor - 50n),
        payeeFee: kes(50n),
        expiresAt: inMs(30_000),
      };
      const result = { offer, terms: payee.adapter.termsOf(asked, offer) };
      const answer = { quoteId: request.quoteId, dfspId: payer.name, result };
      expect(await payee.adapter.answerQuote(answer, context())).toEqual(accepted);
      const answered = await payer.next('onQuoteAnswer');
      expect(answered).toMatchObject({ quoteId: request.quoteId, dfspId: payee.name, result: { offer } });
      return { request, result, terms: (answered.result as { terms: Terms }).terms };
    }

    /** A transfer by an offer that was just made. */
    async function planned(lifeMs = 20_000): Promise<Planned> {
      const { request, terms, result } = await quoted();
      const { quoteId, amount } = request;
      const transfer = { ...about(randomUUID(), payee), quoteId, amount, terms, expiresAt: inMs(lifeMs) };
      return { ...transfer, offered: result.terms };
    }

    const prepare = (transfer: Planned) => payer.adapter.prepareTransfer(transfer, context());
    const query = (transferId: string) => payer.adapter.queryTransfer(about(transferId, payee), context());

    /** A transfer that waits for the payee's answer. */
    async function prepared(lifeMs?: number): Promise<Planned> {
      const transfer = await planned(lifeMs);
      expect(await prepare(transfer)).toEqual(accepted);
      const { transferId, quoteId, amount, expiresAt } = transfer;
      const came = { ...about(transferId, payer), quoteId, amount, expiresAt };
      expect(await arriving(transferId)).toEqual(came);
      return transfer;
    }

    /** A transfer as the payee is told of it: of others it may be told again. */
    async function arriving(transferId: string): Promise<IncomingTransfer> {
      for (;;) {
        const came = await payee.next('onPrepare');
        if (came.transferId === transferId) return came;
      }
    }

    const reserve = ({ transferId, offered: terms }: Planned) =>
      payee.adapter.answerPrepare({ ...about(transferId, payer), result: { state: 'reserved', terms } }, context());
    const refuse = ({ transferId }: OutgoingTransfer) =>
      payee.adapter.answerPrepare({ ...about(transferId, payer), result: refusal }, context());

    /** What the payer is told in the end: that it is under way may be said before. */
    async function outcome(): Promise<TransferOutcome> {
      for (;;) {
        const told = await payer.next('onTransferOutcome');
        if (told.state !== 'pending') return told;
      }
    }

    /** Nothing is told that was not yet. */
    async function quiet(side: Side, event: Parameters<Side['waiting']>[0]): Promise<void> {
      await sleep(100);
      expect(side.waiting(event)).toBe(0);
    }

    describe('who is paid', () => {
      test.each(['MSISDN', 'EMAIL', 'ACCOUNT_ID'] as const)('R221, R223, R240: found by %s', async (idType) => {
        const partyId = idType === 'MSISDN' ? payeeParty.partyId : { idType, id: 'bob.otieno+1@dfsp1.com' };
        expect(await payee.adapter.registerParty(partyId, 'add', context())).toEqual(accepted);
        expect(await payee.adapter.registerParty(partyId, 'add', context())).toEqual(accepted);
        expect(await payer.adapter.lookUpParty(partyId, context())).toEqual(accepted);
        expect(await payee.next('onLookup')).toEqual({ partyId, dfspId: payer.name });
        const answer = { partyId, dfspId: payer.name, result: { ...payeeParty, partyId } };
        expect(await payee.adapter.answerLookup(answer, context())).toEqual(accepted);
        expect(await payer.next('onPartyAnswer')).toEqual({ partyId, result: answer.result });
      });

      test('whom the provider of a number no longer has is unknown, and who is registered nowhere', async () => {
        const { partyId } = payeeParty;
        const unknown: SchemeError = { code: '3204', description: 'Party not found', moneyMoved: 'no' };
        await payee.adapter.registerParty(partyId, 'add', context());
        for (const asked of [partyId, anyNumber()]) {
          expect(await payer.adapter.lookUpParty(asked, context())).toEqual(accepted);
          // Where there is a directory, the provider is asked only for what it has registered.
          while (payer.waiting('onPartyAnswer') + payee.waiting('onLookup') === 0) await sleep(5);
          if (payee.waiting('onLookup') > 0) {
            const lookup = await payee.next('onLookup');
            await payee.adapter.answerLookup({ ...lookup, result: unknown }, context());
          }
          const told = await payer.next('onPartyAnswer');
          expect(told).toMatchObject({ partyId: asked, result: { code: '3204', moneyMoved: 'no' } });
        }
      });

      test('a number is taken back, or the scheme is said to forget nobody', async () => {
        await payee.adapter.registerParty(payeeParty.partyId, 'add', context());
        const removed = await payee.adapter.registerParty(payeeParty.partyId, 'remove', context());
        if (removed.status === 'refused') expect(removed.error).toMatchObject({ code: '2002', moneyMoved: 'no' });
      });
    });

    test('what was said lately is forgotten by nobody, whatever is asked for', async () => {
      await quoted();
      for (const { adapter } of [payer, payee]) expect(await adapter.forget(inMs(86_400_000))).toBe(0);
    });

    describe('what it costs', () => {
      test('an offer comes back as it was made, and is proven by its terms', async () => {
        const { terms } = await quoted({ note: 'school fees' });
        expect(terms).not.toBe('');
      });

      test('R215, R217: a refund is marked as one and names what it gives back', async () => {
        const refundInfo = { originalTransactionId: randomUUID() };
        const transactionType = {
          scenario: 'REFUND',
          initiator: 'PAYER',
          initiatorType: 'CONSUMER',
          refundInfo,
        } as const;
        const { terms } = await quoted({ transactionType });
        expect(terms).not.toBe('');
      });

      test('the same question gets the same answer again', async () => {
        const { request, terms, result } = await quoted();
        expect(await payer.adapter.requestQuote(request, context())).toEqual(accepted);
        // An adapter that has kept the answer asks nobody.
        while (payee.waiting('onQuote') + payer.waiting('onQuoteAnswer') === 0) await sleep(5);
        const { quoteId } = request;
        if (payee.waiting('onQuote') > 0) {
          expect(await payee.next('onQuote')).toEqual({ ...request, dfspId: payer.name });
          await payee.adapter.answerQuote({ quoteId, dfspId: payer.name, result }, context());
        }
        const { offer } = result;
        expect(await payer.next('onQuoteAnswer')).toEqual({ quoteId, dfspId: payee.name, result: { offer, terms } });
      });

      test('a refusal comes back with its code', async () => {
        const quoteId = randomUUID();
        const request = { ...(await quoted()).request, quoteId, transactionId: randomUUID() };
        await payer.adapter.requestQuote(request, context());
        await payee.next('onQuote');
        const result: SchemeError = { code: '5200', description: 'Payee limit error', moneyMoved: 'no' };
        await payee.adapter.answerQuote({ quoteId, dfspId: payer.name, result }, context());
        expect(await payer.next('onQuoteAnswer')).toEqual({ quoteId, dfspId: payee.name, result });
      });
    });

    describe('money', () => {
      test('R184, R202: both sides are told that it is done, the payee not before the scheme', async () => {
        const transfer = await prepared();
        const { transferId } = transfer;
        await quiet(payee, 'onConfirmed');
        await quiet(payer, 'onTransferOutcome');
        expect(await reserve(transfer)).toEqual(accepted);
        expect(await outcome()).toEqual({ transferId, state: 'committed' });
        expect(await payee.next('onConfirmed')).toEqual({ ...about(transferId, payer), state: 'committed' });
      });

      test('R183: what the payee refuses is aborted for good, with the reason', async () => {
        const transfer = await prepared();
        const { transferId } = transfer;
        await refuse(transfer);
        expect(await outcome()).toMatchObject({ transferId, state: 'aborted', error: { code: '5105' } });
        await reserve(transfer);
        await query(transferId);
        expect(await outcome()).toMatchObject({ transferId, state: 'aborted' });
        while (payee.waiting('onConfirmed') > 0) {
          expect(await payee.next('onConfirmed')).toMatchObject({ transferId, state: 'aborted' });
        }
      });

      test('R178: what nobody answers is over by the time of the scheme, and who answers too late is told so', async () => {
        const transfer = await prepared(1_500);
        const { transferId } = transfer;
        await subject.pass(1_600);
        expect(await outcome()).toMatchObject({ transferId, state: 'aborted', error: { code: '3303' } });
        await reserve(transfer);
        expect(await payee.next('onConfirmed')).toMatchObject({ transferId, state: 'aborted' });
        await query(transferId);
        expect(await outcome()).toMatchObject({ transferId, state: 'aborted' });
      });

      test('R179: what has expired before it came is refused, and no money has moved', async () => {
        const transfer = await planned(-1_000);
        const sent = await prepare(transfer);
        if (sent.status === 'refused') expect(sent.error).toMatchObject({ code: '3303', moneyMoved: 'no' });
        else expect(await outcome()).toMatchObject({ state: 'aborted', error: { code: '3303' } });
        await quiet(payee, 'onPrepare');
      });

      test('R198: the same again changes nothing, and something else under its id is not done', async () => {
        const transfer = await prepared();
        const { transferId } = transfer;
        expect(await prepare(transfer)).toEqual(accepted);
        const other = await prepare({ ...transfer, amount: kes(99_900n) });
        if (other.status === 'refused') expect(other.error).toMatchObject({ code: '3106', moneyMoved: 'unknown' });
        while (payee.waiting('onPrepare') > 0) {
          expect(await payee.next('onPrepare')).toMatchObject({ transferId, amount: transfer.amount });
        }
        await reserve(transfer);
        await reserve(transfer);
        expect(await outcome()).toEqual({ transferId, state: 'committed' });
        expect(await payee.next('onConfirmed')).toMatchObject({ transferId, state: 'committed' });
        expect(await prepare(transfer)).toEqual(accepted);
        await query(transferId);
        expect(await outcome()).toEqual({ transferId, state: 'committed' });
      });

      test('R175: what the scheme has never heard of is unknown', async () => {
        const transferId = randomUUID();
        expect(await query(transferId)).toEqual(accepted);
        expect(await outcome()).toMatchObject({ transferId, state: 'unknown' });
      });

      if (!cannot.includes('proof')) {
        test('R183: a transfer by terms that the payee never made does not reach it', async () => {
          const [first, second] = [await planned(), await planned()];
          const mixed = JSON.parse(first.terms) as Record<string, string>;
          const { condition } = JSON.parse(second.terms) as Record<string, string>;
          expect(await prepare({ ...first, terms: JSON.stringify({ ...mixed, condition }) })).toEqual(accepted);
          expect(await outcome()).toMatchObject({ transferId: first.transferId, state: 'aborted' });
          expect(await prepare({ ...second, amount: kes(999_900n) })).toEqual(accepted);
          expect(await outcome()).toMatchObject({ transferId: second.transferId, state: 'aborted' });
          expect(payee.waiting('onPrepare')).toBe(0);
        });
      }
    });

    describe('what is lost', () => {
      test('R191, R195: a payer that was away when it was decided asks, and learns', async () => {
        const transfer = await prepared();
        const { transferId } = transfer;
        await payer.stop();
        await reserve(transfer);
        expect(await payee.next('onConfirmed')).toMatchObject({ transferId, state: 'committed' });
        await payer.start();
        await query(transferId);
        expect(await outcome()).toEqual({ transferId, state: 'committed' });
      });

      test('Q3, R180, R188: who is back after an hour, by its own clock, learns what was decided', async () => {
        const transfer = await prepared();
        const { transferId } = transfer;
        await Promise.all([payer.stop(), reserve(transfer)]);
        expect(await payee.next('onConfirmed')).toMatchObject({ transferId, state: 'committed' });
        subject.clock.advance(hourMs);
        await payer.start();
        await query(transferId);
        expect(await outcome()).toEqual({ transferId, state: 'committed' });
      });

      test('R192: a payee that ends between the money and its answer answers when it is back', async () => {
        const transfer = await prepared();
        await payee.restart();
        expect(await reserve(transfer)).toEqual(accepted);
        expect(await outcome()).toMatchObject({ state: 'committed' });
        expect(await payee.next('onConfirmed')).toMatchObject({ state: 'committed' });
      });

      test('R195, R196: a payer that ends after it has sent gets the outcome all the same', async () => {
        const transfer = await prepared();
        await payer.restart();
        expect(await prepare(transfer)).toEqual(accepted);
        await reserve(transfer);
        expect(await outcome()).toMatchObject({ transferId: transfer.transferId, state: 'committed' });
      });

      test('R190: a payee that could not keep the confirmation is told when it answers again', async () => {
        const transfer = await prepared();
        payee.failOnce('onConfirmed');
        await reserve(transfer);
        expect(await outcome()).toMatchObject({ state: 'committed' });
        await reserve(transfer);
        expect(await payee.next('onConfirmed')).toMatchObject({ state: 'committed' });
      });

      test('R192: a payee that could not keep a transfer gets it when it comes again', async () => {
        const transfer = await planned();
        payee.failOnce('onPrepare');
        expect(await prepare(transfer)).toEqual(accepted);
        expect(await prepare(transfer)).toEqual(accepted);
        expect(await payee.next('onPrepare')).toMatchObject({ transferId: transfer.transferId });
        await reserve(transfer);
        expect(await outcome()).toMatchObject({ state: 'committed' });
      });

      test('R192: a payee that was away gets the transfer when it is back in time', async () => {
        const transfer = await planned();
        await payee.stop();
        expect(await prepare(transfer)).toEqual(accepted);
        await payee.start();
        expect(await prepare(transfer)).toEqual(accepted);
        expect(await payee.next('onPrepare')).toMatchObject({ transferId: transfer.transferId });
        await reserve(transfer);
        expect(await outcome()).toMatchObject({ state: 'committed' });
      });
    });

    if (!cannot.includes('requestPayment')) {
      test('a request to pay reaches its payer, once or twice, and the payer may say no', async () => {
        const request: PaymentRequest = {
          ...{ requestId: randomUUID(), payer: { ...payeeParty, partyId: anyNumber() }, payee: payerParty },
          amount: kes(75_000n),
          transactionType: { scenario: 'PAYMENT', initiator: 'PAYEE', initiatorType: 'BUSINESS' },
          ...{ note: 'two bags of maize', expiresAt: inMs(hourMs) },
        };
        const { requestId } = request;
        const answer = { requestId, dfspId: payer.name, state: 'received' } as const;
        // A scheme may tell who the payer is by their identifier alone.
        const known = { partyId: request.payer.partyId, dfspId: payee.name };
        for (let asked = 0; asked < 2; asked += 1) {
          expect(await payer.adapter.requestPayment(request, context())).toEqual(accepted);
          // Asked again, it is the same request: the adapter has kept its answer, or asks the core again.
          while (payer.waiting('onPaymentRequestAnswer') + payee.waiting('onPaymentRequest') === 0) await sleep(5);
          if (asked === 0 || payee.waiting('onPaymentRequest') > 0) {
            const told = { ...request, payer: known, dfspId: payer.name };
            expect(await payee.next('onPaymentRequest')).toMatchObject(told);
            expect(await payee.adapter.answerPaymentRequest(answer, context())).toEqual(accepted);
          }
          expect(await payer.next('onPaymentRequestAnswer')).toEqual({ ...answer, dfspId: payee.name });
        }
        const no = { requestId, dfspId: payer.name, state: 'rejected', error: refusal } as const;
        expect(await payee.adapter.answerPaymentRequest(no, context())).toEqual(accepted);
        expect(await payer.next('onPaymentRequestAnswer')).toMatchObject({ requestId, state: 'rejected' });
        const taken = await payer.adapter.cancelPaymentRequest({ requestId, dfspId: payee.name }, context());
        const heard = taken.status === 'refused' ? taken.error : await payee.next('onPaymentRequestCancelled');
        expect(heard).toMatchObject(cannot.includes('cancelPaymentRequest') ? { code: '2002' } : { requestId });
      });
    }

    describeCodes(() => ({ payer, payee }));

    if (!cannot.includes('statement')) {
      test('R241: both sides find on the books of the scheme what became of their transfers', async () => {
        const window = { from: inMs(-60_000), to: inMs(60_000) };
        const done = await prepared();
        await reserve(done);
        await outcome();
        const open = await prepared();
        const refusedOne = await prepared();
        await refuse(refusedOne);
        await outcome();
        const expected = [
          { transferId: done.transferId, state: 'committed' },
          { transferId: open.transferId, state: 'pending' },
          { transferId: refusedOne.transferId, state: 'aborted' },
        ].map((line) => ({ ...line, payerDfspId: payer.name, payeeDfspId: payee.name, amount: kes(10_050n) }));
        for (const side of [payer, payee]) {
          expect(await side.adapter.statement(window)).toMatchObject(expected);
          expect(await side.adapter.statement({ from: inMs(-2 * hourMs), to: inMs(-hourMs) })).toEqual([]);
        }
      });
    }
  });
}

function anyNumber(): PartyId {
  return { idType: 'MSISDN', id: `2547${String(Math.floor(Math.random() * 1e8)).padStart(8, '2')}` };
}
