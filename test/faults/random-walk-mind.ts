import type { Screen } from '../../src/ussd';
import type { Chance } from '../support/random';
import { crowdPin, type Crowd, type Phone, type Walker } from './random-walk-people';

/** What a person has before them. */
export interface Sight {
  /** `send-money.amount` */
  readonly state: string;
  readonly text: string;
  /** What the screen asks for; undefined where the gateway named no state of a tree. */
  readonly screen: Screen | undefined;
}

/** A person in a call: who it seems to be, and what they have typed of themselves so far. */
export interface Caller {
  readonly phone: Phone;
  walker: Walker | undefined;
  /** What they dial for; undefined: whatever comes to their minds. */
  readonly errand?: Errand;
  /** What a stranger says, and what the new PIN will be. */
  readonly draft: { firstName?: string; lastName?: string; nationalId?: string; newPin?: string; other?: string };
}

/** What they know beside that. */
export interface Surroundings {
  readonly crowd: Crowd;
  readonly inbox: (msisdn: string) => readonly string[];
  /** Phones that were sent something lately. */
  readonly called: readonly string[];
  readonly chance: Chance;
  /** Codes and user numbers that somebody was shown or sent, the newest last. */
  readonly codes: string[];
  /** Phones whose people were sent a code for a new PIN lately. */
  readonly codesSentTo: string[];
  /** Numbers of shops and open invoices, as they stand on walls and counters. */
  wall: readonly string[];
  /** How often each answer was picked on each screen: what was seen less is tried more. */
  readonly picked: Map<string, number>;
}

/** What somebody who knows what they want answers, by the screen; on any other they do as they like. */
export type Errand = Readonly<Record<string, Answer>>;
export type Answer = (sight: Sight, caller: Caller, around: Surroundings) => string;

const onPurpose = 0.93;
const nonsense = ['abc', '', '*', '#', '00', '-1', '1 ', ' 2', '1*2', '999', 'naam ndiyo', 'ስም', '😀', 'x'.repeat(170)];

/** What is typed: mostly an answer that makes sense there, sometimes one that leads away, sometimes none. */
export function typeFor(sight: Sight, caller: Caller, around: Surroundings): string {
  const meant = caller.errand?.[sight.state];
  return meant && around.chance.is(onPurpose) ? meant(sight, caller, around) : whatComesToMind(sight, caller, around);
}

function whatComesToMind(sight: Sight, caller: Caller, around: Surroundings): string {
  const { chance } = around;
  if (chance.is(0.03)) return chance.of(nonsense);
  if (chance.is(0.05)) return chance.of(['0', '0', '97', '99', '98']);
  const { screen } = sight;
  const options = optionsOf(sight.text);
  if (screen?.secret) return chance.is(0.15) ? '0' : secretFor(sight, caller, around);
  if (options.length > 0 && (!screen?.input || chance.is(0.5))) return pick(sight, options, around);
  if (screen?.input) return answerTo(screen.input, sight, caller, around);
  return chance.of(['0', '97', '99', '1']);
}

interface Shown {
  readonly no: string;
  readonly label: string;
}

/** The options, as whoever reads the screen finds them: a number, and words behind it. Keys of navigation are none. */
export function optionsOf(text: string): Shown[] {
  return text.split('\n').flatMap((line) => {
    const [, no, label] = /^(\d{1,2})[ .:]+(\S.*)$/.exec(line) ?? [];
    return no === undefined || label === undefined || ['0', '97', '99'].includes(no) ? [] : [{ no, label }];
  });
}

export function pick({ state }: Sight, options: readonly Shown[], { chance, picked }: Surroundings): string {
  const key = ({ no }: Shown) => `${state} ${no}`;
  const weights = options.map((option) => 1 / (1 + (picked.get(key(option)) ?? 0)) ** 0.6);
  let drawn = (chance.below(1_000_000) / 1_000_000) * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (drawn -= weight) <= 0);
  const chosen = options[Math.max(0, index)];
  if (!chosen) return '1';
  picked.set(key(chosen), (picked.get(key(chosen)) ?? 0) + 1);
  return chosen.no;
}

/** Closing a profile is for whoever wants to: by chance alone too many would leave. */
const isForGood = (state: string): boolean => /close/i.test(state);

function secretFor({ state, screen }: Sight, caller: Caller, { chance, crowd }: Surroundings): string {
  const { walker, draft } = caller;
  const remember = (pin: string): string => {
    if (pin.length === 6) crowd.typedPins.add(pin);
    return pin;
  };
  if (isForGood(state) && chance.is(0.8)) return '0';
  if (chance.is(0.04)) return chance.of(['12', 'pin', '1234567', '']);
  if (screen?.input === 'newPin') {
    draft.newPin = crowdPin(chance);
    return chance.is(0.05) ? chance.of(['1234', '1111', '654321']) : remember(draft.newPin);
  }
  if (/again|repeat|confirmNew/i.test(state)) return remember(chance.is(0.9) ? (draft.newPin ?? '') : crowdPin(chance));
  if (!walker || chance.is(0.05)) return remember(crowdPin(chance));
  return walker.pin;
}

const firstNames = ['Neema', 'Óscar', 'Lulú', 'አበበ', 'Jean-Luc', "O'Neil"];

