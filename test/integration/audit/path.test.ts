import { createHeadPublisher, pathOfPerson, pathOfTransfer, textOfPath } from '../../../src/audit';
import { createLog, parseKeyring, plusMs, type Msisdn } from '../../../src/platform';
import { leg, okOf } from '../ledger/books';
import { about, openTrail, type Trail } from './trail';

let trail: Trail;
beforeEach(async () => void (trail = await openTrail()));
afterEach(() => trail.close());

const publish = async () => {
  const { books, audit } = trail;
  const keys = parseKeyring(`k1:${'a1'.repeat(32)}`);
  const sms = { to: ['+254700000001' as Msisdn], send: () => Promise.resolve() };
  const publisher = createHeadPublisher({
    db: books.db,
    clock: books.clock,
    log: createLog('silent'),
    audit,
    keys,
    sms,
  });
  const publication = await publisher.publish();
  if (publication.outcome !== 'published') throw new Error(publication.outcome);
  return publication.document;
};

test('of a transfer: its rows, what resolved it, its events, the links and the first head published', async () => {
  const { books, accounts, owner } = trail;
  const pendingId = await books.reserve(leg(accounts[0], accounts[1], 500n));
  const first = await publish();
  books.clock.advance(60_000);
  const transferId = books.ids.uuid();
  const event = { ...about('c1'), action: 'payment.completed', transferId, traceId: 'hop-9' } as const;
  const attachments = [trail.audit.attachment(event)];
  okOf(await books.one({ kind: 'post', transferId, pendingId, amountsMinor: [200n], attachments }));
  const unpublished = await pathOfTransfer(owner, pendingId);
  expect(unpublished.transfers[1]?.proof).not.toHaveProperty('published');
  books.clock.advance(60_000);
  const second = await publish();
  await trail.pay();
  await publish();

  const path = await pathOfTransfer(owner, pendingId);
  expect(await pathOfTransfer(owner, transferId)).toEqual(path);
  const [reserved, posted] = path.transfers;
  expect(path.transfers).toHaveLength(2);
  const amounts = { debitAccountId: accounts[0], creditAccountId: accounts[1], code: 'principal', counted: false };
  expect(reserved).toMatchObject({ kind: 'reserve', transferId: pendingId, result: 0 });
  expect(reserved?.legs).toEqual([expect.objectContaining({ ...amounts, amountMinor: '500' })]);
  expect(posted).toMatchObject({ kind: 'post', transferId, pendingId, result: 0 });
  expect(posted?.legs[0]).toMatchObject({ amountMinor: '200', debitBalanceAfterMinor: '99800' });
  expect(path.events).toEqual([
    expect.objectContaining({ action: 'payment.completed', actor: 'staff tester', transferId }),
  ]);
  const published = (document: typeof first) => ({ document: document.number, at: document.at });
  expect(reserved?.proof?.published).toEqual(published(first));
  expect(posted?.proof?.published).toEqual(published(second));
  expect(path.events[0]?.proof).toEqual(posted?.proof);
  const text = textOfPath(path).split('\n');
  expect(text[0]).toMatch(
    /ledger {2}reserve .*, accepted, until .* \[link \d+ of chain \d+, published .* in document 1\]/,
  );
  expect(text.at(-1)).toMatch(/event {3}payment.completed by staff tester on customer c1, transfer .*, trace hop-9 /);
  expect(textOfPath(await pathOfTransfer(owner, books.ids.uuid()))).toBe('nothing is known');
});

test('of a person: by and about them, about their accounts, and what was booked there, in the period', async () => {
  const { books, accounts, owner } = trail;
  const from = books.clock.now();
  await trail.record(about('hamim'), about('somebody else'), about('x', { actor: { kind: 'customer', id: 'hamim' } }));
  const ids: string[] = [];
  books.clock.advance(1); // lanes whose clock stands still may draw numbers in any order
  for (let turn = 0; turn < 5; turn += 1) ids.push(await trail.pay(10n));
  okOf(await books.move(leg(accounts[1], accounts[0], 3n), leg(accounts[0], accounts[1], 2n))); // twice in one row
  books.clock.set(plusMs(from, 60_000));
  const to = books.clock.now();
  await trail.pay(99n);
  await trail.record(about('hamim'));
  const path = await pathOfPerson(owner, { customerId: 'hamim', accountIds: [accounts[0]], from, to });
  const events = path.events.map(({ action, subject, transferId }) => transferId ?? `${action} ${subject}`);
  expect(events).toEqual([
    'account.opened account ' + accounts[0],
    'pin.unlocked customer hamim',
    'pin.unlocked customer x',
    ...ids,
  ]);
  expect(path.transfers).toHaveLength(1 + ids.length + 1); // the opening, the payments, and the last
  expect(path.transfers.slice(1, -1).map(({ transferId }) => transferId)).toEqual(ids);
  expect([...path.transfers, ...path.events].every(({ proof }) => proof !== undefined)).toBe(true);
  const later = { from: to, to: plusMs(to, 60_000) };
  const rest = await pathOfPerson(owner, { customerId: 'hamim', accountIds: [accounts[0]], ...later });
  expect([rest.transfers.length, rest.events.length]).toEqual([1, 2]);
  const nobody = await pathOfPerson(owner, { customerId: 'nobody', accountIds: [], ...later });
  expect(nobody).toEqual({ transfers: [], events: [] });
});
