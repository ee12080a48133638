import { randomUUID } from 'node:crypto';
import { afterNoon, expectOk, leg, noon, openBooks, type Books } from './books';

let books: Books;
beforeAll(async () => {
  books = await openBooks();
});
afterAll(() => books.close());

afterEach(async () => {
  expect(await books.ledger.verify(books.db)).toMatchObject({ clean: true });
});

describe('reserving', () => {
  test('R186: a void releases the whole hold, fee included', async () => {
    const payer = await books.open({ openingMinor: 1_000n });
    const payee = await books.open();
    const held = await books.reserve(leg(payer, payee, 900n), leg(payer, books.chart.feeIncome, 15n, 'fee'));
    expect(await books.balance(payer)).toMatchObject({
      postedMinor: 1_000n,
      pendingOutMinor: 915n,
      availableMinor: 85n,
    });
    expect(await books.balance(payee)).toMatchObject({ postedMinor: 0n, pendingInMinor: 900n, availableMinor: 0n });
    expect(expectOk(await books.void(held))).toEqual({ transferId: held, state: 'voided', repeated: false });
    expect(await books.balance(payer)).toMatchObject({
      postedMinor: 1_000n,
      pendingOutMinor: 0n,
      availableMinor: 1_000n,
    });
    expect(await books.balance(payee)).toMatchObject({ postedMinor: 0n, pendingInMinor: 0n });
    expect(await books.ledger.entries(books.db, payee, 1)).toEqual([]);
  });

  test('a post books the hold, dated when it was posted', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    const held = await books.reserve(leg(payer, payee, 60n));
    expect(expectOk(await books.post(held, afterNoon(7)))).toEqual({
      transferId: held,
      state: 'posted',
      repeated: false,
    });
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 40n, pendingOutMinor: 0n, availableMinor: 40n });
    expect(await books.balance(payee)).toMatchObject({ postedMinor: 60n, pendingInMinor: 0n });
    expect(await books.ledger.entries(books.db, payee, 1)).toMatchObject([{ version: 1n, postedAt: afterNoon(7) }]);
  });

  test('R149: what is reserved cannot be spent twice, at once or in another reservation', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    await books.reserve(leg(payer, payee, 60n));
    const legs = [leg(payer, payee, 41n)];
    expect(await books.transfer({ legs })).toMatchObject({ error: 'insufficient_funds' });
    expect(await books.transfer({ legs, expiresAt: afterNoon(1) })).toMatchObject({ error: 'insufficient_funds' });
    expectOk(await books.transfer({ legs: [leg(payer, payee, 40n)] }));
  });

  test('what is pending in cannot be spent, but counts towards the ceiling', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open({ ceilingMinor: 50n })];
    const held = await books.reserve(leg(payer, payee, 30n));
    expect(await books.transfer({ legs: [leg(payee, payer, 1n)] })).toMatchObject({ error: 'insufficient_funds' });
    expect(await books.transfer({ legs: [leg(payer, payee, 21n)] })).toMatchObject({ error: 'ceiling_exceeded' });
    expectOk(await books.transfer({ legs: [leg(payer, payee, 20n)] }));
    expectOk(await books.post(held));
    expect((await books.balance(payee)).postedMinor).toBe(50n);
  });

  test('what is pending out makes no room under the ceiling, because it may come back', async () => {
    const payer = await books.open({ ceilingMinor: 50n, openingMinor: 50n });
    const held = await books.reserve(leg(payer, await books.open(), 50n));
    const legs = [leg(books.chart.trust, payer, 1n)];
    expect(await books.transfer({ legs })).toMatchObject({ error: 'ceiling_exceeded' });
    expectOk(await books.void(held));
  });

  test('a reservation that was born expired is refused for good', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 10n }), await books.open()];
    const transfer = { transferId: randomUUID(), legs: [leg(payer, payee, 1n)], expiresAt: noon };
    expect(await books.transfer(transfer)).toEqual({ ok: false, error: 'transfer_expired' });
    expect(await books.transfer({ ...transfer, expiresAt: afterNoon(9) })).toMatchObject({ error: 'transfer_expired' });
  });
});

