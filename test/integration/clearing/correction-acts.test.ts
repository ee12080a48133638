import { randomUUID } from 'node:crypto';
import { chartOf } from '../../../src/ledger';
import { assert, violatedConstraint } from '../../../src/platform';
import { typeAs } from '../../support/staff';
import type { Two } from '../../support/two';
import { createCall, type World } from '../../support/world';
import { approve, contradict, correct, knock, propose, refusal, rowsOf, says, tell } from './contradicted';
import { hamimsPhone, moneyOf, openPairs, owed, toThePin } from './people';

/** M32: who may put the books right, how often, and what is left to see of it. */
jest.setTimeout(60_000);

let both: Two;
let hamim: string;
let venya: string;
openPairs((pair) => {
  ({ both, hamim, venya } = pair);
});

const begin = 500_000n;
const from = '2026-01-15T00:00:00Z';
const ten = '2026-01-15T10:00:00Z';
const hourMs = 3_600_000;

const corrections = ({ owner }: World) =>
  owner.rows<{ state: string; side: string }>({ text: 'select state, side from transfer_correction' });

async function sendToKani(amount: string): Promise<void> {
  const call = createCall(both.one, hamimsPhone);
  await call.dial();
  await call.answer('1');
  await call.answer('0700000002');
  await call.answer(amount);
  expect(await call.answer('4071')).toContain('sent to Kani');
  await call.end('Success');
  await both.settle();
}

test('two people: not the maker, not another role; what agrees or is corrected already is not proposed', async () => {
  const { reference, transferId } = await contradict(both, 'payer aborted');
  const order = { payment: reference, side: 'customer' };
  const reason = 'they called';
  expect((await knock(both.one, 'amani', 'transfer-correct', { ...order, reason })).body).toEqual(
    refusal('role_refused'),
  );
  expect((await propose(both.one, 'transfer-correct', order)).body).toEqual(says('waits for a second person'));
  expect((await approve(both.one, 'goma')).body).toEqual(refusal('same_person'));
  expect((await approve(both.one, 'amani')).body).toEqual(refusal('role_refused'));
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect((await approve(both.one, 'imani')).status).toBe(200);
  expect((await approve(both.one, 'halima')).body).toEqual(refusal('act_decided'));
  const act = await both.one.owner.one<{ n: string }>({ text: 'select max(act_number)::text as n from staff_act' });
  for (const payment of [reference, transferId]) {
    expect((await propose(both.one, 'transfer-correct', { ...order, payment })).body).toEqual(
      refusal('transfer_corrected', `act ${act.n}`),
    );
  }
  expect((await propose(both.one, 'transfer-correct', { ...order, payment: 'NOSUCH00' })).body).toEqual(
    refusal('payment_unknown'),
  );
  expect((await propose(both.one, 'transfer-correct', { ...order, payment: randomUUID() })).body).toEqual(
    refusal('transfer_agrees'),
  );
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin - 100_000n, held: 0n });
});

test('what a checker approves is what the maker saw: where it is otherwise by then, nothing moves, and why is said', async () => {
  const { reference } = await contradict(both, 'payer aborted');
  await propose(both.one, 'transfer-correct', { payment: reference, side: 'customer' });
  await sendToKani('4500');
  expect((await approve(both.one)).body).toEqual(
    refusal('correction_differs', 'KES 1,000.00 borne by the provider (the money is not there): say provider'),
  );
  await propose(both.one, 'transfer-correct', { payment: reference, side: 'provider' });
  const kani = createCall(both.one, '+254700000002');
  await kani.dial();
  await kani.answer('1');
  await kani.answer('0700000001');
  await kani.answer('2000');
  expect(await kani.answer('8305')).toContain('sent to Hamim');
  expect((await approve(both.one)).body).toEqual(
    refusal('correction_differs', "KES 1,000.00 taken from the payer's account: say customer"),
  );
  expect(await corrections(both.one)).toEqual([]);
  expect((await rowsOf(both.one, 'transfers', 'contradicted')).length).toBe(1);
  const failed = await both.one.owner.rows({ text: `select state from staff_act where command = 'transfer-correct'` });
  expect(failed).toEqual([{ state: 'failed' }, { state: 'failed' }]);
});

