import type { CashPlan, CashWord } from '../../../menus/counter';
import { idTypes } from '../../agents';
import type { CashRequest } from '../../counter';
import { assert } from '../../platform';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

interface Who {
  customerId: string;
  accountId: string;
}

export function counterActors({ counter, payments }: Services) {
  const wordOf = async ({ state, paymentId }: CashRequest): Promise<CashWord> => {
    if (state === 'wanted') return { state, reference: '' };
    const payment = state === 'paid' && paymentId !== null ? await payments.find(paymentId) : undefined;
    return payment ? { state: 'paid', reference: payment.reference } : { state: 'underway', reference: '' };
  };
  return {
    resume: serve(async ({ cashRequestId, ...who }: Who & { cashRequestId: string }): Promise<CashPlan | undefined> => {
      if (cashRequestId === '') return undefined;
      const request = await counter.waiting(who);
      if (request?.cashRequestId !== cashRequestId) throw refusal('cash_request_over');
      return { cashRequestId, commissionMinor: request.commissionMinor.toString(), asksId: false };
    }),
    plan: serve(async ({ amountMinor, ...input }: Who & { number: string; amountMinor: string }): Promise<CashPlan> => {
      const planned = unwrap(await counter.plan({ ...input, amountMinor: BigInt(amountMinor) }));
      const { cashRequestId, commissionMinor, needsId } = planned;
      return { cashRequestId, commissionMinor: commissionMinor.toString(), asksId: needsId };
    }),
    noteId: serve(async (input: Who & { cashRequestId: string; idType: string; digits: string }) => {
      const idType = idTypes.find((type) => type === input.idType);
      assert(idType, 'the options of the screen are the types that we keep');
      unwrap(await counter.noteId({ ...input, idType }));
    }),
    request: serve(
      async ({
        amountMinor,
        ...input
      }: Who & PinHop & { cashRequestId: string; number: string; amountMinor: string }) =>
        wordOf(unwrap(await counter.ask({ ...input, amountMinor: BigInt(amountMinor) }))),
    ),
    typeCode: serve(async (input: Who & { cashRequestId: string; code: string }) =>
      wordOf(unwrap(await counter.type(input))),
    ),
    anotherCode: serve(async (input: Who & { cashRequestId: string }) => wordOf(unwrap(await counter.type(input)))),
    stop: serve(async (input: Who & { cashRequestId: string }) => {
      unwrap(await counter.cancel(input));
    }),
  };
}
