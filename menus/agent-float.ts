import { assign, emit, setup } from 'xstate';
import { type Caller, money, name, pinAgain, port, refusedTo, secretOf, toldOf, treeTypes } from '../src/ussd/screen';

/** Float between an agent and the super-agent: sent either way, asked for, and given or refused. */
interface Context {
  caller: Caller;
  other: FloatPeer;
  requests: readonly FloatRequest[];
  requestId: string;
  quote: FloatQuote;
  reference: string;
}
export interface FloatPeer {
  /** A user number or a phone number. */
  readonly number: string;
  readonly name: string;
}
export interface FloatRequest {
  readonly requestId: string;
  readonly name: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
}
export interface FloatQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
}

const nobody: FloatPeer = { number: '', name: '' };
const noQuote: FloatQuote = { quoteId: '', amountMinor: '0', feeMinor: '0' };

interface Who {
  customerId: string;
  accountId: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Refusals: `float_unrelated`, `payee_unknown`, `payee_not_agent`, `not_allowed`, … */
    lookupPeer: port<Who & { number: string }, FloatPeer>(),
    /** Refusals: as `lookupPeer`. */
    quote: port<Who & { number: string; amountMinor: string }, FloatQuote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, `request_gone`, … */
    submit: port<{ customerId: string; quoteId: string; pin: string; hopKey: string }, { reference: string }>(),
    /** Refusals: `super_missing`, `not_allowed`. */
    superAgent: port<Who, { requestId: string; name: string }>(),
    /** Refusals: `float_asked`, `super_missing`. */
    ask: port<Who & { requestId: string; amountMinor: string }, void>(),
    requests: port<Who, FloatRequest[]>(),
    /** Refusals: `request_gone`, `not_allowed`. */
    quoteRequest: port<Who & { requestId: string }, FloatQuote>(),
    /** Refusals: `request_gone`. */
    refuse: port<Who & { requestId: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

function whoOf({ caller: { customerId, accountId } }: Context): Who {
  return { customerId, accountId };
}

function confirmValues({ other, quote, caller: { currency } }: Context) {
  const { amountMinor, feeMinor } = quote;
  return { name: name(other.name), amount: money(amountMinor, currency), fee: money(feeMinor, currency) };
}

export const agentFloat = tree.createMachine({
  id: 'agent-float',
  initial: 'menu',
  context: ({ input }) => ({
    ...{ caller: input, other: nobody, requests: [], requestId: '', quote: noQuote, reference: '' },
  }),
  states: {
    menu: {
      meta: {
        text: 'agent-float.menu',
        options: () => [
          { no: 1, pick: 'send', text: 'agent-float.send' },
          { no: 2, pick: 'ask', text: 'agent-float.ask' },
          { no: 3, pick: 'requests', text: 'agent-float.requests' },
        ],
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'ask', target: 'readingSuper' },
          { guard: ({ event }) => event.option === 'requests', target: 'listing' },
          { target: 'peer' },
        ],
      },
    },
    peer: {
      meta: { text: 'agent-float.peer', input: 'person' },
      on: {
        ANSWER: {
          target: 'lookingUp',
          actions: assign({ other: ({ event }) => ({ number: event.value, name: '' }) }),
        },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupPeer',
        input: ({ context }) => ({ ...whoOf(context), number: context.other.number }),
        onDone: { target: 'amount', actions: assign({ other: ({ event }) => event.output }) },
        onError: { target: 'peer', actions: 'tell' },
      },
    },
    amount: {
      meta: {
        text: 'agent-float.amount',
        values: ({ other, caller }) => ({ name: name(other.name), currency: caller.currency }),
        input: 'amount',
      },
      on: {
        ANSWER: {
          target: 'quoting',
          actions: assign({ quote: ({ event }) => ({ ...noQuote, amountMinor: event.value }) }),
        },
      },
    },
    quoting: {
      tags: 'busy',
      invoke: {
        src: 'quote',
        input: ({ context }) => ({
          ...whoOf(context),
          number: context.other.number,
          amountMinor: context.quote.amountMinor,
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'amount', actions: 'tell' },
      },
    },
    confirm: {
      meta: { text: 'agent-float.confirm', values: confirmValues, input: 'pin', secret: true, commits: true },
      on: { ANSWER: 'submitting' },
    },
    submitting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'submit',
        input: ({ context: { caller, quote }, event }) => ({
          customerId: caller.customerId,
          quoteId: quote.quoteId,
          ...secretOf(event),
        }),
        onDone: { target: 'sent', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('confirm'), refusedTo('refused'), { target: 'ended', actions: 'tell' }],
      },
    },
    readingSuper: {
      tags: 'busy',
      invoke: {
        src: 'superAgent',
        input: ({ context }) => whoOf(context),
        onDone: {
          target: 'askAmount',
          actions: assign({
            requestId: ({ event }) => event.output.requestId,
            other: ({ event }) => ({ number: '', name: event.output.name }),
          }),
        },
        onError: { target: 'menu', actions: 'tell' },
      },
    },
    askAmount: {
      meta: {
        text: 'agent-float.askAmount',
        values: ({ other, caller }) => ({ name: name(other.name), currency: caller.currency }),
        input: 'amount',
        commits: true,
      },
      on: {
        ANSWER: {
          target: 'asking',
          actions: assign({ quote: ({ event }) => ({ ...noQuote, amountMinor: event.value }) }),
        },
      },
    },
    asking: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'ask',
        input: ({ context }) => ({
          ...whoOf(context),
          requestId: context.requestId,
          amountMinor: context.quote.amountMinor,
        }),
        onDone: 'asked',
        onError: { target: 'ended', actions: 'tell' },
      },
    },
    asked: { type: 'final', meta: { tells: 'outcome', text: 'agent-float.asked', values: confirmValues } },
    listing: {
      tags: 'busy',
      invoke: {
        src: 'requests',
        input: ({ context }) => whoOf(context),
        onDone: { target: 'list', actions: assign({ requests: ({ event }) => event.output }) },
        onError: { target: 'ended', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: ({ requests }) => (requests.length > 0 ? 'agent-float.list' : 'agent-float.listEmpty'),
        options: ({ requests, caller: { currency } }) =>
          requests.map((request, index) => ({
            no: index + 1,
            pick: request.requestId,
            text: 'agent-float.item',
            values: { name: name(request.name), amount: money(request.amountMinor, currency) },
          })),
      },
      on: {
        PICK: {
          target: 'quotingRequest',
          actions: assign({
            requestId: ({ event }) => event.option,
            other: ({ context, event }) => ({
              number: '',
              name: context.requests.find(({ requestId }) => requestId === event.option)?.name ?? '',
            }),
          }),
        },
      },
    },
    quotingRequest: {
      tags: 'busy',
      invoke: {
        src: 'quoteRequest',
        input: ({ context }) => ({ ...whoOf(context), requestId: context.requestId }),
        onDone: { target: 'decide', actions: assign({ quote: ({ event }) => event.output }) },
        onError: { target: 'menu', actions: 'tell' },
      },
    },
    decide: {
      meta: {
        text: 'agent-float.decide',
        values: confirmValues,
        options: () => [{ no: 1, pick: 'refuse', text: 'agent-float.refuse' }],
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'giving', PICK: 'refusing' },
    },
    giving: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'submit',
        input: ({ context: { caller, quote }, event }) => ({
          customerId: caller.customerId,
          quoteId: quote.quoteId,
          ...secretOf(event),
        }),
        onDone: { target: 'sent', actions: assign({ reference: ({ event }) => event.output.reference }) },
        onError: [pinAgain('decide'), refusedTo('refused'), { target: 'ended', actions: 'tell' }],
      },
    },
    refusing: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'refuse',
        input: ({ context }) => ({ ...whoOf(context), requestId: context.requestId }),
        onDone: 'requestRefused',
        onError: { target: 'ended', actions: 'tell' },
      },
    },
    sent: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'agent-float.sent',
        values: (context) => ({ ...confirmValues(context), reference: context.reference }),
      },
    },
    requestRefused: { type: 'final', meta: { tells: 'outcome', text: 'agent-float.requestRefused' } },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    ended: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
