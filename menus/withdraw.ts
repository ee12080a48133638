import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  moneyEnds,
  name,
  notDone,
  type Option,
  pinAgain,
  port,
  priceGone,
  refusedTo,
  secretOf,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/**
 * A customer takes cash out at an agent: at once, or with a code that holds the money until the agent types it, or until it is
 * typed at an ATM. The code comes by SMS only; here stands where it may be used, and until when.
 */
interface Context {
  caller: Caller;
  /** For a code, or at once. */
  held: boolean;
  code: HeldCode;
  agent: WithdrawAgent;
  quote: WithdrawQuote;
  reference: string;
}
/** A code that waits; `paymentId` is empty where there is none. */
export interface HeldCode {
  readonly paymentId: string;
  readonly atAtm: boolean;
  readonly agentName: string;
  /** Where the agent is; empty: here. */
  readonly provider: string;
  /** Minor units as a decimal string. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  /** Until when, as people read it. */
  readonly until: string;
}
export interface WithdrawAgent {
  /** Any ATM: there is nobody. */
  readonly atAtm: boolean;
  /** A user number or a phone number. */
  readonly number: string;
  readonly name: string;
  /** Empty: an agent here. */
  readonly provider: string;
}
export interface WithdrawQuote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}

const noCode: HeldCode = {
  ...{ paymentId: '', atAtm: false, agentName: '', provider: '', amountMinor: '0', feeMinor: '0', until: '' },
};
const nobody: WithdrawAgent = { atAtm: false, number: '', name: '', provider: '' };
const noQuote: WithdrawQuote = { quoteId: '', amountMinor: '0', feeMinor: '0', totalMinor: '0' };

