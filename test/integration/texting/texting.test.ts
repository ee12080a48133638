import { createCall, createWorld, type World } from '../../support/world';

/** B21, R113, B10: what comes by SMS is answered once, holds no secret, and can't be used to guess or to pester. */
const hamim = '+254700000001';
const kani = '+254700000002';
const alone = '+254700000008';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

/** What a phone has been sent since, in order. */
async function told(phone: string): Promise<string[]> {
  await world.settle();
  return world.sms.sent.splice(0).flatMap(({ to, body }) => (to === phone ? [body] : []));
}
async function codeOf(phone: string, words = 'BAL'): Promise<string> {
  await world.text(phone, words);
  const [body = ''] = await told(phone);
  return /^(\d{6}) is your code/.exec(body)?.[1] ?? '';
}
async function userNumberOf(phone: string): Promise<string> {
  return (await world.services.identity.byMsisdn(phone as never))?.userNumber ?? '';
}
/** Somebody who has a phone takes a place on another one too, and is texted there or on their own. */
async function share(phone: string, whose: string, { isContact }: { isContact: boolean }): Promise<void> {
  if (isContact) {
    await world.owner.run({
      text: `update phone_assignment set is_contact = false where msisdn = $1 and valid_to is null`,
      values: [whose],
    });
  }
  await world.owner.run({
    text: `insert into phone_assignment (assignment_id, msisdn, customer_id, valid_from, is_default, is_contact)
           select gen_random_uuid(), $1, customer_id, valid_from, false, $3 from phone_assignment
           where msisdn = $2 and valid_to is null`,
    values: [phone, whose, isContact],
  });
}

test('a message that is delivered again is answered once, also when both come at once', async () => {
  await Promise.all([
    world.text(hamim, 'BAL', 'm-1'),
    world.text(hamim, 'BAL', 'm-1'),
    world.text(hamim, 'BAL', 'm-1'),
  ]);
  expect(await told(hamim)).toHaveLength(1);
});

test('a code opens once, however many reply with it at once', async () => {
  const code = await codeOf(hamim);
  await Promise.all(Array.from({ length: 5 }, () => world.text(hamim, code)));
  const answers = await told(hamim);
  expect(answers.filter((body) => body.startsWith('Your balance:\nMain: KES 5,000.00'))).toHaveLength(1);
  expect(answers.filter((body) => body.startsWith('That code is no longer good'))).toHaveLength(4);
});

test('a code is no good from another phone, nor after three wrong ones that came at once', async () => {
  const code = await codeOf(hamim);
  await world.text(kani, code);
  expect(await told(kani)).toEqual([expect.stringMatching(/^Never send your PIN by SMS/)]);
  const wrong = ['111111', '222222', '333333', '444444'].map((guess) => (guess === code ? '555555' : guess));
  await Promise.all(wrong.map((guess) => world.text(hamim, guess)));
  await told(hamim);
  await world.text(hamim, code);
  expect(await told(hamim)).toEqual(['That code is no longer good. Text BAL or MINI for a new one.']);
});

test('a new code takes the place of the one before, and there are three an hour', async () => {
  const first = await codeOf(hamim);
  const second = await codeOf(hamim, 'MINI');
  await world.text(hamim, first);
  expect(await told(hamim)).toEqual(['That code is no longer good. Text BAL or MINI for a new one.']);
  await world.text(hamim, second);
  expect(await told(hamim)).toEqual(['You have no payments yet.']);
  expect(await codeOf(hamim)).toMatch(/^\d{6}$/);
  expect(await codeOf(hamim)).toBe('');
  world.clock.advance(3_600_001);
  expect(await codeOf(hamim)).toMatch(/^\d{6}$/);
});

test('neither words nor codes are in the database', async () => {
  const code = await codeOf(hamim);
  await world.text(hamim, 'my PIN is 739164, my mother is Ruth');
  await world.text(hamim, 'LAST 739164');
  await world.settle();
  const rows = await world.owner.rows<{ row: string }>({
    text: `select row_to_json(i)::text as row from sms_inbound i union all select row_to_json(c)::text from sms_code c`,
  });
  const kept = rows.map(({ row }) => row).join('\n');
  expect(rows.length).toBeGreaterThan(3);
  expect(kept).not.toMatch(/739164|Ruth|mother/);
  expect(kept).not.toContain(code);
});