describe('settling', () => {
  test('R123: posting twice pays once, voiding twice releases once', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    const [posted, voided] = [await books.reserve(leg(payer, payee, 10n)), await books.reserve(leg(payer, payee, 20n))];
    expectOk(await books.post(posted));
    expect(expectOk(await books.post(posted))).toMatchObject({ state: 'posted', repeated: true });
    expectOk(await books.void(voided));
    expect(expectOk(await books.void(voided))).toMatchObject({ state: 'voided', repeated: true });
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 90n, pendingOutMinor: 0n });
  });

  test('what was voided cannot be posted, what was posted cannot be voided', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    const [posted, voided] = [await books.reserve(leg(payer, payee, 10n)), await books.reserve(leg(payer, payee, 20n))];
    expectOk(await books.post(posted));
    expectOk(await books.void(voided));
    expect(await books.void(posted)).toEqual({ ok: false, error: 'transfer_not_pending' });
    expect(await books.post(voided)).toEqual({ ok: false, error: 'transfer_not_pending' });
  });

  test('an id that never came is unknown; one that was refused is not pending', async () => {
    expect(await books.post(randomUUID())).toEqual({ ok: false, error: 'transfer_unknown' });
    expect(await books.void(randomUUID())).toEqual({ ok: false, error: 'transfer_unknown' });
    const refused = { transferId: randomUUID(), legs: [leg(await books.open(), await books.open(), 1n)] };
    expect(await books.transfer(refused)).toMatchObject({ error: 'insufficient_funds' });
    expect(await books.post(refused.transferId)).toEqual({ ok: false, error: 'transfer_not_pending' });
    expect(await books.void(refused.transferId)).toEqual({ ok: false, error: 'transfer_not_pending' });
  });

  test('a transfer that posted at once answers a post with repeated', async () => {
    const payee = await books.open();
    const { transferId } = expectOk(await books.transfer({ legs: [leg(books.chart.trust, payee, 5n)] }));
    expect(expectOk(await books.post(transferId))).toEqual({ transferId, state: 'posted', repeated: true });
    expect((await books.balance(payee)).postedMinor).toBe(5n);
  });

  test('R210: at its expiry a hold is listed, cannot be posted and can be voided', async () => {
    const payer = await books.open({ openingMinor: 100n });
    const hold = async (expiresAt: Date) => {
      const legs = [leg(payer, books.chart.feeIncome, 1n)];
      return expectOk(await books.transfer({ legs, expiresAt })).transferId;
    };
    const start = afterNoon(1_000_000); // later than the holds of the other tests
    const at = (ms: number) => new Date(start.getTime() + ms);
    const others = await books.ledger.expired(books.db, start, 1_000);
    for (const id of others) expectOk(await books.void(id));
    const [later, sooner, never] = [await hold(at(20)), await hold(at(10)), await hold(at(99))];
    expect(await books.ledger.expired(books.db, at(9), 10)).toEqual([]);
    expect(await books.ledger.expired(books.db, at(10), 10)).toEqual([sooner]);
    expect(await books.ledger.expired(books.db, at(20), 10)).toEqual([sooner, later]);
    expect(await books.ledger.expired(books.db, at(20), 1)).toEqual([sooner]);
    expect(await books.post(sooner, at(10))).toEqual({ ok: false, error: 'transfer_expired' });
    expectOk(await books.post(later, at(19)));
    expectOk(await books.void(sooner, at(30)));
    expect(expectOk(await books.post(later, at(30)))).toMatchObject({ repeated: true });
    expect(await books.ledger.expired(books.db, at(30), 10)).toEqual([]);
    expectOk(await books.void(never));
    expect(await books.balance(payer)).toMatchObject({ postedMinor: 99n, availableMinor: 99n });
  });
});

