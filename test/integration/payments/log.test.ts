import { typeAs } from '../../support/staff';
import { createCall, createWorld, type World } from '../../support/world';

/** R101: who did what to whose account stands in the forensic log, and no PIN and no papers do. */
describe('what the forensic log keeps', () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });
  afterEach(() => world.close());

  interface Event extends Record<string, unknown> {
    action: string;
    actor: string;
    subject: string;
    old_value: Record<string, unknown> | null;
    new_value: Record<string, unknown> | null;
  }
  const events = (since: string) =>
    world.owner.rows<Event>({
      text: `select action, actor_kind || ' ' || actor_id as actor, subject_kind || ' ' || subject_id as subject,
               old_value, new_value
             from audit_event where seq > $1 order by seq, number`,
      values: [since],
    });
  const latest = async () =>
    (await world.owner.one<{ seq: string }>({ text: 'select max(seq)::text as seq from audit_event' })).seq;
  async function say(msisdn: string, ...typed: string[]): Promise<string> {
    world.clock.advance(1_000); // what is numbered by time is told apart by it, across the chains of the log
    const call = createCall(world, msisdn);
    let screen = await call.dial();
    for (const answer of typed) screen = await call.answer(answer);
    return screen;
  }
  async function customerIdOf(msisdn: string): Promise<string> {
    const text = 'select customer_id from phone_assignment where msisdn = $1';
    return (await world.owner.one<{ customer_id: string }>({ text, values: [msisdn] })).customer_id;
  }

  test('a person of the sandbox: registered, phone, PIN, accounts, money', async () => {
    const actions = (await events('0')).map(({ action }) => action);
    const people = (await world.owner.rows({ text: 'select 1 from customer' })).length;
    const having = (await world.owner.rows({ text: 'select 1 from opening' })).length;
    const times = (action: string) => actions.filter((one) => one === action).length;
    expect([times('customer.registered'), times('phone.assigned'), times('pin.set')]).toEqual([people, people, people]);
    expect(times('money.opened')).toBe(having);
    expect(times('account.opened')).toBeGreaterThan(people);
  });

  test('sign-up, language, PIN changed, PIN locked, unlocked by staff: each with its actor and what it changed', async () => {
    const before = await latest();
    await say('+254711000001', '1', 'Mary', 'Ann', '25121990', '23456789', '7391', '7391', '1');
    await say('+254700000001', '7', '1', '2'); // Kiswahili
    await say('+254700000002', '7', '2', '8305', '5826', '5826');
    for (const wrong of ['1111', '2222', '3333']) await say('+254700000002', '4', wrong);
    world.clock.advance(1_000);
    await typeAs(world, 'amani', ['unlock', '0700000002', '--reason', 'called us']);
    const found = await events(before);
    const [mary, hamim, kani] = await Promise.all(
      ['+254711000001', '+254700000001', '+254700000002'].map(customerIdOf),
    );
    const shown = found.map(({ action, actor, subject }) => `${action} by ${actor} on ${subject}`);
    expect(shown.filter((line) => !/^(account.opened|staff.act_done)/.test(line))).toEqual([
      `customer.registered by customer ${mary} on customer ${mary}`,
      `phone.assigned by customer ${mary} on customer ${mary}`,
      `pin.set by customer ${mary} on customer ${mary}`,
      `language.changed by customer ${hamim} on customer ${hamim}`,
      `pin.changed by customer ${kani} on customer ${kani}`,
      `pin.locked by customer ${kani} on customer ${kani}`,
      `pin.unlocked by staff amani on customer ${kani}`,
    ]);
    const language = found.find(({ action }) => action === 'language.changed');
    expect([language?.old_value, language?.new_value]).toEqual([{ language: 'en' }, { language: 'sw' }]);
    const everything = JSON.stringify(found);
    for (const secret of ['7391', '5826', '8305', '23456789', '1990', 'Mary']) expect(everything).not.toContain(secret);
  });

  test('a payment names its accounts, amounts and reference; a cash-out who asked and who decided', async () => {
    const before = await latest();
    await say('+254700000001', '1', '0700000002', '100', '4071');
    await say('+254700000001', '1', '0700000002', '90000', '4071');
    await say('+254700000009', '10', '0700000001', '100', '9462');
    await say('+254700000001', '2', '1', '4071');
    const found = await events(before);
    const [hamim, agent] = await Promise.all(['+254700000001', '+254700000009'].map(customerIdOf));
    expect(found.map(({ action, actor }) => `${action} by ${actor}`)).toEqual([
      `payment.completed by customer ${hamim}`,
      `payment.failed by customer ${hamim}`,
      `payment.requested by customer ${agent}`,
      `payment.approved by customer ${hamim}`,
    ]);
    expect(found[0]?.new_value).toMatchObject({
      product: 'send',
      amountMinor: '10000',
      feeMinor: '1000',
      currency: 'KES',
    });
    expect(found[1]?.new_value).toMatchObject({ failure: 'funds_insufficient' });
  });
});