test('two proposals and three checkers at once: the money moves once', async () => {
  const { reference, transferId } = await contradict(both, 'payee aborted');
  await propose(both.two, 'transfer-correct', { payment: reference, side: 'customer' });
  await propose(both.two, 'transfer-correct', { payment: transferId, side: 'customer' });
  const acts = await both.two.owner.rows<{ act: string }>({
    text: `select act_number::text as act from staff_act where command = 'transfer-correct' order by act_number`,
  });
  const replies = await Promise.all(
    acts.flatMap(({ act }) => ['halima', 'imani', 'jabari'].map((by) => approve(both.two, by, act))),
  );
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  const codes = replies.flatMap(({ body }) => ('error' in (body as object) ? [(body as Refused).error.code] : []));
  expect(new Set([...codes, 'act_decided', 'transfer_corrected'])).toEqual(
    new Set(['act_decided', 'transfer_corrected']),
  );
  await both.settle();
  expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
  expect(await corrections(both.two)).toEqual([{ state: 'committed', side: 'customer' }]);
  expect(both.two.sms.sent.filter(({ body }) => body.includes('It came late'))).toHaveLength(1);
});
interface Refused {
  readonly error: { readonly code: string };
}

describe('a process that dies', () => {
  const leftApproved = `update staff_act set state = 'approved', decided_by = 'halima', decided_role = 'finance',
    decided_at = $1, effect_id = $2 where command = 'transfer-correct'`;
  const stateOf = ({ owner }: World) =>
    owner.one({ text: `select state, outcome from staff_act where command = 'transfer-correct'` });

  test.each(['before', 'after'] as const)('%s the money moved: the next one finishes the act, once', async (when) => {
    const { reference, paymentId } = await contradict(both, 'payer committed');
    await propose(both.one, 'transfer-correct', { payment: reference, side: 'customer' });
    const { actId } = await both.one.owner.one<{ actId: string }>({
      text: `select act_id as "actId" from staff_act where command = 'transfer-correct'`,
    });
    const effectId = await effectOf(both.one);
    await both.one.owner.run({ text: leftApproved, values: [both.clock.now(), effectId] });
    const { clearing, staff } = both.one.services;
    if (when === 'after') {
      const plan = await clearing.planCorrection({ paymentId });
      assert(plan.ok, 'it can be corrected');
      const order = { plan: plan.value, correctionId: effectId, by: { kind: 'staff', id: 'halima' }, actId } as const;
      expect([(await clearing.correct(order)).ok, (await clearing.correct(order)).ok]).toEqual([true, true]);
    }
    both.clock.advance(31_000);
    expect(await staff.sweep()).toBe(1);
    expect(await staff.sweep()).toBe(0);
    expect(await stateOf(both.one)).toEqual({
      state: 'done',
      outcome: `${reference} is corrected to aborted: KES 1,000.00 back to the payer with our fee`,
    });
    expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
    expect(await corrections(both.one)).toEqual([{ state: 'aborted', side: 'customer' }]);
    await both.settle();
    expect(both.one.sms.sent.filter(({ body }) => body.includes('did not arrive'))).toHaveLength(1);
  });
});

/** A UUIDv7 of the clock's time, as an act has one. */
async function effectOf({ owner, clock }: World): Promise<string> {
  const { id } = await owner.one<{ id: string }>({
    text: 'select transfer_id_floor($1)::text as id',
    values: [clock.now()],
  });
  return `${id.slice(0, 14)}7${id.slice(15, 19)}8${id.slice(20, 24)}${randomUUID().slice(24)}`;
}