test('on a phone that several people use a user number says who asks, and money is told to a phone of their own only', async () => {
  await share(hamim, kani, { isContact: false });
  await world.text(hamim, 'BAL');
  expect(await told(hamim)).toEqual(['Several people use this phone. Text the word and then your user number.']);
  await world.text(hamim, `BAL ${await userNumberOf(hamim)}`);
  expect(await told(hamim)).toEqual([expect.stringMatching(/^Others use your phone too/)]);
  // Kani is texted on her own phone, which nobody else uses: the code and what it opens go there.
  await world.text(hamim, `Salio ${await userNumberOf(kani)}`);
  await world.settle();
  const here = world.sms.sent.filter(({ to, body }) => to === hamim && body.startsWith('Others use your phone too'));
  expect(here).toHaveLength(1);
  const [body = ''] = await told(kani);
  const code = /^(\d{6}) /.exec(body)?.[1] ?? '';
  await world.text(hamim, code);
  expect(await told(kani)).toEqual(['Your balance:\nMain: KES 1,200.00']);
});

test('where nobody has a phone of their own, BAL and MINI say so at once, in the language of whose phone it is, and six times an hour', async () => {
  await share(hamim, kani, { isContact: true });
  await world.owner.run({ text: `update customer set language = 'fr' where user_number = '10000016'` });
  for (const word of ['BAL', 'MINI']) {
    for (let count = 0; count < 7; count += 1) await world.text(hamim, word);
    const answers = await told(hamim);
    expect(answers).toHaveLength(6);
    for (const answer of answers) {
      expect(answer).toMatch(/^D'autres .*\*384\*123#/);
      expect(answer).not.toMatch(/KES|\d{6}/);
    }
  }
  expect(await told(kani)).toEqual([]);
});

test('a code that was sent before somebody else came to the phone opens nothing any more', async () => {
  const code = await codeOf(hamim);
  await share(hamim, kani, { isContact: true });
  await world.text(hamim, code);
  expect(await told(hamim)).toEqual(['That code is no longer good. Text BAL or MINI for a new one.']);
});

test('LAST tells a payment to its two sides only, without amount or name, and STOP is for who paid', async () => {
  const call = createCall(world, hamim);
  await call.dial();
  for (const typed of ['1', '0700000002', '300']) await call.answer(typed);
  const reference = /Ref (\w{8})\./.exec(await call.answer('4071'))?.[1] ?? '';
  await told(hamim);
  await world.text(hamim, `last ${reference}`);
  expect(await told(hamim)).toEqual([`${reference} is done, 15/01 12:00.`]);
  await world.text(kani, `LAST ${reference.toLowerCase()}`);
  expect(await told(kani)).toEqual([`${reference} is done, 15/01 12:00.`]);
  await world.text(alone, `LAST ${reference}`);
  await world.text(alone, `STOP ${reference}`);
  await world.text(kani, `STOP ${reference}`);
  await world.settle();
  const none = 'You have no payment with that reference. Check it and try again.';
  expect(world.sms.sent.splice(0).map(({ to, body }) => [to, body])).toEqual(expect.arrayContaining([[kani, none]]));
});

test('B10: a number that goes on texting is answered ever less, and hinders nobody else', async () => {
  for (let at = 0; at < 15; at += 1) await world.text(hamim, at % 3 === 0 ? 'HELP' : `what ${at}`);
  expect(await told(hamim)).toHaveLength(4); // help three times, and once for all that is no word of ours
  await world.text(kani, 'HELP');
  expect(await told(kani)).toHaveLength(1);
});

test('a message as long or as odd as it may be is a message', async () => {
  for (const words of ['', ' ', 'x'.repeat(2_000), '💸', '\u202eBAL', '{{name}}', '٣٤٥٦', 'BAL'.repeat(300)]) {
    expect(await world.text(hamim, words)).toBe(200);
  }
  await told(hamim);
});
