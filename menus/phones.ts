import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  name,
  type Next,
  notDone,
  type Option,
  pinAgain,
  port,
  secretOf,
  type TextKey,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/** The phones of the caller (R43): where their messages go, and which are theirs no more. Others may come onto this one. */
interface Context {
  caller: Caller;
  phones: readonly OwnPhone[];
  /** The phone that it is about. */
  phone: OwnPhone;
  removed: Removed;
  next: Next;
}
export interface OwnPhone {
  /** E.164. */
  readonly msisdn: string;
  /** Whether the caller's messages go there. */
  readonly isContact: boolean;
}
export interface Removed {
  /** Where messages go now, if that changed; else empty. */
  readonly contact: string;
  /** Whom money sent to the number reaches now, if that changed; else empty. */
  readonly heir: string;
}
export interface PhoneChange {
  readonly customerId: string;
  readonly msisdn: string;
  /** The phone in hand. */
  readonly on: string;
  readonly pin: string;
  readonly hopKey: string;
}

const none: OwnPhone = { msisdn: '', isContact: false };
const unchanged: Removed = { contact: '', heir: '' };

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** The contact phone first. */
    listPhones: port<{ customerId: string }, OwnPhone[]>(),
    /** Refusals: `phone_gone`, `sim_swapped`, `sim_unknown`, `pin_wrong`, `pin_busy`, `pin_locked`. */
    chooseContact: port<PhoneChange, void>(),
    /** Refusals: `phone_gone`, `phone_last`, `sim_swapped`, `sim_unknown`, `pin_wrong`, `pin_busy`, `pin_locked`. */
    removePhone: port<PhoneChange, Removed>(),
  },
  actions: { tell: emit(toldOf) },
});

function itemText({ msisdn, isContact }: OwnPhone, caller: Caller): TextKey {
  if (msisdn === caller.msisdn) return isContact ? 'phones.thisContact' : 'phones.this';
  return isContact ? 'phones.contact' : 'phones.item';
}

function phoneText({ phones, phone }: Context): TextKey {
  if (phones.length === 1) return 'phones.only';
  return phone.isContact ? 'phones.messagesHere' : 'phones.messagesElsewhere';
}

/** The numbers stay, whatever there is to do. */
function phoneOptions({ phones, phone }: Context): Option[] {
  const contact = { no: 1, pick: 'contact', text: 'phones.chooseContact' } as const;
  const remove = { no: 2, pick: 'remove', text: 'phones.remove' } as const;
  return [...(phone.isContact ? [] : [contact]), ...(phones.length > 1 ? [remove] : [])];
}

function removedText({ removed: { contact, heir } }: Context): TextKey {
  if (heir !== '') return contact === '' ? 'phones.removedHeir' : 'phones.removedBoth';
  return contact === '' ? 'phones.removed' : 'phones.removedContact';
}

export const phones = tree.createMachine({
  id: 'phones',
  initial: 'listing',
  context: ({ input }) => ({ caller: input, phones: [], phone: none, removed: unchanged, next: { close: true } }),
  output: ({ context }) => context.next,
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listPhones',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: { target: 'list', actions: assign({ phones: ({ event }) => event.output }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: 'phones.list',
        options: ({ phones: own, caller }) => [
          ...own.map((phone, index) => ({
            no: index + 1,
            pick: phone.msisdn,
            text: itemText(phone, caller),
            values: { msisdn: phone.msisdn },
          })),
          { no: 9, pick: 'another', text: 'phones.another' },
        ],
      },
      on: {
        PICK: [
          {
            guard: ({ event }) => event.option === 'another',
            target: 'leaving',
            actions: assign({
              next: ({ context: { caller } }): Next => ({ open: 'share-phone', input: { msisdn: caller.msisdn } }),
            }),
          },
          {
            target: 'phone',
            actions: assign({
              phone: ({ context, event }) => context.phones.find(({ msisdn }) => msisdn === event.option) ?? none,
            }),
          },
        ],
      },
    },
    leaving: { type: 'final' },
    phone: {
      meta: { text: phoneText, values: ({ phone: { msisdn } }) => ({ msisdn }), options: phoneOptions },
      on: { PICK: [{ guard: ({ event }) => event.option === 'remove', target: 'removal' }, { target: 'contact' }] },
    },
    contact: {
      meta: {
        text: 'phones.confirmContact',
        values: ({ phone: { msisdn } }) => ({ msisdn }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'choosing' },
    },
    choosing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'chooseContact',
        input: ({ context: { caller, phone }, event }) => ({
          ...{ customerId: caller.customerId, msisdn: phone.msisdn, on: caller.msisdn },
          ...secretOf(event),
        }),
        onDone: 'chosen',
        onError: [pinAgain('contact'), ...notDone],
      },
    },
    removal: {
      meta: {
        text: 'phones.confirmRemove',
        values: ({ phone: { msisdn } }) => ({ msisdn }),
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'removing' },
    },
    removing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'removePhone',
        input: ({ context: { caller, phone }, event }) => ({
          ...{ customerId: caller.customerId, msisdn: phone.msisdn, on: caller.msisdn },
          ...secretOf(event),
        }),
        onDone: { target: 'removed', actions: assign({ removed: ({ event }) => event.output }) },
        onError: [pinAgain('removal'), ...notDone],
      },
    },
    chosen: {
      type: 'final',
      meta: { tells: 'receipt', text: 'phones.chosen', values: ({ phone: { msisdn } }) => ({ msisdn }) },
    },
    removed: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: removedText,
        values: ({ phone: { msisdn }, removed: { contact, heir } }) => ({ msisdn, contact, name: name(heir) }),
      },
    },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
