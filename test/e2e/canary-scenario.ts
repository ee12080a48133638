import { randomBytes } from 'node:crypto';
import type { Call, Phone } from '../support/phone';

/** Whose PINs must be found nowhere. No number, amount or date below has their digits in it. */
export const canary = {
  msisdn: '+254711000055',
  firstName: 'Canarina',
  lastName: 'Wekesa',
  pin: '739164',
  newPin: '918273',
  /** Typed by mistake: near enough to the right ones that they must not be kept either. */
  mistakes: ['739146', '738164', '918237', '917273', '918723'],
} as const;

export const canaryPins: readonly string[] = [canary.pin, canary.newPin, ...canary.mistakes];

const agent = { msisdn: '+254700000009', pin: '9462' };
const payee = '0700000002';
const { msisdn, pin, newPin, mistakes } = canary;

/** One customer's life with two PINs, from sign-up to the lock, with everything a provider, a network and a person get wrong. */
export async function liveWithPins(phone: Phone): Promise<void> {
  await signUp(phone);
  await say(await phone.dial(agent.msisdn), ['9', msisdn, '1000', agent.pin], /is in the account of Canarina/);
  await sendMoney(phone);
  await cashOut(phone);
  await look(phone);
  await changePin(phone);
  await loseSessions(phone);
  await beMalformed(phone);
  await text(phone);
  await getLocked(phone);
}

/** Types the answers; throws when the last screen is not the one expected: then nothing would be proven. */
async function say(call: Call, inputs: readonly string[], expected: RegExp): Promise<Call> {
  const screen = await call.answerAll(...inputs);
  if (!expected.test(screen.text)) throw new Error(`${expected.source} expected, ${JSON.stringify(screen)} shown`);
  return call;
}

async function signUp(phone: Phone): Promise<void> {
  const call = await phone.dial(msisdn);
  const papers = ['1', canary.firstName, canary.lastName, '25121990', 'CANARY5550'];
  await say(call, [...papers, pin, mistakes[0]], /not the same/);
  await say(call, [pin], /same PIN again/);
  await call.repeat();
  await say(call, [pin, '1'], /Your account is open/);
  await call.end('Success');
}

async function sendMoney(phone: Phone): Promise<void> {
  const call = await phone.dial(msisdn);
  await say(call, [pin], /Choose one of the numbers/); // too early: the menu does not ask for it
  await say(call, ['1', pin], /not a phone number/);
  await say(call, [payee, '100', mistakes[0]], /Wrong PIN/);
  await say(call, [pin], /sent to Kani/);
  await Promise.all([call.repeat(), call.repeat()]);
  await call.hop(`${pin}*1*${pin}`); // out of order
  await call.hop(`${call.text()}*${pin}`); // the call has ended
  await call.end('Success');
}

async function cashOut(phone: Phone): Promise<void> {
  await say(await phone.dial(agent.msisdn), ['10', msisdn, '200', agent.pin], /must approve/);
  const call = await phone.dial(msisdn);
  await say(call, ['2', '1', mistakes[1]], /Wrong PIN/);
  await say(call, [pin], /Approved/);
  await call.repeat();
  await call.end('Success');
}

async function look(phone: Phone): Promise<void> {
  await say(await phone.dial(msisdn), ['4', pin], /Your balance/);
  const statement = await say(await phone.dial(msisdn), ['5', pin], /Last payments/);
  await say(statement, ['98', '0', '99'], /./); // each of these hops carries the PIN again
  await statement.end('Incomplete');
}

async function changePin(phone: Phone): Promise<void> {
  const call = await phone.dial(msisdn);
  const home = call.screen().text.includes('Start over') ? ['2'] : [];
  await say(call, [...home, '7', '2', pin, newPin, mistakes[2]], /not the same/);
  await say(call, [newPin, newPin], /Your PIN is changed/);
  await call.end('Success');
  const with_old = await phone.dial(msisdn);
  await say(with_old, ['4', pin], /Wrong PIN/);
  await say(with_old, [newPin], /Your balance/);
}