/** By what the screen reads. */
const answers: Readonly<Record<string, Answer>> = {
  amount: (_sight, _caller, { chance }) => amountFor(chance),
  msisdn: numberFor,
  person: numberFor,
  payee: (sight, caller, around) => (around.chance.is(0.03) ? 'bob@dfsp1.com' : numberFor(sight, caller, around)),
  personName: nameFor,
  birthDate: (_sight, _caller, { chance }) =>
    chance.is(0.9) ? '31011990' : chance.of(['32011990', '01012030', '1990']),
  nationalId: (_sight, { draft }, { chance }) => {
    draft.nationalId = chance.is(0.9) ? `WALK${chance.digits(7)}` : 'SANDBOX0001';
    return chance.is(0.05) ? '??' : draft.nationalId;
  },
  shopNumber: (_sight, caller, around) =>
    around.wall.length > 0 && around.chance.is(0.8) ? around.chance.of(around.wall) : codeFor(caller, around),
  operatorNo: (_sight, _caller, { chance }) => chance.of(['1', '2', '3', '96', '97']),
  idDigits: (_sight, caller, around) => (around.chance.is(0.1) ? '12' : idDigitsFor(caller, around)),
};

/** What nobody has taught them to answer is taken for words or for digits. */
function answerTo(input: string, sight: Sight, caller: Caller, around: Surroundings): string {
  const answer = answers[input];
  if (answer) return answer(sight, caller, around);
  return /name|label|text|words|item|note/i.test(input) ? around.chance.of(things) : codeFor(caller, around);
}

/** Small ones mostly, so that money lasts; none with as many digits as a PIN of the crowd, so that a PIN is one. */
function amountFor(chance: Chance): string {
  const draw = chance.below(100);
  if (draw < 55) return String(1 + chance.below(120));
  if (draw < 65) return `${1 + chance.below(90)}.${chance.digits(2)}`;
  if (draw < 85) return String(100 + chance.below(800));
  if (draw < 92) return chance.of(['1000', '1500', '2000', '3000', '3001', '5000', '9999.99']);
  return chance.of(['0', '-5', '1.234', '25000', '900000', '99999999999', '0.01', 'elfu', '1,000']);
}

/** Of somebody else mostly, by phone or by user number as it was last seen; sometimes one's own, or nobody's. */
function numberFor(sight: Sight, { phone, draft }: Caller, around: Surroundings): string {
  const { chance, codes } = around;
  const draw = chance.below(100);
  if (draw < 3) return phone.msisdn;
  if (draw < 6) return `0733${chance.digits(6)}`;
  if (draw < 8) return chance.of(['12', 'mama', '10000017', '0712']);
  const userNumbers = codes.filter((code) => code.length === 8);
  if (draw < 18 && userNumbers.length > 0) return chance.of(userNumbers);
  if (draw < 22) return chance.of(['10000016', '10000024', '10000057', '10000099']);
  const { msisdn } = chance.of(whoIsMeant(sight, around));
  draft.other = msisdn;
  return draw < 60 ? msisdn : `0${msisdn.slice(4)}`;
}

/** Screens that ask for an agent or a merchant mostly get one; those that ask for a code's owner, who was sent one. */
function whoIsMeant({ state }: Sight, { crowd: { phones }, called, chance }: Surroundings): readonly Phone[] {
  const role = roleAsked(state);
  const those = phones.filter(({ walkers: [walker], msisdn }) =>
    role === 'told' ? called.includes(msisdn) : walker?.role === role,
  );
  return those.length > 0 && chance.is(0.8) ? those : phones;
}

function roleAsked(state: string): 'told' | 'agent' | 'merchant' | 'customer' {
  if (/code/i.test(state)) return 'told';
  if (/float|withdraw|agent/i.test(state)) return 'agent';
  return /merchant|till|pay|shop/i.test(state) ? 'merchant' : 'customer';
}

export function nameFor({ state }: Sight, { draft }: Caller, { chance }: Surroundings): string {
  if (chance.is(0.05)) return chance.of(['123', '!', 'x'.repeat(40)]);
  const name = `${chance.of(firstNames)}${'abcdefghij'.charAt(chance.below(10))}${'klmnopqrst'.charAt(chance.below(10))}`;
  if (/lastName/i.test(state)) draft.lastName = name;
  else draft.firstName = name;
  return name;
}

const things = [
  'Shop',
  'Maize 5kg',
  'Duka la Juma',
  'Rent',
  'School fees 2026',
  'ሱቅ',
  'Main',
  '!!',
  'x'.repeat(40),
  '',
];

/** The end of an ID's number, as the other person shows it. */
function idDigitsFor({ draft }: Caller, { crowd }: Surroundings): string {
  const other = crowd.phones.find(({ msisdn }) => msisdn === draft.other);
  return (other?.walkers[0]?.nationalId ?? 'CROWD0001').slice(-4);
}

/** A code or digits: what the other person was sent, or oneself; else what somebody was shown, else a guess. */
function codeFor({ phone, draft }: Caller, { chance, inbox, codes, crowd }: Surroundings): string {
  const other = crowd.phones.find(({ msisdn }) => msisdn === draft.other);
  const sent = (msisdn: string) => inbox(msisdn).slice(-4).flatMap(codesIn);
  const likely = [...(other ? sent(other.msisdn).slice(-2) : []), ...sent(phone.msisdn).slice(-2)];
  const draw = chance.below(100);
  if (draw < 70 && likely.length > 0) return chance.of(likely);
  if (draw < 85 && codes.length > 0) return chance.of(codes.slice(-12));
  return chance.of([chance.digits(4), chance.digits(6), chance.digits(8), '1', '2', '7']);
}

/** What looks like a code: digits that stand alone. Numbers of phones are longer. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/(?<![\d.,+/:-])\d{4,8}(?![\d,*/:-]|\.\d)/g)].map(([code]) => code);
}
