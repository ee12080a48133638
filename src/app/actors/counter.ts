import type { CashPlan, CashWord } from '../../../menus/counter';
import { idTypes } from '../../agents';
import type { CounterRequest } from '../../counter';
import { assert } from '../../platform';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

interface Who {
  customerId: string;
  accountId: string;
}

/** Somebody may type something yet. */
const open: ReadonlySet<CounterRequest['state']> = new Set(['asked', 'wanted', 'answered']);

export function counterActors({ counter, payments }: Services) {
  const wordOf = async ({ state, paymentId }: CounterRequest): Promise<CashWord> => {
    if (state === 'wanted') return { state, reference: '' };
    const payment = state === 'paid' && paymentId !== null ? await payments.find(paymentId) : undefined;
    return payment ? { state: 'paid', reference: payment.reference } : { state: 'underway', reference: '' };
  };
  return {
    resume: serve(
      async ({ counterRequestId, ...who }: Who & { counterRequestId: string }): Promise<CashPlan | undefined> => {
        if (counterRequestId === '') return undefined;
        const { state, commissionMinor } = unwrap(await counter.request({ ...who, counterRequestId }));
        if (!open.has(state)) throw refusal('counter_over');
        return { counterRequestId, commissionMinor: commissionMinor.toString(), asksId: false };
      },
    ),
    plan: serve(async ({ amountMinor, ...input }: Who & { number: string; amountMinor: string }): Promise<CashPlan> => {
      const planned = unwrap(await counter.plan({ ...input, amountMinor: BigInt(amountMinor) }));
      const { counterRequestId, commissionMinor, needsId } = planned;
      return { counterRequestId, commissionMinor: commissionMinor.toString(), asksId: needsId };
    }),
    noteId: serve(async (input: Who & { counterRequestId: string; idType: string; digits: string }) => {
      const idType = idTypes.find((type) => type === input.idType);
      assert(idType, 'the options of the screen are the types that we keep');
      unwrap(await counter.noteId({ ...input, idType }));
    }),
    request: serve(
      async ({
        amountMinor,
        ...input
      }: Who & PinHop & { counterRequestId: string; number: string; amountMinor: string }) =>
        wordOf(unwrap(await counter.ask({ ...input, amountMinor: BigInt(amountMinor) }))),
    ),
    typeCode: serve(async (input: Who & { counterRequestId: string; code: string }) =>
      wordOf(unwrap(await counter.type(input))),
    ),
    anotherCode: serve(async (input: Who & { counterRequestId: string }) => wordOf(unwrap(await counter.type(input)))),
    stop: serve(async (input: Who & { counterRequestId: string; hopKey: string }) => {
      unwrap(await counter.cancel(input));
    }),
  };
}