test('the database corrects nothing without such an act, and what was corrected stays', async () => {
  const { reference, paymentId, transferId } = await contradict(both, 'payer aborted');
  const { clearing, db } = both.one.services;
  const plan = await clearing.planCorrection({ paymentId });
  assert(plan.ok, 'it can be corrected');
  const proposed = await propose(both.one, 'transfer-correct', { payment: reference, side: 'customer' });
  const { actId } = await both.one.owner.one<{ actId: string }>({
    text: `select act_id as "actId" from staff_act where command = 'transfer-correct'`,
  });
  expect(proposed.status).toBeLessThan(300);
  const by = { kind: 'staff', id: 'goma' } as const;
  const order = async () => ({ plan: plan.value, correctionId: await effectOf(both.one), by, actId });
  await expect(clearing.correct(await order())).rejects.toThrow('transfer_correction_act');
  const other = { ...(await order()), plan: { ...plan.value, side: 'provider' as const } };
  await expect(clearing.correct(other)).rejects.toThrow('transfer_correction_act');
  expect(await moneyOf(both.one, hamim)).toEqual({ available: begin, held: 0n });
  expect(await owed(both)).toEqual([0n, -100_000n]);
  await approve(both.one);
  const attempts = [
    'delete from transfer_correction',
    `update transfer_correction set state = 'aborted'`,
    'delete from transfer_contradiction',
    `update transfer_contradiction set theirs = 'aborted'`,
    `update outgoing_transfer set state = 'committed'`,
  ];
  for (const text of attempts) {
    await expect(db.run({ text })).rejects.toThrow(/permission denied/);
    const refused = await both.one.owner
      .run({ text })
      .catch((error: unknown) => violatedConstraint(error) ?? String(error));
    expect(refused).toMatch(/is refused|outgoing_transfer_decided_once/);
  }
  await expect(
    db.run({
      text: `insert into transfer_contradiction values ('two', $1, 'aborted', 'committed', now(), 7)`,
      values: [transferId],
    }),
  ).rejects.toThrow(/permission denied/);
});

test('M18, B16: the path of the payment has the word of the scheme, the act and the money; the log and the list have it', async () => {
  const { reference, paymentId, transferId } = await contradict(both, 'payer aborted');
  const before = await typeAs(both.one, 'kesi', ['payment', reference]);
  expect(before.ok && before.value.text).toContain('CONTRADICTED: the scheme says committed');
  await correct(both.one, reference, 'customer');
  const path = await typeAs(both.one, 'kesi', ['payment', transferId]);
  assert(path.ok && path.value.text !== undefined, 'an auditor may look');
  expect(path.value.says).toMatch(new RegExp(`^${reference} send: rejected, corrected to committed by act \\d+$`));
  expect(path.value.text).toMatch(/aborted by two of the staff, act \d+/);
  expect(path.value.text).toMatch(
    /corrected: committed by two of the staff, act \d+, on the customer's account, by ledger transfer [0-9a-f-]{36}/,
  );
  expect(path.value.text).toMatch(/principal 100000 from \d+ to 20691\d/); // to the clearing account
  expect(await rowsOf(both.one, 'transfers', 'committed')).toEqual([
    expect.objectContaining({ transfer: transferId, state: 'committed', corrected: 'was aborted', fee: 'KES 0.00' }),
  ]);
  expect(await rowsOf(both.one, 'transfers', 'aborted')).toEqual([]);
  const events = await both.one.owner.rows({
    text: `select actor_id as by, transfer_id = $1 as original, old_value as old, new_value ->> 'state' as new
           from audit_event where action = 'transfer.corrected' and subject_id = $2 order by original`,
    values: [paymentId, transferId],
  });
  expect(events).toEqual(
    [false, true].map((original) => ({ by: 'halima', original, old: { state: 'aborted' }, new: 'committed' })),
  );
  const named = await both.one.owner.one({
    text: `select p.subject_id = $1 as named, p.product, o.state from payment p join payment o on o.payment_id = p.subject_id
           where p.product = 'correction'`,
    values: [paymentId],
  });
  expect(named).toEqual({ named: true, product: 'correction', state: 'rejected' });
});

