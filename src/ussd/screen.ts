/**
 * What a menu may use, and all that it may use besides xstate.
 *
 * A tree is one machine; a screen is one state, with a `Screen` as its `meta`; a state without one is tagged `busy` and
 * waits for an actor. Screens say how what was typed is read; back, home, more, paging, languages, duplicates and locks
 * are the runner's, and no menu can get them wrong.
 */
import { fromPromise, type PromiseActorLogic } from 'xstate';
import { assert, formatMoney, isCurrency } from '../platform';
import type { ReaderName } from './readers';
import type { Language, TextKey, Value, Values } from './texts';

export type { ReaderName } from './readers';
export type { Language, TextKey, Value, Values } from './texts';

/** An answer by number. The number is part of the tree, not of the list's order: it never shifts. */
export interface Option {
  readonly no: number;
  readonly pick: string;
  readonly text: TextKey;
  readonly values?: Values;
}

/** Each language by its own name, with a number that is the same wherever one is chosen. */
export const languageOptions: readonly Option[] = [
  { no: 1, pick: 'en', text: 'kit.english' },
  { no: 2, pick: 'sw', text: 'kit.kiswahili' },
  { no: 3, pick: 'fr', text: 'kit.francais' },
  { no: 4, pick: 'am', text: 'kit.amharic' },
];

/** What a customer may show to an agent; the picks are what src/agents keeps. */
const idOptions: readonly Option[] = [
  { no: 1, pick: 'national_id', text: 'kit.nationalId' },
  { no: 2, pick: 'passport', text: 'kit.passport' },
  { no: 3, pick: 'driving_licence', text: 'kit.drivingLicence' },
  { no: 4, pick: 'other', text: 'kit.otherId' },
];

/** A line to read, e.g. of a statement. Pages break between lines, never inside one. */
export interface Line {
  readonly text: TextKey;
  readonly values: Values;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the engine shows screens of every tree; each tree types its own
export interface Screen<C = any> {
  readonly text: TextKey | ((context: C) => TextKey);
  readonly values?: (context: C) => Values;
  readonly options?: (context: C) => readonly Option[];
  readonly lines?: (context: C) => readonly Line[];
  /** How free input is read. Without one, only the options are answers. */
  readonly input?: ReaderName;
  /** The answer is a PIN: inputs that we never saw are not walked past this screen, and nobody resumes past it. */
  readonly secret?: true;
  /** An answer here has an effect outside the dialogue: never walked past. */
  readonly commits?: true;
  /**
   * A last screen that says what became of a payment or another piece of work with an effect: whoever saw it knows.
   * `receipt`: an SMS says so as well. Work that came too late for its screen is told by SMS, but for a receipt.
   */
  readonly tells?: 'outcome' | 'receipt';
  /** The caller must see this one: the walk stops here, and no resume offer comes before it. */
  readonly attention?: (context: C) => boolean;
}

/** What a screen tells its machine. `hopKey` names the hop: whatever may count once a hop is keyed with it. */
export type ScreenEvent =
  | { readonly type: 'PICK'; readonly option: string; readonly hopKey: string }
  | { readonly type: 'ANSWER'; readonly value: string; readonly hopKey: string };

/** What a machine tells the runner beside its state. */
export type Told =
  | { readonly type: 'problem'; readonly text: TextKey; readonly values?: Values }
  | { readonly type: 'fault'; readonly error: unknown }
  | { readonly type: 'language'; readonly language: Language }
  | { readonly type: 'person'; readonly personId: string };

/**
 * What a tree leaves when it ends: another tree to open, the first screen again with the words of the last one above it,
 * or the end of the call.
 */
export type Next =
  | { readonly open: string; readonly input: object }
  | { readonly home: true }
  | { readonly resume: true }
  | { readonly startOver: true }
  | { readonly close: true };

export type Tag = 'busy' | 'commits';

/** The types that every tree's `setup` wants. */
interface TreeTypes<C, I> {
  context: C;
  input: I;
  events: ScreenEvent;
  emitted: Told;
  meta: Screen<C>;
  output: Next;
  tags: Tag;
}

/** `types: treeTypes<Context, Input>()`: for the compiler only. */
export function treeTypes<C, I>(): TreeTypes<C, I> {
  return {} as TreeTypes<C, I>;
}

/** Who is calling, as the first tree found out; every other tree is opened with it. */
export interface Caller {
  readonly customerId: string;
  readonly language: Language;
  readonly currency: string;
  /** The account that they work with now; empty while they hold none: then no tree is offered that would need one. */
  readonly accountId: string;
  readonly accountName: string;
  /** Whether they may take money out of it. The services check it again. */
  readonly mayDebit: boolean;
  /** The phone that they call from, E.164; others may share it. */
  readonly msisdn: string;
  /** Whether there are other providers: a code for their machines and shops is no use without. */
  readonly hasPeers: boolean;
}

/** A PIN that was typed once, as it would be stored: the only form in which a context may remember it until it is typed again. */
export interface HashedPin {
  readonly hash: string;
  readonly pepperId: string;
}
export const noPin: HashedPin = { hash: '', pepperId: '' };

/** A service that the menu needs: declared here by its types, provided by the composition root. */
export function port<Input, Output>(): PromiseActorLogic<Output, Input> {
  return fromPromise<Output, Input>(() => Promise.reject(new Error('this actor was not provided')));
}

/** What an actor throws when the answer is no: the machine goes where its `onError` says, the caller reads why. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    readonly text: TextKey,
    readonly values: Values = {},
  ) {
    super(code);
  }
}

/** True for an `onError` event that carries one of these refusals; without codes, any refusal. */
export function refusedFor(event: unknown, ...codes: string[]): boolean {
  const error = errorOf(event);
  return error instanceof Refusal && (codes.length === 0 || codes.includes(error.code));
}

/** The typed secret and the hop that brought it, for the one actor that needs them. They stay in the event: no context holds them. */
export function secretOf(event: ScreenEvent): { pin: string; hopKey: string } {
  return { pin: event.type === 'ANSWER' ? event.value : '', hopKey: event.hopKey };
}

/** What was typed, for an actor alone: a code or the end of an ID stays in the event as a PIN does. */
export function typedOf(event: ScreenEvent): string {
  return event.type === 'ANSWER' ? event.value : '';
}

/** What was picked, by what the option stands for. */
export function pickedOf(event: ScreenEvent): string {
  return event.type === 'PICK' ? event.option : '';
}

function errorOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'error' in event ? event.error : undefined;
}

