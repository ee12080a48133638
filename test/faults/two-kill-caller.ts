import { setTimeout as sleep } from 'node:timers/promises';
import type { Member } from '../support/customers';
import type { Phone } from '../support/phone';
import type { Chance } from '../support/random';

/** One payment to the other provider, and what its payer was told. Nobody tries the same amount twice. */
export interface TwoAttempt {
  readonly payer: Member;
  readonly payee: Member;
  readonly amountMinor: bigint;
  /** `paid`, `not paid`: a screen said so. `underway`: a screen said that an SMS will. `in doubt`: no screen came. */
  readonly told: 'paid' | 'not paid' | 'underway' | 'in doubt';
}

export interface TwoCallerDeps {
  readonly phone: Phone;
  /** Who uses this line, in turns: nobody reaches the day's limit. */
  readonly payers: readonly Member[];
  readonly payees: readonly Member[];
  readonly chance: Chance;
  readonly stopping: () => boolean;
}

/** Whoever is told to dial again does so after a moment: a crowd that dials at once would keep a gateway from starting. */
const retryMs = 1_500;

/** Pays and pays. A call that is cut before its PIN is dropped; the last hop is now and then delivered twice. */
export async function callOn(deps: TwoCallerDeps, attempts: TwoAttempt[]): Promise<void> {
  for (let turn = 0; !deps.stopping(); turn += 1) {
    const payer = deps.payers[turn % deps.payers.length];
    if (!payer) throw new Error('there is nobody on this line');
    const amountMinor = 100n + BigInt(turn);
    const told = await pay(deps, payer, amountMinor).catch((): undefined => undefined);
    if (told) attempts.push({ payer, amountMinor, ...told });
    else await sleep(deps.chance.below(retryMs));
  }
}

/** Undefined, or a rejection: no PIN was sent. */
async function pay(
  { phone, payees, chance }: TwoCallerDeps,
  payer: Member,
  amountMinor: bigint,
): Promise<Pick<TwoAttempt, 'payee' | 'told'> | undefined> {
  const payee = chance.of(payees);
  const call = await phone.dial(payer.msisdn);
  if (call.screen().text.includes('Start over')) await call.answer('2');
  const amount = `${amountMinor / 100n}.${String(amountMinor % 100n).padStart(2, '0')}`;
  const { text } = await call.answerAll('1', payee.msisdn, amount);
  if (!text.includes('Enter your PIN to send')) return undefined;
  const twice = chance.is(0.2);
  const first = call.answer(payer.pin);
  const answers = twice ? [first, call.repeat()] : [first];
  const screens = await Promise.all(answers.map((answer) => answer.then((screen) => screen.text).catch(() => '')));
  return { payee, told: toldBy(screens.find((screen) => screen !== '') ?? '') };
}

function toldBy(screen: string): TwoAttempt['told'] {
  if (screen.includes('sent to')) return 'paid';
  if (screen.includes('is on its way')) return 'underway';
  return screen.includes('No money has moved') ? 'not paid' : 'in doubt';
}