/** Hops of sessions that nobody knows, with the PIN in the middle of what was typed. */
async function loseSessions(phone: Phone): Promise<void> {
  for (const deep of [`1*${payee}*50*${newPin}`, `4*${newPin}`, `7*2*${newPin}*${newPin}`, newPin]) {
    const call = await phone.dial(msisdn, deep);
    await call.repeat();
    const { kind } = await call.answer(newPin); // typed again where it was not taken from the dial string
    await call.end(kind === 'END' ? 'Success' : 'Incomplete');
  }
  await say(await phone.dial(msisdn, `1*${payee}*50*${newPin}`), [], /PIN/);
  const underWay = { sessionId: `ATUid_${randomBytes(16).toString('hex')}`, phoneNumber: msisdn };
  const form = { ...underWay, serviceCode: '*384*123#', networkCode: '63902', text: `1*${payee}*50*${newPin}` };
  await phone.post('/ussd/africastalking', form, { 'at-ussd-hop-metadata': 'send-money.confirm' });
}

/** Everything that can be wrong with a request that carries the PIN. */
async function beMalformed(phone: Phone): Promise<void> {
  const form = { sessionId: 'ATUid_malformed', phoneNumber: msisdn, serviceCode: '*384*123#', text: `4*${newPin}` };
  const hop = '/ussd/africastalking';
  const urlencoded = 'application/x-www-form-urlencoded';
  await phone.post(hop, { ...form, phoneNumber: '' });
  await phone.post(hop, { ...form, phoneNumber: newPin });
  await phone.post(hop, { ...form, sessionId: '' });
  await phone.post(hop, { ...form, sessionId: 'x'.repeat(200) });
  await phone.post(hop, { ...form, text: `4*${newPin}*`.repeat(400) });
  await phone.post(hop, { text: `4*${newPin}` });
  await phone.post(hop, { ...form, status: newPin, input: newPin });
  await phone.post(`${hop}/${newPin}`, form);
  await phone.post(`${hop}?text=${newPin}`, { sessionId: 'x' });
  await phone.post(`/${newPin}`, form);
  await phone.postRaw(hop, JSON.stringify(form), { 'content-type': 'application/json' });
  await phone.postRaw(hop, `text=4*${newPin}&`.repeat(2_000), { 'content-type': urlencoded });
  await phone.postRaw(hop, `a=1&`.repeat(60) + `text=${newPin}`, { 'content-type': urlencoded });
  await phone.postRaw(hop, `text=${newPin}`, { 'content-type': urlencoded, 'content-encoding': newPin });
  await phone.postRaw(hop, `text=${newPin}`, { 'content-type': `${urlencoded}; charset=${newPin}` });
  await phone.postRaw(hop, `text=${newPin}`, { 'content-type': urlencoded, 'content-encoding': 'gzip' });
  const event = { sessionId: 'ATUid_x', status: newPin, input: `4*${newPin}`, lastAppResponse: newPin };
  await phone.post(`${hop}/events`, event);
  await phone.post(`${hop}/events`, { ...event, status: 'Failed', errorMessage: `after 4*${newPin}` });
}

async function text(phone: Phone): Promise<void> {
  const sms = { to: '384', date: '2026-11-20T10:00:00Z', networkCode: '63902', linkId: '' };
  for (const words of [`My PIN is ${newPin}`, newPin, `PIN ${mistakes[3]}`]) {
    await phone.post('/sms/africastalking/inbound', {
      id: randomBytes(8).toString('hex'),
      from: msisdn,
      text: words,
      ...sms,
    });
  }
  await phone.post('/sms/africastalking/inbound', { id: 'no-sender', from: newPin, text: newPin, ...sms });
  await phone.post('/sms/africastalking/delivery', { id: 'none', status: newPin, failureReason: newPin });
}

async function getLocked(phone: Phone): Promise<void> {
  const call = await phone.dial(msisdn);
  const home = call.screen().text.includes('Start over') ? ['2'] : [];
  await say(call, [...home, '1', '1', '50', mistakes[2]], /Wrong PIN/);
  await say(call, [mistakes[3]], /Wrong PIN/);
  await say(call, [mistakes[4]], /PIN is locked/);
  await call.repeat();
  await call.end('Success');
  await (await phone.dial(msisdn)).answerAll('4', newPin);
}
