import { assign, emit, setup } from 'xstate';
import {
  type Caller,
  money,
  name,
  type Next,
  notDone,
  pinAgain,
  port,
  refusedFor,
  refusedTo,
  secretOf,
  type TextKey,
  toldOf,
  treeTypes,
} from '../src/ussd/screen';

/**
 * What waits for the caller's own decision, of agents (cash-outs, whose money is held already) and of shops (invoices,
 * whose money is not): one list, the oldest first, and for both the same steps: which, the PIN or a refusal (R129). For
 * an invoice the account is chosen in between, where the caller may take from several (R127). What somebody calls sent
 * by mistake (B13), and a phone that asks to be the caller's (Q6), are asked about in trees of their own.
 */
interface Context {
  caller: Caller;
  requests: readonly PendingRequest[];
  request: PendingRequest;
  accounts: readonly PayingAccount[];
  accountId: string;
  quoteId: string;
  reference: string;
  next: Next;
}
export interface PendingRequest {
  readonly kind: 'cash_out' | 'invoice' | 'claim' | 'phone';
  /** Of the payment, of the invoice, of the case, or of what the phone asks. */
  readonly id: string;
  /** Whoever asks; of a phone its number. */
  readonly name: string;
  /** What it is for; empty where nothing was said. */
  readonly note: string;
  /** The provider of whoever asks; empty: this one. */
  readonly provider: string;
  /** Paid by the caller, and the other provider has not said yet. */
  readonly underway: boolean;
  /**
   * Minor units as decimal strings. An invoice's fee depends on the account, and is known once that is chosen. Of a
   * claim the total is what is on hold.
   */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}
export interface PayingAccount {
  readonly accountId: string;
  readonly name: string;
}
export interface Quote {
  readonly quoteId: string;
  /** Minor units as decimal strings. */
  readonly amountMinor: string;
  readonly feeMinor: string;
  readonly totalMinor: string;
}
/** `underway`: the other provider has not said yet. */
interface Approved {
  readonly reference: string;
  readonly underway: boolean;
}
type Kind = Exclude<PendingRequest['kind'], 'claim' | 'phone'>;
const kindOf = ({ kind }: PendingRequest): Kind => (kind === 'invoice' ? 'invoice' : 'cash_out');

const itemTexts = {
  cash_out: 'pending.item',
  invoice: 'pending.item',
  claim: 'pending.claim',
  phone: 'pending.phone',
} as const satisfies Record<PendingRequest['kind'], TextKey>;

function itemText({ kind, provider, underway }: PendingRequest): TextKey {
  if (underway) return 'pending.itemUnderway';
  return provider === '' ? itemTexts[kind] : 'pending.itemElsewhere';
}

const nothing: PendingRequest = {
  ...{ kind: 'invoice', id: '', name: '', note: '', provider: '', underway: false },
  ...{ amountMinor: '0', feeMinor: '0', totalMinor: '0' },
};

const tree = setup({
  types: treeTypes<Context, Caller>(),
  actors: {
    /** Open requests, oldest first. */
    listPending: port<{ customerId: string }, PendingRequest[]>(),
    /** One by its code, as an SMS told it. Refusals: `invoice_gone`. */
    findInvoice: port<{ customerId: string; code: string }, PendingRequest>(),
    /** The accounts that the caller may pay from, the one that they work with first. */
    payingAccounts: port<{ customerId: string; accountId: string }, PayingAccount[]>(),
    /** Refusals: `invoice_gone`, `limit_reached`, `not_signatory`, … */
    quote: port<{ customerId: string; accountId: string; invoiceId: string }, Quote>(),
    /** Refusals: `pin_wrong`, `pin_busy`, `pin_locked`, `request_gone`, `invoice_gone`, `funds_insufficient`, `not_delivered`, … */
    approve: port<
      { kind: Kind; customerId: string; id: string; quoteId: string; pin: string; hopKey: string },
      Approved
    >(),
    /** Refusals: `request_gone`, `invoice_gone`. */
    reject: port<{ kind: Kind; customerId: string; id: string; hopKey: string }, void>(),
  },
  actions: { tell: emit(toldOf) },
});

