import fc from 'fast-check';
import type { Customer } from '../../../src/identity';
import { assert, ok, type Msisdn } from '../../../src/platform';
import type { Product } from '../../../src/rules';
import { createWorld, type World } from '../../support/world';

/** Money, payment, messages and the log's event: all of them or none, whatever else is in the same batch. */
describe('what commits with money', () => {
  let world: World;
  afterEach(async () => {
    jest.restoreAllMocks();
    await world.close();
  });

  async function open(references: readonly string[] = []): Promise<void> {
    world = await createWorld({ references });
    // The PIN is proven elsewhere; here its 20 ms would keep the payments out of one batch.
    jest.spyOn(world.services.identity, 'verifyPin').mockResolvedValue(ok(undefined));
  }
  const personOf = async (msisdn: string): Promise<Customer> => {
    const customer = await world.services.identity.byMsisdn(msisdn as Msisdn);
    assert(customer, 'the sandbox has this person');
    return customer;
  };
  async function quote(from: string, to: string, amountMinor: bigint, product: Product = 'send') {
    const { customerId: initiatorId } = await personOf(from);
    const quoted = await world.services.payments.quote({
      product,
      initiatorId,
      to: { msisdn: to as Msisdn },
      amountMinor,
    });
    assert(quoted.ok, 'it can be quoted');
    return {
      quoteId: quoted.value.quoteId,
      customerId: initiatorId,
      pin: '0000',
      hopKey: `hop-${quoted.value.quoteId}`,
    };
  }

  interface Found extends Record<string, unknown> {
    state: string | null;
    accepted: boolean | null;
    completed: bigint;
    failed: bigint;
  }
  /** What there is of a quote. */
  async function found(quoteId: string): Promise<Found> {
    return world.owner.one<Found>({
      text: `select (select state from payment where payment_id = $1) as state,
               (select result = 0 from ledger_transfer where transfer_id = $1) as accepted,
               (select count(*) from audit_event where transfer_id = $1 and action = 'payment.completed') as completed,
               (select count(*) from audit_event where transfer_id = $1 and action = 'payment.failed') as failed`,
      values: [quoteId],
    });
  }
  const count = async (text: string) => (await world.owner.one<{ n: bigint }>({ text })).n;

  test('B1: of many payments at once, each has its row, its two messages and its event if and only if its money moved', async () => {
    await open();
    const people = ['+254700000001', '+254700000002', '+254700000004', '+254700000005', '+254700000009'];
    const payment = fc.record({
      from: fc.nat(people.length - 1),
      step: fc.integer({ min: 1, max: people.length - 1 }),
      amount: fc.oneof(fc.bigInt(1n, 50_000n), fc.bigInt(100_000n, 9_000_000n)),
    });
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(payment, { minLength: 5, maxLength: 40 }), async (batch) => {
        const submissions = await Promise.all(
          batch.map(({ from, step, amount }) =>
            quote(people[from] ?? '', people[(from + step) % people.length] ?? '', amount),
          ),
        );
        const messagesBefore = await count('select count(*) as n from sms_outbox');
        const outcomes = await Promise.all(submissions.map((one) => world.services.payments.submit(one)));
        for (const [index, outcome] of outcomes.entries()) {
          const { quoteId } = submissions[index] ?? { quoteId: '' };
          expect(await found(quoteId)).toEqual(
            outcome.ok
              ? { state: 'completed', accepted: true, completed: 1n, failed: 0n }
              : { state: 'failed', accepted: false, completed: 0n, failed: 1n },
          );
        }
        const moved = outcomes.filter((outcome) => outcome.ok).length;
        expect(await count('select count(*) as n from sms_outbox')).toBe(messagesBefore + BigInt(2 * moved));
        accepted += moved;
        refused += outcomes.length - moved;
      }),
      { numRuns: 8 },
    );
    expect(accepted).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(10);
    expect((await world.services.ledger.verify(world.services.db)).deviation).toBeUndefined();
  });

  test('the balance in a receipt is the one that its own transfer left, in a batch of many on one account', async () => {
    await open();
    const submissions = await Promise.all(
      Array.from({ length: 20 }, () => quote('+254700000001', '+254700000002', 1_000n)),
    );
    const outcomes = await Promise.all(submissions.map((one) => world.services.payments.submit(one)));
    expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
    await world.settle();
    const told = (to: string) =>
      world.sms.sent
        .filter((sms) => sms.to === to)
        .map(({ body }) => Number(/Balance KES ([\d,]+\.\d\d)/.exec(body)?.[1]?.replace(',', '')))
        .sort((one, other) => one - other);
    expect(told('+254700000001')).toEqual(Array.from({ length: 20 }, (_, n) => 5_000 - 20 * (20 - n)));
    expect(told('+254700000002')).toEqual(Array.from({ length: 20 }, (_, n) => 1_200 + 10 * (n + 1)));
    expect(world.sms.sent.some(({ body }) => body.includes('¤'))).toBe(false);
  });

  test('a reference that is taken is drawn anew, and harms no other payment of the batch', async () => {
    await open(['AAAA3333', 'AAAA3333', 'AAAA3333', 'AAAA4444', 'AAAA4444']);
    const submissions = await Promise.all(
      Array.from({ length: 12 }, () => quote('+254700000001', '+254700000002', 1_000n)),
    );
    const outcomes = await Promise.all(submissions.map((one) => world.services.payments.submit(one)));
    const references = outcomes.map((outcome) => (outcome.ok ? outcome.value.reference : outcome.error));
    expect(new Set(references).size).toBe(12);
    expect(references).toEqual(expect.arrayContaining(['AAAA3333', 'AAAA4444']));
    expect(await count(`select count(*) as n from payment where state = 'completed'`)).toBe(12n);
    expect(await count('select count(*) as n from sms_outbox')).toBe(24n);
  });

  test('where no reference is free the payment is not made, and nothing of it is left', async () => {
    await open(Array.from({ length: 6 }, () => 'AAAA3333'));
    const first = await quote('+254700000001', '+254700000002', 1_000n);
    expect((await world.services.payments.submit(first)).ok).toBe(true);
    const second = await quote('+254700000001', '+254700000002', 1_000n);
    await expect(world.services.payments.submit(second)).rejects.toThrow('payment_reference_key');
    expect(await found(second.quoteId)).toMatchObject({ state: null, accepted: null, completed: 0n, failed: 0n });
    // Nothing stuck to the id: the same hop, delivered again, can still pay.
    expect((await world.services.payments.submit(second)).ok).toBe(true);
  });

  test('what would be booked after its quote has expired is not booked', async () => {
    await open();
    const submission = await quote('+254700000001', '+254700000002', 1_000n);
    const { ledger } = world.services;
    const post = ledger.post.bind(ledger);
    jest.spyOn(ledger, 'post').mockImplementation((transfers) => {
      world.clock.advance(121_000); // the database was away for so long
      return post(transfers);
    });
    expect(await world.services.payments.submit(submission)).toMatchObject({ ok: false, error: 'quote_expired' });
    expect(await found(submission.quoteId)).toMatchObject({ state: null, accepted: null, completed: 0n });
  });

  describe('a process that dies between the posting and the answer', () => {
    /** The money moves, and nobody lives to hear of it. */
    const dieAfterPosting = () => {
      const { ledger } = world.services;
      const post = ledger.post.bind(ledger);
      return jest.spyOn(ledger, 'post').mockImplementationOnce(async (transfers) => {
        await post(transfers);
        throw new Error('killed');
      });
    };

    test('B1, B2: the hop that is delivered again is answered as the first would have been, and pays nothing', async () => {
      await open();
      const submission = await quote('+254700000001', '+254700000002', 1_000n);
      dieAfterPosting();
      await expect(world.services.payments.submit(submission)).rejects.toThrow('killed');
      const again = await world.services.payments.submit(submission);
      expect(again).toMatchObject({ ok: true, value: { state: 'completed', paymentId: submission.quoteId } });
      expect(await world.services.payments.submit(submission)).toEqual(again);
      expect(await count('select count(*) as n from payment')).toBe(1n);
      expect(await count('select count(*) as n from sms_outbox')).toBe(2n);
    });

    test('B1: the same for what was refused: it fails once, with the first reason', async () => {
      await open();
      const submission = await quote('+254700000001', '+254700000002', 9_000_000n);
      dieAfterPosting();
      await expect(world.services.payments.submit(submission)).rejects.toThrow('killed');
      // Money that comes in between does not make a payment of it: it was refused, for good.
      await world.services.payments.submit(await quote('+254700000009', '+254700000001', 1_000_000n, 'cash_in'));
      const refusal = { ok: false, error: 'funds_insufficient' };
      expect(await world.services.payments.submit(submission)).toMatchObject(refusal);
      expect(await world.services.payments.submit(submission)).toMatchObject(refusal);
      expect(await found(submission.quoteId)).toMatchObject({ state: 'failed', accepted: false, failed: 1n });
    });

    test('R123: and for a cash-out: asked for, approved, refused', async () => {
      await open();
      const hamim = await personOf('+254700000001');
      const { payments } = world.services;
      for (const decision of ['approve', 'reject'] as const) {
        const request = await quote('+254700000009', '+254700000001', 10_000n, 'cash_out');
        dieAfterPosting();
        await expect(payments.submit(request)).rejects.toThrow('killed');
        expect(await payments.submit(request)).toMatchObject({ ok: true, value: { state: 'pending' } });
        const answer = { paymentId: request.quoteId, customerId: hamim.customerId, pin: '0000', hopKey: decision };
        dieAfterPosting();
        await expect(payments[decision](answer)).rejects.toThrow('killed');
        const state = decision === 'approve' ? 'completed' : 'rejected';
        expect(await payments[decision](answer)).toMatchObject({ ok: true, value: { state } });
        expect(await payments[decision](answer)).toMatchObject({ ok: true, value: { state } });
      }
      const account = (await world.services.accounts.primaryOf(world.owner, hamim.customerId))?.accountId ?? '';
      expect(await world.services.ledger.balance(world.owner, account)).toMatchObject({
        postedMinor: 500_000n - 11_000n,
        pendingOutMinor: 0n,
      });
    });
  });
});