/**
 * What every `onError` tells (`actions: { tell: emit(toldOf) }`): why, above the screen that comes next.
 * What is no refusal is a fault: logged, and told as such.
 */
export function toldOf({ event }: { event: unknown }): Told {
  const error = errorOf(event);
  return error instanceof Refusal
    ? { type: 'problem', text: error.text, values: error.values }
    : { type: 'fault', error };
}

/** A road of an `onError`: for these refusals, or for any, on to that state; what was refused is told there. */
interface Road {
  readonly guard: (happened: { event: unknown }) => boolean;
  readonly target: string;
  readonly actions: 'tell';
}

export function refusedTo(target: string, ...codes: string[]): Road {
  return { guard: ({ event }) => refusedFor(event, ...codes), target, actions: 'tell' };
}

/** A PIN that was not accepted is asked for again; a locked one is not. */
export function pinAgain(target: string): Road {
  return refusedTo(target, 'pin_wrong', 'pin_busy');
}

/** A price that no longer holds is asked for anew. */
export function priceGone(target: string): Road {
  return refusedTo(target, 'quote_expired', 'quote_unknown');
}

/** The last roads of what commits: refused, nothing was done; failed, nobody knows yet. Of money, `moneyEnds` says so. */
export const notDone = [refusedTo('refused'), { target: 'unsure', actions: 'tell' }] as const;

/** Where a payment ends that was not made: `unsure` says nothing of money. */
export const moneyEnds = {
  refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
  unsure: { type: 'final', meta: { text: 'kit.nothing' } },
} as const;

interface IdScreens<C> {
  readonly idType: {
    readonly meta: Screen<C>;
    readonly on: { readonly PICK: { readonly target: 'idDigits'; readonly actions: 'keepIdType' } };
  };
  readonly idDigits: { readonly meta: Screen<C>; readonly on: { readonly ANSWER: 'notingId' } };
}

/**
 * What an agent is asked where the market wants an ID to be looked at: which, and the end of its number. The tree keeps the
 * first (`actions: { keepIdType: assign({ idType: ({ event }) => pickedOf(event) }) }`) and has a state `notingId` for both.
 */
export function idScreens<C>(nameOf: (context: C) => string): IdScreens<C> {
  return {
    idType: {
      meta: {
        text: 'kit.idType',
        values: (context) => ({ name: name(nameOf(context)) }),
        options: () => idOptions,
      },
      on: { PICK: { target: 'idDigits', actions: 'keepIdType' } },
    },
    idDigits: { meta: { text: 'kit.idDigits', input: 'idDigits' }, on: { ANSWER: 'notingId' } },
  };
}

/** An amount of minor units (a decimal string: contexts are JSON) as people read it, e.g. `KES 1,000.00`. */
export function money(amountMinor: string, currency: string): string {
  assert(isCurrency(currency), `unknown currency ${currency}`);
  return formatMoney(BigInt(amountMinor), currency);
}

/** A person's name: shortened or romanised where the screen has no room for it. */
export function name(full: string): Value {
  return { name: full };
}