describe('the same id again', () => {
  test('R197: the same id with the same content has one effect and gives the first outcome', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    const transfer = { transferId: randomUUID(), legs: [leg(payer, payee, 60n)] };
    expect(expectOk(await books.transfer(transfer))).toMatchObject({ state: 'posted', repeated: false });
    expect(expectOk(await books.transfer(transfer))).toMatchObject({ state: 'posted', repeated: true });
    expect((await books.balance(payer)).postedMinor).toBe(40n);
  });

  test('a reservation that comes again tells where it stands now; its expiry stays the first one', async () => {
    const [payer, payee] = [await books.open({ openingMinor: 100n }), await books.open()];
    const transfer = { transferId: randomUUID(), legs: [leg(payer, payee, 60n)], expiresAt: afterNoon(10) };
    const again = { ...transfer, expiresAt: afterNoon(20) };
    expectOk(await books.transfer(transfer));
    expect(expectOk(await books.transfer(again, afterNoon(30)))).toMatchObject({ state: 'pending', repeated: true });
    expect(await books.post(transfer.transferId, afterNoon(15))).toMatchObject({ error: 'transfer_expired' });
    expectOk(await books.void(transfer.transferId));
    expect(expectOk(await books.transfer(again))).toMatchObject({ state: 'voided', repeated: true });
  });

  test('R198: the same id with other content is refused', async () => {
    const [payer, payee, third] = [await books.open({ openingMinor: 100n }), await books.open(), await books.open()];
    const transferId = randomUUID();
    const legs = [leg(payer, payee, 10n), leg(payer, payee, 1n, 'fee')];
    const [principal, fee] = legs as [(typeof legs)[0], (typeof legs)[0]];
    expectOk(await books.transfer({ transferId, legs }));
    const changes = {
      amount: { legs: [leg(payer, payee, 11n), fee] },
      payee: { legs: [leg(payer, third, 10n), fee] },
      payer: { legs: [leg(third, payee, 10n), fee] },
      code: { legs: [leg(payer, payee, 10n, 'opening'), fee] },
      order: { legs: [fee, principal] },
      fewer: { legs: [principal] },
      more: { legs: [principal, fee, fee] },
      reserved: { legs, expiresAt: afterNoon(10) },
    };
    for (const [what, change] of Object.entries(changes)) {
      const moved = await books.transfer({ transferId, ...change });
      expect([what, moved]).toEqual([what, { ok: false, error: 'transfer_exists_different' }]);
    }
    expect((await books.balance(payer)).postedMinor).toBe(89n);
  });

  test('a refused id stays refused with its first code, even when the transfer would now succeed', async () => {
    const [payer, payee] = [await books.open(), await books.open()];
    const transfer = { transferId: randomUUID(), legs: [leg(payer, payee, 60n)] };
    const refused = { ok: false, error: 'insufficient_funds', detail: { accountId: payer } };
    expect(await books.transfer(transfer)).toEqual(refused);
    expectOk(await books.transfer({ legs: [leg(books.chart.trust, payer, 100n)] }));
    expect(await books.transfer(transfer)).toEqual(refused);
    expect(await books.transfer({ ...transfer, legs: [leg(payer, payee, 1n)] })).toMatchObject({
      error: 'transfer_exists_different',
    });
    expectOk(await books.transfer({ legs: transfer.legs }));
  });

  test('an unknown account that opens later does not revive a refused id', async () => {
    const payee = randomUUID();
    const transfer = { transferId: randomUUID(), legs: [leg(books.chart.trust, payee, 60n)] };
    const refused = { ok: false, error: 'account_unknown', detail: { accountId: payee } };
    expect(await books.transfer(transfer)).toEqual(refused);
    await books.open({ accountId: payee });
    expect(await books.transfer(transfer)).toEqual(refused);
  });
});
