import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Accepted,
  BulkQuoteRequest,
  BulkTransfer,
  Context,
  Party,
  QuoteAnswer,
  QuoteOffer,
  SchemeError,
  Terms,
  TransferOutcome,
} from '../../src/switch/port';
import type { Side } from '../support/side';
import type { Subject } from './switch';

const accepted: Accepted = { status: 'accepted' };
const kes = (amountMinor: bigint) => ({ amountMinor, currency: 'KES' as const });
const refusal: SchemeError = { code: '5105', description: 'the account takes no more', moneyMoved: 'no' };

/** A payee's core that answers whatever comes, and again the same to what comes again. */
interface Core {
  /** Amounts that it refuses to quote, and ids of quotes whose transfers it refuses. */
  readonly refuses: { readonly quotes: Set<bigint>; readonly transfers: Set<string> };
  readonly asked: { quotes: number };
  isAway: boolean;
  stop(): Promise<void>;
}

function startCore(payee: Side, payer: Side, context: () => Context): Core {
  const terms = new Map<string, Terms>();
  let isOver = false;
  const core: Core = {
    refuses: { quotes: new Set(), transfers: new Set() },
    asked: { quotes: 0 },
    isAway: false,
    stop: async () => {
      isOver = true;
      await working;
    },
  };
  const quote = async (): Promise<void> => {
    const asked = await payee.next('onQuote');
    core.asked.quotes += 1;
    const { quoteId, amount, expiresAt } = asked;
    const offer: QuoteOffer = { transferAmount: amount, payeeReceives: amount, payeeFee: kes(0n), expiresAt };
    terms.set(quoteId, payee.adapter.termsOf(asked, offer));
    const result = core.refuses.quotes.has(amount.amountMinor) ? refusal : { offer, terms: terms.get(quoteId) ?? '' };
    await payee.adapter.answerQuote({ quoteId, dfspId: payer.name, result }, context());
  };
  const transfer = async (): Promise<void> => {
    const { transferId, quoteId } = await payee.next('onPrepare');
    if (!terms.has(quoteId)) return; // of another test: what nobody answered comes again
    const result = core.refuses.transfers.has(quoteId)
      ? refusal
      : ({ state: 'reserved', terms: terms.get(quoteId) ?? '' } as const);
    await payee.adapter.answerPrepare({ transferId, dfspId: payer.name, result }, context());
  };
  const work = async (): Promise<void> => {
    while (!isOver) {
      if (!core.isAway && payee.waiting('onQuote') > 0) await quote();
      else if (!core.isAway && payee.waiting('onPrepare') > 0) await transfer();
      else await sleep(5);
    }
  };
  const working = work();
  return core;
}

