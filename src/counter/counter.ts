import type { Caller, IdType, PinCaller } from '../agents';
import { createWaiting } from '../clearing';
import type { Quote } from '../payments';
import { plusMs, type Result } from '../platform';
import type { CodeAnswer, CodeAsk, PaymentRequestAnswer } from '../switch';
import { takeCodeAnswer, takeRequest, type AskedHere } from './asked-here';
import {
  askForCash,
  cancelRequest,
  expireDue,
  noteId,
  ownRequest,
  planCash,
  sendDue,
  typeCode,
  waitingCash,
  type Plan,
  type Planned,
  type Typed,
} from './asking';
import { forgetCounters } from './code-request-store';
import type { CounterRequest } from './counter-request-store';
import type { CounterDeps } from './deps';
import { advanceDue } from './leaving';
import { quoteCode, type CodeOrder } from './own-code';
import { askForSale, waitingSale, type SaleOrder } from './selling';
import { findRequested, takeAnswer, takeCodeAsk } from './word';

/** Each is described where it is made. */
export interface Counter {
  quoteCode(order: CodeOrder): Promise<Result<Quote, Fails<typeof quoteCode>>>;

  plan(plan: Plan): Promise<Result<Planned, Fails<typeof planCash>>>;
  noteId(
    shown: Caller & { counterRequestId: string; idType: IdType; digits: string },
  ): Promise<Result<undefined, Fails<typeof noteId>>>;
  ask(
    order: Plan & PinCaller & { counterRequestId: string },
  ): Promise<Result<CounterRequest, Fails<typeof askForCash>>>;
  waiting(caller: Caller): Promise<CounterRequest | undefined>;
  type(typed: Typed): Promise<Result<CounterRequest, Fails<typeof typeCode>>>;
  cancel(
    which: Caller & { counterRequestId: string; hopKey: string },
  ): Promise<Result<undefined, Fails<typeof cancelRequest>>>;
  request(which: Caller & { counterRequestId: string }): Promise<Result<CounterRequest, Fails<typeof ownRequest>>>;

  sell(order: SaleOrder): Promise<Result<CounterRequest, Fails<typeof askForSale>>>;
  waitingSale(seller: Pick<Caller, 'customerId'>): Promise<CounterRequest | undefined>;

  /** What other providers say. */
  takeRequest(asked: AskedHere): Promise<void>;
  takeAnswer(answer: PaymentRequestAnswer): Promise<boolean>;
  takeCodeAsk(ask: CodeAsk): Promise<void>;
  takeCodeAnswer(answer: CodeAnswer): Promise<void>;
  findRequested(ref: { dfspId: string; requestId: string }): ReturnType<typeof findRequested>;

  /** Sends, asks and answers what is due, either way. Returns how many. */
  work(): Promise<number>;
  /** Ends what agents asked for in vain. Returns how many. */
  expireDue(): Promise<number>;
  /** Removes what is over and came to nothing. Returns how many. */
  forgetOld(): Promise<number>;
  /** Waits for what follows what was told. */
  idle(): Promise<void>;
}

/** What a service may refuse for. */
type Fails<T extends (...values: never[]) => Promise<Result<unknown, string>>> = Extract<
  Awaited<ReturnType<T>>,
  { ok: false }
>['error'];

export function createCounter(given: Omit<CounterDeps, 'waiting' | 'background'>): Counter {
  const under = new Set<Promise<unknown>>();
  const background = (work: () => Promise<unknown>): void => {
    const done = work()
      .catch((error: unknown) => given.log.error({ err: error }, 'what follows word of a counter was not done'))
      .finally(() => under.delete(done));
    under.add(done);
  };
  const deps: CounterDeps = { ...given, waiting: createWaiting(), background };
  return {
    quoteCode: (order) => quoteCode(deps, order),
    plan: (plan) => planCash(deps, plan),
    noteId: (shown) => noteId(deps, shown),
    ask: (order) => askForCash(deps, order),
    waiting: (caller) => waitingCash(deps, caller),
    type: (typed) => typeCode(deps, typed),
    cancel: (which) => cancelRequest(deps, which),
    request: ({ counterRequestId, ...caller }) => ownRequest(deps, caller, counterRequestId),
    sell: (order) => askForSale(deps, order),
    waitingSale: (seller) => waitingSale(deps, seller),
    takeRequest: (asked) => takeRequest(deps, asked),
    takeAnswer: (answer) => takeAnswer(deps, answer),
    forgetOld: () => forgetCounters(deps.db, plusMs(deps.clock.now(), -deps.terms.keptMs)),
    takeCodeAsk: (ask) => takeCodeAsk(deps, ask),
    takeCodeAnswer: (answer) => takeCodeAnswer(deps, answer),
    findRequested: (ref) => findRequested(deps, ref),
    work: async () => (await sendDue(deps)) + (await advanceDue(deps)),
    expireDue: () => expireDue(deps),
    idle: async () => {
      while (under.size > 0) await Promise.all(under);
    },
  };
}
