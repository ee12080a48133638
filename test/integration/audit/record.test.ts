import { createAudit, verifySnapshot, type AuditEvent } from '../../../src/audit';
import type { Json } from '../../../src/platform';
import { leg } from '../ledger/books';
import { about, named, openTrail, staff, type Trail } from './trail';

let trail: Trail;
beforeAll(async () => void (trail = await openTrail()));
afterAll(() => trail.close());

const eventsOf = (subjectId: string) =>
  trail.owner.rows({
    text: `select e.number, e.action, e.actor_kind as "actorKind", e.actor_id as "actorId", e.at, e.trace_id as "traceId",
                  e.old_value as old, e.new_value as new, l.number::integer as link, (e.seq & 15)::integer as chain
           from audit_event e join audit_link l using (seq) where subject_id = $1 order by e.seq, e.number`,
    values: [subjectId],
  });

test('events of one call are one link of chain 0, in their order, with all that they say', async () => {
  const at = new Date('2026-01-15T11:59:59.123Z');
  const change: Partial<AuditEvent> = { action: 'language.changed', old: { language: 'en' }, new: { language: 'sw' } };
  await trail.record(about('c1', { at, traceId: 'hop-1' }), about('c1', change));
  const [first, second] = await eventsOf('c1');
  const common = { actorKind: 'staff', actorId: 'tester', chain: 0, link: (first as { link: number }).link };
  expect(first).toEqual({ ...common, number: 1, action: 'pin.unlocked', at, traceId: 'hop-1', old: null, new: null });
  expect(second).toMatchObject({ ...common, number: 2, ...change, at: trail.books.clock.now() });
});

test('what is recorded goes with its transaction, and no number is lost', async () => {
  const before = (await verifySnapshot(trail.owner)).chains.find(({ chain }) => chain === 0)?.links ?? 0;
  const failed = trail.books.db.tx(async (tx) => {
    await trail.audit.record(tx, [about('c2')]);
    throw new Error('something else went wrong');
  });
  await expect(failed).rejects.toThrow('something else');
  await trail.record(); // nothing
  expect(await eventsOf('c2')).toEqual([]);
  await trail.record(about('c2'));
  expect(await eventsOf('c2')).toHaveLength(1);
  const report = await verifySnapshot(trail.owner);
  expect(named(report)).toEqual([]);
  expect(report.chains.find(({ chain }) => chain === 0)?.links).toBe(before + 1);
});

test('who comes after a restart, with another clock, goes on in the same chain', async () => {
  const early = createAudit({ clock: { now: () => new Date('2026-01-03T00:00:00Z') } });
  await trail.books.db.tx((tx) => early.record(tx, [about('c3')]));
  await Promise.all(Array.from({ length: 10 }, () => trail.record(about('c3'))));
  const links = (await eventsOf('c3')).map((event) => (event as { link: number }).link);
  expect(links).toEqual(links.map((_, index) => (links[0] ?? 0) + index));
  expect((await verifySnapshot(trail.owner)).clean).toBe(true);
});

test('an event that comes with money commits with it, under the link of its transfer, or not at all', async () => {
  const transferId = await trail.pay();
  const [event] = await eventsOf(transferId);
  expect(event).toMatchObject({ action: 'payment.completed', new: { amountMinor: '100' } });
  expect((event as { chain: number }).chain).toBeGreaterThan(0);
  const refused = trail.books.ids.uuid();
  const attachments = [trail.audit.attachment(about(refused))];
  const legs = [leg(...trail.accounts, 10n ** 14n)];
  const outcome = await trail.books.one({ kind: 'transfer', transferId: refused, legs, attachments });
  expect(outcome.ok).toBe(false);
  expect(await eventsOf(refused)).toEqual([]);
});

describe('an event that would keep a secret is refused before it comes near the database', () => {
  const refusal = (value: Json) => {
    const event = {
      action: 'key.added',
      actor: staff,
      subject: { kind: 'key', id: 'k' },
      new: { deep: [{ value }] },
    } as const;
    try {
      trail.audit.attachment(event);
      return 'taken';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  const secrets = [
    'pin',
    'PIN',
    'newPin',
    'pin_hash',
    'otp',
    'secret',
    'clientSecret',
    'token',
    'accessTokens',
    'apiKey',
  ];
  test.each([
    ...secrets,
    'apikey',
    'password',
    'passwordHash',
    'pepper',
    'dataKey',
    'private_key',
    'keys',
    'seed',
    'cvv',
  ])('%s', (key) => {
    expect(refusal({ [key]: '4071' })).toMatch(new RegExp(`new\\.deep\\.0\\.value\\.${key} looks like a secret`));
    expect(refusal({ [key]: '4071' })).not.toContain('4071');
  });
  test.each(['firstName', 'last_name', 'name', 'birthDate', 'dateOfBirth', 'nationalId', 'passportNumber'])(
    '%s',
    (key) => {
      expect(refusal({ [key]: 'x' })).toMatch(/looks like a person's papers/);
    },
  );
  test.each(['amountMinor', 'keyId', 'msisdn', 'reference', 'state', 'opinion', 'shipping', 'accountIds', 'spinning'])(
    '%s is none',
    (key) => {
      expect(refusal({ [key]: 'x' })).toBe('taken');
    },
  );
  test('neither does record', async () => {
    await expect(trail.record(about('c4'), about('c4', { old: { pin: '1234' } }))).rejects.toThrow(
      'old.pin looks like',
    );
    expect(await eventsOf('c4')).toEqual([]);
  });
});

test('the gateway’s role can add to the log and change nothing in it', async () => {
  const refused = async (text: string) =>
    trail.books.db.run({ text }).then(
      () => 'allowed',
      (error: unknown) => (error instanceof Error ? error.message : ''),
    );
  for (const text of ['delete from audit_event', `update audit_link set hash = ''`, 'truncate audit_event']) {
    expect(await refused(text)).toMatch(/permission denied/);
    await expect(trail.owner.run({ text })).rejects.toThrow(/append-only/);
  }
  expect(await refused(`select audit_append(c, 1, 0, null, null) from audit_chain c`)).toMatch(/permission denied/);
  expect(await refused('update audit_chain set number = number + 1')).toMatch(/permission denied/);
});