interface Lookup {
  customerId: string;
  accountId: string;
  number: string;
}

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    heldCode: port<{ customerId: string }, HeldCode | undefined>(),
    /** Refusals: `payee_unknown`, `payee_self`, `payee_not_agent`, `agent_elsewhere`, `not_allowed`, `scheme_away`. */
    lookupAgent: port<Lookup & { held: boolean }, WithdrawAgent>(),
    /** Refusals: `id_needed`, `code_open`, `payee_not_agent`, `atm_too_much`, `not_allowed`, … */
    quote: port<
      Lookup & Pick<WithdrawAgent, 'atAtm' | 'provider'> & { amountMinor: string; held: boolean },
      WithdrawQuote
    >(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `quote_expired`, `funds_insufficient`, `code_open`, … */
    submit: port<
      { customerId: string; quoteId: string; pin: string; hopKey: string },
      { reference: string; until: string }
    >(),
    /** Refusals: `request_gone`. */
    cancel: port<{ customerId: string; paymentId: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

const ways: readonly Option[] = [
  { no: 1, pick: 'now', text: 'withdraw.now' },
  { no: 2, pick: 'code', text: 'withdraw.getCode' },
];
const waiting: Option = { no: 3, pick: 'held', text: 'withdraw.heldCode' };
const atm: Option = { no: 1, pick: 'atm', text: 'withdraw.atm' };

function lookupOf({ caller: { customerId, accountId }, agent: { number } }: Context): Lookup {
  return { customerId, accountId, number };
}

/** ATMs are other providers'. */
function mayBeAtm({ held, caller }: Context): boolean {
  return held && caller.hasPeers;
}

export const withdraw = tree.createMachine({
  id: 'withdraw',
  initial: 'looking',
  context: ({ input }) => ({
    ...{ caller: input, held: false, code: noCode, agent: nobody, quote: noQuote, reference: '' },
  }),
  states: {
    looking: {
      tags: 'busy',
      invoke: {
        src: 'heldCode',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: { target: 'menu', actions: assign({ code: ({ event }) => event.output ?? noCode }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    menu: {
      meta: {
        text: 'withdraw.menu',
        options: ({ code }) => (code.paymentId === '' ? ways : [...ways, waiting]),
      },
      on: {
        PICK: [
          { guard: ({ event }) => event.option === 'held', target: 'heldCode' },
          { target: 'agent', actions: assign({ held: ({ event }) => event.option === 'code' }) },
        ],
      },
    },
    agent: {
      meta: {
        text: (context) => (mayBeAtm(context) ? 'withdraw.agentOr' : 'withdraw.agent'),
        options: (context) => (mayBeAtm(context) ? [atm] : []),
        input: 'person',
      },
      on: {
        PICK: { target: 'amount', actions: assign({ agent: { ...nobody, atAtm: true } }) },
        ANSWER: {
          target: 'lookingUp',
          actions: assign({ agent: ({ event }) => ({ ...nobody, number: event.value }) }),
        },
      },
    },
    lookingUp: {
      tags: 'busy',
      invoke: {
        src: 'lookupAgent',
        input: ({ context }) => ({ ...lookupOf(context), held: context.held }),
        onDone: { target: 'amount', actions: assign({ agent: ({ event }) => event.output }) },
        onError: [refusedTo('menu', 'agent_elsewhere'), { target: 'agent', actions: 'tell' }],
      },
    },
    amount: {
      meta: {
        text: ({ agent }) => {
          if (agent.atAtm) return 'withdraw.amountAtm';
          return agent.provider === '' ? 'withdraw.amount' : 'withdraw.amountElsewhere';
        },
        values: ({ agent, caller }) => ({
          name: name(agent.name),
          provider: name(agent.provider),
          currency: caller.currency,
        }),
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
          ...lookupOf(context),
          atAtm: context.agent.atAtm,
          provider: context.agent.provider,
          amountMinor: context.quote.amountMinor,
          held: context.held,
        }),
        onDone: { target: 'confirm', actions: assign({ quote: ({ event }) => event.output }) },
        onError: [refusedTo('menu', 'code_open', 'id_needed'), { target: 'amount', actions: 'tell' }],
      },
    },
    confirm: {
      meta: {
        text: ({ agent, held }) => {
          if (agent.atAtm) return 'withdraw.confirmAtm';
          return held ? 'withdraw.confirmCode' : 'withdraw.confirm';
        },
        values: ({ agent, quote, caller: { currency } }) => ({
          name: name(agent.name),
          amount: money(quote.amountMinor, currency),
          fee: money(quote.feeMinor, currency),
          total: money(quote.totalMinor, currency),
        }),
        input: 'pin',
        secret: true,
        commits: true,
      },
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
        onDone: [
          {
            guard: ({ context }) => context.held,
            target: 'codeSent',
            actions: assign({
              reference: ({ event }) => event.output.reference,
              code: ({ context, event }) => ({ ...context.code, until: event.output.until }),
            }),
          },
          { target: 'done', actions: assign({ reference: ({ event }) => event.output.reference }) },
        ],
        onError: [pinAgain('confirm'), priceGone('amount'), ...notDone],
      },
    },
    done: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: 'withdraw.done',
        values: ({ agent, quote, reference, caller: { currency } }) => ({
          name: name(agent.name),
          amount: money(quote.amountMinor, currency),
          fee: money(quote.feeMinor, currency),
          reference,
        }),
      },
    },
    codeSent: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: ({ agent }) => (agent.atAtm ? 'withdraw.codeSentAtm' : 'withdraw.codeSent'),
        values: ({ agent, quote, code, reference, caller: { currency } }) => ({
          name: name(agent.name),
          amount: money(quote.amountMinor, currency),
          date: code.until,
          reference,
        }),
      },
    },
    heldCode: {
      meta: {
        text: ({ code }) => {
          if (code.atAtm) return 'withdraw.heldAtm';
          return code.provider === '' ? 'withdraw.held' : 'withdraw.heldElsewhere';
        },
        values: ({ code, caller: { currency } }) => ({
          name: name(code.agentName),
          provider: name(code.provider),
          amount: money(code.amountMinor, currency),
          fee: money(code.feeMinor, currency),
          date: code.until,
        }),
        options: () => [{ no: 1, pick: 'cancel', text: 'withdraw.cancel' }],
        commits: true,
      },
      on: { PICK: 'cancelling' },
    },
    cancelling: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'cancel',
        input: ({ context: { caller, code }, event }) => ({
          customerId: caller.customerId,
          paymentId: code.paymentId,
          hopKey: event.hopKey,
        }),
        onDone: 'cancelled',
        onError: [refusedTo('gone'), { target: 'unsure', actions: 'tell' }],
      },
    },
    cancelled: { type: 'final', meta: { tells: 'outcome', text: 'withdraw.cancelled' } },
    // Paid out or over before: what moved then is not said here.
    gone: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    ...moneyEnds,
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