describe('what the scheme says', () => {
  test('R212: a statement is heard as well as a message, and makes it ready to be corrected', async () => {
    both.wires.one.copies = (event) => (event === 'onTransferOutcome' ? 0 : 1);
    await (await toThePin(both)).call.answer('4071');
    await both.settle();
    both.clock.advance(hourMs);
    const { reference } = await both.one.owner.one<{ reference: string }>({
      text: 'select reference from scheme_transfer',
    });
    await propose(both.one, 'transfer-release', { payment: reference });
    expect((await approve(both.one)).status).toBe(200);
    const unheard = await propose(both.one, 'transfer-correct', { payment: reference });
    expect(unheard.body).toEqual(refusal('transfer_agrees'));
    expect((await knock(both.one, 'goma', 'reconcile', { from, to: ten })).body).toEqual(says('1 differences'));
    expect(await rowsOf(both.one, 'transfers', 'contradicted')).toHaveLength(1);
    expect((await correct(both.one, reference, 'customer')).status).toBe(200);
    expect((await knock(both.one, 'goma', 'reconcile', { from, to: ten })).body).toEqual(says('0 differences'));
    const heard = await both.one.owner.rows({
      text: `select actor_id, new_value ->> 'state' as state from audit_event where action = 'transfer.contradicted'`,
    });
    expect(heard).toEqual([{ actor_id: 'goma', state: 'committed' }]);
  });

  test('is heard last: where it agrees after all there is nothing to correct; told again it is nothing new', async () => {
    const { reference, transferId } = await contradict(both, 'payer aborted');
    await propose(both.one, 'transfer-correct', { payment: reference, side: 'customer' });
    await tell(both, 'payer aborted', transferId, 'aborted');
    await tell(both, 'payer aborted', transferId, 'aborted');
    expect((await approve(both.one)).body).toEqual(refusal('transfer_agrees'));
    expect(await rowsOf(both.one, 'transfers', 'contradicted')).toEqual([]);
    await tell(both, 'payer aborted', transferId, 'committed');
    expect(await rowsOf(both.one, 'transfers', 'contradicted')).toHaveLength(1);
    expect((await correct(both.one, reference, 'customer')).status).toBe(200);
    await tell(both, 'payer aborted', transferId, 'committed');
    const words = 'select number, ours, theirs from transfer_contradiction order by number';
    expect(await both.one.owner.rows({ text: words })).toEqual([
      { number: 1, ours: 'aborted', theirs: 'committed' },
      { number: 2, ours: 'aborted', theirs: 'aborted' },
      { number: 3, ours: 'aborted', theirs: 'committed' },
    ]);
    expect(await rowsOf(both.one, 'transfers', 'contradicted')).toEqual([]);
    // A scheme that changes its mind once more is seen, and not corrected twice.
    await tell(both, 'payer aborted', transferId, 'aborted');
    expect(await rowsOf(both.one, 'transfers', 'contradicted')).toHaveLength(1);
    expect((await propose(both.one, 'transfer-correct', { payment: reference })).body).toEqual(
      refusal('transfer_corrected'),
    );
    await tell(both, 'payer aborted', transferId, 'committed');
  });

  test('of what was refused before any money was held: the payee gets it as it was offered', async () => {
    both.wires.two.around = async (event, carry) => {
      if (event === 'onPrepare') both.clock.advance(120_000); // the offer is over by then
      return carry();
    };
    await (await toThePin(both)).call.answer('4071');
    await both.settle();
    const refused = await both.two.owner.one<{ transferId: string; state: string }>({
      text: 'select transfer_id as "transferId", state from incoming_transfer',
    });
    expect(refused.state).toBe('refused');
    const { transferId } = refused;
    await tell(both, 'payee aborted', transferId);
    expect((await correct(both.two, transferId, 'customer')).body).toEqual(
      says('is corrected to committed: KES 1,000.00 paid to the payee'),
    );
    expect((await moneyOf(both.two, venya)).available).toBe(100_000n);
    const shown = await typeAs(both.two, 'kesi', ['payment', transferId]); // there is a payment now
    expect(shown.ok && shown.value.says).toMatch(/ correction: completed$/);
    expect((await owed(both))[1]).toBe(-100_000n);
    both.clock.advance(hourMs);
    const compared = await both.two.services.settlement.reconcile({
      ...{ from: new Date(from), to: new Date(ten), by: { kind: 'staff', id: 'goma' }, cause: { day: '2026-01-15' } },
      file: `transfer_id,payer,payee,amount,currency,state\n${transferId},one,two,1000,KES,committed\n`,
    });
    expect(compared).toMatchObject({ ok: true, value: { findings: 0n } });
    expect(await rowsOf(both.two, 'transfers', 'contradicted')).toEqual([]);
  });

  test('R219: of what came back already, wholly or in part, nothing is corrected; of what is corrected, nothing comes back', async () => {
    const { reference } = await contradict(both, 'payee committed');
    await propose(both.two, 'refund-elsewhere', { payment: reference, amount: '10' });
    expect((await approve(both.two)).body).toEqual(refusal('money_refused')); // the payer's provider never paid it
    expect((await correct(both.two, reference, 'customer')).status).toBe(200);
    expect((await propose(both.two, 'refund-elsewhere', { payment: reference })).body).toEqual(
      refusal('not_reversible'),
    );
    const second = await contradict(both, 'payee committed');
    await both.two.owner.run({
      text: `insert into refunded values ($1, 100000, 0, 1000, 0)`,
      values: [second.paymentId],
    });
    expect((await propose(both.two, 'transfer-correct', { payment: second.reference })).body).toEqual(
      refusal('already_refunded'),
    );
    await both.two.owner.run({
      text: 'update refunded set amount_minor = 0 where original_id = $1',
      values: [second.paymentId],
    });
  });
});

