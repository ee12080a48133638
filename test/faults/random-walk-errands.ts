import type { Chance } from '../support/random';
import { nameFor, optionsOf, pick, type Answer, type Caller, type Errand, type Surroundings } from './random-walk-mind';
import type { Phone, Walker } from './random-walk-people';

/** What people dial for on purpose, because by chance alone they would seldom come to its end. */
const ownPin: Answer = (_sight, { walker }) => walker?.pin ?? '0000';
/** Whatever the screen lists. */
const listed: Answer = (sight, _caller, around) => {
  const options = optionsOf(sight.text);
  return options.length > 0 ? pick(sight, options, around) : '0';
};
const answer =
  (typed: string): Answer =>
  () =>
    typed;

/** A call that was cut is not gone on with, and whatever a code is for can wait. */
const begin: Errand = { 'resume.offer': answer('2'), 'main.home': answer('7') };

/** R55: leaves for good, if nothing keeps them. */
const leave: Errand = {
  ...begin,
  'settings.menu': answer('6'),
  'close-profile.explained': answer('1'),
  'close-profile.pin': ownPin,
  'close-profile.remainder': ownPin,
};
/** R63: wants to be an agent or a merchant. */
const apply: Errand = {
  ...begin,
  'settings.menu': answer('7'),
  'apply.business': answer('Duka la Amani'),
  'apply.nationalId': (_sight, { walker }) => walker?.nationalId ?? '',
  'apply.confirm': ownPin,
};
/** R213: complains about a payment, or asks for another look at a case. */
const complain: Errand = {
  ...begin,
  'settings.menu': answer('5'),
  'cases.pin': ownPin,
  'cases.list': (sight, caller, around) => (around.chance.is(0.7) ? '9' : listed(sight, caller, around)),
  'cases.detail': listed,
  'cases.payment': listed,
  'cases.kind': listed,
};
/** B13: sent money to the wrong person. */
const takeBack: Errand = {
  ...begin,
  'settings.menu': answer('4'),
  'wrong-send.list': listed,
  'wrong-send.reason': listed,
  'wrong-send.confirm': ownPin,
};
/** R43: another phone for the messages, or one phone less. */
const changePhones: Errand = {
  ...begin,
  'settings.menu': answer('3'),
  'phones.list': (sight, caller, around) => around.chance.of(['1', '2', listed(sight, caller, around)]),
  'phones.phone': listed,
  'phones.contact': ownPin,
  'phones.removal': ownPin,
};
/** R60: types the code that the staff have sent. */
const setPin: Errand = { 'resume.offer': answer('2'), 'main.newPinOffer': answer('1'), 'pin-reset.code': codeSent };
/** R41: comes to a phone that is nobody's (any more). */
const signUp: Errand = {
  'signup.language': listed,
  'signup.firstName': nameFor,
  'signup.summary': answer('1'),
};

/** The last code that came by SMS; who has mistyped it once types it again. */
function codeSent(_sight: unknown, { phone }: Caller, { inbox }: Surroundings): string {
  return (
    inbox(phone.msisdn)
      .flatMap((body) => /\b\d{6}\b/.exec(body)?.[0] ?? [])
      .at(-1) ?? '000000'
  );
}

/** Who dials for something, and for what. */
export interface Purpose {
  readonly phone: Phone;
  readonly errand: Errand;
}

/** Somebody for whom an errand makes sense; undefined where there is nobody. */
export function nextErrand({ crowd, called, codesSentTo }: Surroundings, chance: Chance): Purpose | undefined {
  const phonesOf = (fits: (walker: Walker) => boolean) =>
    crowd.phones.filter(({ walkers: [walker] }) => walker !== undefined && fits(walker));
  const codesSent = crowd.phones.filter(({ msisdn }) => codesSentTo.includes(msisdn));
  const told = crowd.phones.filter(({ msisdn, walkers }) => walkers.length > 0 && called.includes(msisdn));
  const [errand, phones] = chance.of<readonly [Errand, readonly Phone[]]>([
    [leave, phonesOf(({ customerId }) => chance.is(0.2) || customerId === undefined)],
    [signUp, crowd.phones.filter(({ walkers }) => walkers.length === 0)],
    [apply, phonesOf(({ role }) => role === 'customer')],
    [complain, told],
    [takeBack, told],
    [changePhones, phonesOf((walker) => crowd.phones.filter(({ walkers }) => walkers.includes(walker)).length > 1)],
    [setPin, codesSent],
    [setPin, codesSent],
  ]);
  return phones.length > 0 ? { phone: chance.of(phones), errand } : undefined;
}