/** What every adapter promises of bulks: many quotes and transfers in one envelope, each answered for itself. */
export function describeBulks(name: string, create: () => Promise<Subject>): void {
  describe(`switch, in bulk: ${name}`, () => {
    let subject: Subject;
    let payer: Side;
    let payee: Side;
    let core: Core;
    beforeEach(async () => {
      subject = await create();
      ({ payer, payee } = subject);
      core = startCore(payee, payer, context);
    });
    afterEach(async () => {
      await core.stop();
      await subject.close();
    });

    const inMs = (ms: number) => new Date(subject.clock.now().getTime() + ms);
    const context = (): Context => ({ deadline: inMs(10_000) });
    const party = (side: Side): Party => ({
      ...{ partyId: { idType: 'MSISDN', id: `2547${randomDigits()}` }, dfspId: side.name, name: 'Venya Otieno' },
    });

    function bulkOf(amounts: readonly bigint[]): BulkQuoteRequest {
      return {
        ...{ bulkQuoteId: randomUUID(), dfspId: payee.name, payer: party(payer), expiresAt: inMs(60_000) },
        items: amounts.map((amountMinor) => ({
          ...{ quoteId: randomUUID(), transactionId: randomUUID(), payee: party(payee), amountType: 'SEND' },
          transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'BUSINESS' },
          amount: kes(amountMinor),
        })),
      };
    }

    /** Quotes may be asked for again at will: on a slow machine somebody gives up waiting who was heard. */
    async function ask(bulk: BulkQuoteRequest): Promise<void> {
      for (let tries = 1; ; tries += 1) {
        const answers = await payer.adapter.requestQuotes(bulk, context());
        if (tries < 5 && answers.some(({ status }) => status === 'refused')) continue;
        expect(answers).toEqual(bulk.items.map(() => accepted));
        return;
      }
    }

    async function answersTo({ items }: BulkQuoteRequest): Promise<Map<string, QuoteAnswer['result']>> {
      const answers = new Map<string, QuoteAnswer['result']>();
      while (answers.size < items.length) {
        const { quoteId, dfspId, result } = await payer.next('onQuoteAnswer');
        expect(dfspId).toBe(payee.name);
        answers.set(quoteId, result);
      }
      return answers;
    }

    /** A bulk of transfers by offers that were just made. */
    async function planned(amounts: readonly bigint[], lifeMs = 20_000): Promise<BulkTransfer> {
      const quotes = bulkOf(amounts);
      const { bulkQuoteId, dfspId } = quotes;
      await ask(quotes);
      const answers = await answersTo(quotes);
      return {
        ...{ bulkTransferId: randomUUID(), bulkQuoteId, dfspId, expiresAt: inMs(lifeMs) },
        items: quotes.items.map(({ quoteId, amount }) => {
          const { terms } = answers.get(quoteId) as { terms: Terms };
          return { transferId: randomUUID(), quoteId, amount, terms };
        }),
      };
    }

    const prepare = (bulk: BulkTransfer) => payer.adapter.prepareTransfers(bulk, context());
    const query = (transferId: string) => payer.adapter.queryTransfer({ transferId, dfspId: payee.name }, context());

    /** What the payer is told in the end of each of them. */
    async function outcomesOf({ items }: BulkTransfer): Promise<TransferOutcome['state'][]> {
      const outcomes = new Map<string, TransferOutcome['state']>();
      while (outcomes.size < items.length) {
        const { transferId, state } = await payer.next('onTransferOutcome');
        if (state !== 'pending') outcomes.set(transferId, state);
      }
      return items.map(({ transferId }) => outcomes.get(transferId) ?? 'pending');
    }

    async function confirmedOf(count: number): Promise<string[]> {
      const confirmed = new Set<string>();
      while (confirmed.size < count) {
        const { transferId, state } = await payee.next('onConfirmed');
        if (state === 'committed') confirmed.add(transferId);
      }
      return [...confirmed].sort();
    }

    test('R258: all are quoted and paid, and both sides are told of each', async () => {
      const bulk = await planned([100n, 200n, 300n]);
      expect(await prepare(bulk)).toEqual([accepted, accepted, accepted]);
      expect(await outcomesOf(bulk)).toEqual(['committed', 'committed', 'committed']);
      const ids = bulk.items.map(({ transferId }) => transferId).sort();
      expect(await confirmedOf(3)).toEqual(ids);
    });

    test('R258: a quote that is refused is refused alone, with its code', async () => {
      core.refuses.quotes.add(200n);
      const bulk = bulkOf([100n, 200n, 300n]);
      await ask(bulk);
      const answers = await answersTo(bulk);
      const results = bulk.items.map(({ quoteId }) => answers.get(quoteId));
      expect(results).toMatchObject([{ offer: {} }, { code: '5105', moneyMoved: 'no' }, { offer: {} }]);
    });

    test('R258, R263: a transfer that is refused is refused alone, and the others are paid', async () => {
      const bulk = await planned([100n, 200n, 300n]);
      core.refuses.transfers.add(bulk.items[1]?.quoteId ?? '');
      await prepare(bulk);
      expect(await outcomesOf(bulk)).toEqual(['committed', 'aborted', 'committed']);
      expect(await confirmedOf(2)).toHaveLength(2);
    });

    test('R183: where all are refused, none is paid', async () => {
      const bulk = await planned([100n, 200n]);
      for (const { quoteId } of bulk.items) core.refuses.transfers.add(quoteId);
      await prepare(bulk);
      expect(await outcomesOf(bulk)).toEqual(['aborted', 'aborted']);
    });

    test('R178: what nobody answers is over by the time of the scheme', async () => {
      const bulk = await planned([100n, 200n], 1_500);
      core.isAway = true;
      await prepare(bulk);
      await subject.pass(1_800);
      expect(await outcomesOf(bulk)).toEqual(['aborted', 'aborted']);
    });

    test('R191, R195: quotes whose answers were lost are asked for, and come', async () => {
      const bulk = bulkOf([100n, 200n]);
      core.isAway = true;
      await payer.adapter.requestQuotes(bulk, context());
      while (payee.waiting('onQuote') < 2) await sleep(5);
      await payer.stop();
      core.isAway = false;
      while (core.asked.quotes < 2) await sleep(5);
      await sleep(400); // whoever brings the answers has given up
      await payer.start();
      while (payer.waiting('onQuoteAnswer') < 2) {
        await payer.adapter.requestQuotes(bulk, context());
        await sleep(100);
      }
      for (const result of (await answersTo(bulk)).values()) expect(result).toMatchObject({ offer: {} });
    });

    test('R191, R195: a payer that was away when they were decided asks for them, and learns', async () => {
      const bulk = await planned([100n, 200n]);
      core.refuses.transfers.add(bulk.items[1]?.quoteId ?? '');
      core.isAway = true;
      await prepare(bulk);
      while (payee.waiting('onPrepare') < 2) await sleep(5);
      await payer.stop();
      core.isAway = false;
      expect(await confirmedOf(1)).toEqual([bulk.items[0]?.transferId]);
      await sleep(400);
      await payer.start();
      for (const { transferId } of bulk.items) expect(await query(transferId)).toEqual(accepted);
      expect(await outcomesOf(bulk)).toEqual(['committed', 'aborted']);
    });

    test('R198, R263: the same bulk again pays nobody twice, and is told the same', async () => {
      const bulk = await planned([100n, 200n]);
      await Promise.all([prepare(bulk), prepare(bulk)]);
      expect(await outcomesOf(bulk)).toEqual(['committed', 'committed']);
      await payer.restart();
      expect(await prepare(bulk)).toEqual([accepted, accepted]);
      for (const { transferId } of bulk.items) await query(transferId);
      expect(await outcomesOf(bulk)).toEqual(['committed', 'committed']);
      expect(await confirmedOf(2)).toHaveLength(2);
    });
  });
}

function randomDigits(): string {
  return String(Math.floor(Math.random() * 1e8)).padStart(8, '2');
}