describe('R211: settled', () => {
  const settle = async (world: World, until: string, way: string, amount: string) => {
    await propose(world, 'settle', { until, way, amount });
    return approve(world);
  };
  const clearingOf = async ({ services }: World) =>
    (await services.ledger.balance(services.db, chartOf('KES').clearing))?.postedMinor;

  test('what is corrected after its window was closed counts the other way in a later one', async () => {
    const { reference } = await contradict(both, 'payer committed');
    both.clock.advance(hourMs);
    expect((await settle(both.one, ten, 'paid', '1000')).status).toBe(200);
    expect(await clearingOf(both.one)).toBe(0n);
    expect((await correct(both.one, reference, 'customer')).status).toBe(200);
    expect(await clearingOf(both.one)).toBe(-100_000n);
    both.clock.advance(hourMs);
    expect((await knock(both.one, 'goma', 'reconcile', { from, to: ten })).body).toEqual(says('0 differences'));
    expect((await settle(both.one, '2026-01-15T11:00:00Z', 'received', '1000')).body).toEqual(says('1 transfers'));
    expect(await clearingOf(both.one)).toBe(0n);
    expect(await rowsOf(both.one, 'settlements', '1')).toMatchObject([
      { sent: '1', out: 'KES 1,000.00', received: '0' },
    ]);
    expect(await rowsOf(both.one, 'settlements', '2')).toMatchObject([
      { sent: '0', received: '1', in: 'KES 1,000.00' },
    ]);
    expect((await knock(both.one, 'goma', 'reconcile', { from, to: ten })).body).toEqual(says('0 differences'));
    both.clock.advance(hourMs);
    expect(
      (await propose(both.one, 'settle', { until: '2026-01-15T12:00:00Z', way: 'paid', amount: '0' })).body,
    ).toEqual(refusal('settlement_nothing'));
  });

  test('what is corrected before is in no window, or in the first that comes', async () => {
    const gone = await contradict(both, 'payer committed');
    expect((await correct(both.one, gone.reference, 'customer')).status).toBe(200);
    both.clock.advance(hourMs);
    expect((await propose(both.one, 'settle', { until: ten, way: 'paid', amount: '0' })).body).toEqual(
      refusal('settlement_nothing'),
    );
    const late = await contradict(both, 'payee aborted');
    expect((await correct(both.two, late.reference, 'customer')).status).toBe(200);
    both.clock.advance(hourMs);
    expect((await settle(both.two, '2026-01-15T11:00:00Z', 'received', '1000')).body).toEqual(says('1 transfers'));
    expect(await clearingOf(both.two)).toBe(0n);
    both.clock.advance(hourMs);
    const window = { from, to: '2026-01-15T12:00:00Z' };
    expect((await knock(both.two, 'goma', 'reconcile', window)).body).toEqual(says('0 differences'));
  });
});