const isInvoice = ({ context }: { context: Context }): boolean => context.request.kind === 'invoice';

function shown({ request, reference, caller: { currency } }: Context) {
  return {
    name: name(request.name),
    note: name(request.note),
    amount: money(request.amountMinor, currency),
    fee: money(request.feeMinor, currency),
    total: money(request.totalMinor, currency),
    reference,
  };
}

function picked({ requests }: Context, id: string): PendingRequest {
  return requests.find((request) => request.id === id) ?? nothing;
}

/** Where it is asked about, if not here. */
function treeOf(
  { caller }: Context,
  { kind, id, name: who, amountMinor, totalMinor }: PendingRequest,
): Next | undefined {
  if (kind === 'claim')
    return {
      open: 'claim',
      input: { ...caller, claim: { caseId: id, name: who, amountMinor, heldMinor: totalMinor } },
    };
  if (kind === 'phone') return { open: 'phone-request', input: { ...caller, request: { requestId: id, msisdn: who } } };
  return undefined;
}

function decideText({ request: { kind, note } }: Context): TextKey {
  if (kind === 'cash_out') return 'pending.approve';
  return note === '' ? 'pending.pay' : 'pending.payFor';
}

export const pending = tree.createMachine({
  id: 'pending',
  initial: 'listing',
  context: ({ input }) => ({
    caller: input,
    requests: [],
    request: nothing,
    accounts: [],
    accountId: '',
    quoteId: '',
    reference: '',
    next: { close: true },
  }),
  output: ({ context }) => context.next,
  states: {
    listing: {
      tags: 'busy',
      invoke: {
        src: 'listPending',
        input: ({ context }) => ({ customerId: context.caller.customerId }),
        onDone: { target: 'list', actions: assign({ requests: ({ event }) => event.output }) },
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    list: {
      meta: {
        text: ({ requests }) => (requests.length > 0 ? 'pending.list' : 'pending.empty'),
        options: ({ requests, caller: { currency } }) =>
          requests.map((request, index) => ({
            no: index + 1,
            pick: request.id,
            text: itemText(request),
            values: {
              name: name(request.name),
              provider: name(request.provider),
              amount: money(request.amountMinor, currency),
              held: money(request.totalMinor, currency),
              msisdn: request.name,
            },
          })),
        input: 'invoiceCode',
      },
      on: {
        PICK: [
          {
            guard: ({ context, event }) => treeOf(context, picked(context, event.option)) !== undefined,
            target: 'leaving',
            actions: assign({
              next: ({ context, event }) => treeOf(context, picked(context, event.option)) ?? context.next,
            }),
          },
          {
            target: 'chosen',
            actions: assign({ request: ({ context, event }) => picked(context, event.option) }),
          },
        ],
        ANSWER: { target: 'finding', actions: assign({ request: ({ event }) => ({ ...nothing, id: event.value }) }) },
      },
    },
    leaving: { type: 'final' },
    finding: {
      tags: 'busy',
      invoke: {
        src: 'findInvoice',
        input: ({ context: { caller, request } }) => ({ customerId: caller.customerId, code: request.id }),
        onDone: { target: 'chosen', actions: assign({ request: ({ event }) => event.output }) },
        onError: { target: 'listing', actions: 'tell' },
      },
    },
    chosen: {
      tags: 'busy',
      invoke: {
        src: 'payingAccounts',
        input: ({ context: { caller } }) => ({ customerId: caller.customerId, accountId: caller.accountId }),
        onDone: [
          { guard: ({ context }) => context.request.underway, target: 'beingPaid' },
          { guard: ({ context }) => !isInvoice({ context }), target: 'decide' },
          {
            guard: ({ event }) => event.output.length > 1,
            target: 'account',
            actions: assign({ accounts: ({ event }) => event.output }),
          },
          {
            target: 'quoting',
            actions: assign({
              accountId: ({ context, event }) => event.output[0]?.accountId ?? context.caller.accountId,
            }),
          },
        ],
        onError: { target: 'unavailable', actions: 'tell' },
      },
    },
    account: {
      meta: {
        text: 'pending.account',
        values: shown,
        options: ({ accounts }) =>
          accounts.map((account, index) => ({
            no: index + 1,
            pick: account.accountId,
            text: 'pending.accountItem',
            values: { name: name(account.name) },
          })),
      },
      on: { PICK: { target: 'quoting', actions: assign({ accountId: ({ event }) => event.option }) } },
    },
    quoting: {
      tags: 'busy',
      invoke: {
        src: 'quote',
        input: ({ context: { caller, accountId, request } }) => ({
          customerId: caller.customerId,
          accountId,
          invoiceId: request.id,
        }),
        onDone: {
          target: 'decide',
          actions: assign({
            quoteId: ({ event }) => event.output.quoteId,
            request: ({ context, event: { output } }) => ({
              ...context.request,
              feeMinor: output.feeMinor,
              totalMinor: output.totalMinor,
            }),
          }),
        },
        onError: [refusedTo('listing', 'invoice_gone'), { target: 'unpayable', actions: 'tell' }],
      },
    },
    // What can't be paid can still be refused.
    unpayable: {
      meta: {
        text: 'pending.unpayable',
        values: shown,
        options: () => [{ no: 1, pick: 'reject', text: 'pending.reject' }],
        commits: true,
      },
      on: { PICK: 'rejecting' },
    },
    decide: {
      meta: {
        text: decideText,
        values: shown,
        options: () => [{ no: 1, pick: 'reject', text: 'pending.reject' }],
        input: 'pin',
        secret: true,
        commits: true,
      },
      on: { ANSWER: 'approving', PICK: 'rejecting' },
    },
    approving: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'approve',
        input: ({ context: { caller, request, quoteId }, event }) => ({
          kind: kindOf(request),
          customerId: caller.customerId,
          id: request.id,
          quoteId,
          ...secretOf(event),
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.underway,
            target: 'underway',
            actions: assign({ reference: ({ event }) => event.output.reference }),
          },
          { target: 'approved', actions: assign({ reference: ({ event }) => event.output.reference }) },
        ],
        onError: [
          pinAgain('decide'),
          refusedTo('gone', 'request_gone', 'invoice_gone'),
          {
            guard: ({ context, event }) =>
              isInvoice({ context }) && refusedFor(event, 'quote_expired', 'quote_unknown'),
            target: 'quoting',
            actions: 'tell',
          },
          // R120: neither paid nor refused.
          {
            guard: ({ context, event }) => isInvoice({ context }) && refusedFor(event),
            target: 'staysOpen',
            actions: 'tell',
          },
          ...notDone,
        ],
      },
    },
    rejecting: {
      tags: ['busy', 'commits'],
      invoke: {
        src: 'reject',
        input: ({ context: { caller, request }, event }) => ({
          kind: kindOf(request),
          customerId: caller.customerId,
          id: request.id,
          hopKey: event.hopKey,
        }),
        onDone: 'rejected',
        onError: [refusedTo('gone'), { target: 'unsure', actions: 'tell' }],
      },
    },
    approved: {
      type: 'final',
      meta: {
        tells: 'receipt',
        text: ({ request }) => (request.kind === 'cash_out' ? 'pending.approved' : 'pending.paid'),
        values: shown,
      },
    },
    // What becomes of it is told by SMS, and by the next call.
    underway: { type: 'final', meta: { text: 'pending.underway', values: shown } },
    beingPaid: { type: 'final', meta: { text: 'pending.beingPaid', values: shown } },
    rejected: { type: 'final', meta: { tells: 'outcome', text: 'pending.rejected' } },
    refused: { type: 'final', meta: { tells: 'outcome', text: 'kit.noMoneyMoved' } },
    staysOpen: { type: 'final', meta: { tells: 'outcome', text: 'pending.staysOpen' } },
    // Decided before, this way or that: what moved then is not said here.
    gone: { type: 'final', meta: { tells: 'outcome', text: 'kit.nothing' } },
    unsure: { type: 'final', meta: { text: 'kit.nothing' } },
    unavailable: { type: 'final', meta: { text: 'kit.nothing' } },
  },
});
