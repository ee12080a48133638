import type { AskedElsewhere, Payout } from '../../../menus/cash-out-code';
import type { HeldCode, WithdrawQuote } from '../../../menus/withdraw';
import { idTypes } from '../../agents';
import { fullName } from '../../identity';
import { isUnnamed, targetOf } from '../../payments';
import { assert, formatDateTime } from '../../platform';
import { refusal, unwrap } from '../refusals';
import type { Services } from '../services';
import { here, quoteShown, type Lookup } from './payment';
import { personOf, serve, type PinHop } from './serve';

type OfAccount<T> = T & { accountId: string };

/** Notes the ID that a customer shows to an agent; the same in every tree that asks for one. */
export function noteIdActor({ agents }: Services) {
  return serve(async (input: { customerId: string; paymentId: string; idType: string; digits: string }) => {
    const idType = idTypes.find((type) => type === input.idType);
    assert(idType, 'the options of the screen are the types that we keep');
    unwrap(await agents.noteId({ ...input, idType }));
  });
}

type Quoting = Lookup & { atAtm: boolean; provider: string; amountMinor: string; held: boolean };

export function withdrawActors({ agents, clearing, counter, payments, market }: Services) {
  return {
    heldCode: serve(async ({ customerId }: { customerId: string }): Promise<HeldCode | undefined> => {
      const held = await agents.codeOf(customerId);
      if (!held) return undefined;
      const { payment, agentName, provider = here } = held;
      const { paymentId, amountMinor, feeMinor, expiresAt, outside } = payment;
      return {
        atAtm: outside !== null && isUnnamed(outside),
        ...{ paymentId, agentName, provider, amountMinor: amountMinor.toString(), feeMinor: feeMinor.toString() },
        until: expiresAt ? formatDateTime(expiresAt, market) : '',
      };
    }),
    /** Only a number that is nobody's here is asked for elsewhere; there cash is had by a code. */
    lookupAgent: serve(async ({ customerId, accountId, number, held }: Lookup & { held: boolean }) => {
      const request = { product: 'cash_out', as: 'payer', initiatorId: customerId, accountId } as const;
      const found = await payments.lookup({ ...request, to: targetOf(number) });
      const atAtm = false;
      if (found.ok || found.error !== 'payee_unknown') {
        return { atAtm, ...personOf(unwrap(found).other), provider: here };
      }
      const { outside } = unwrap(await clearing.findPayee(number));
      if (!held) throw refusal('agent_elsewhere');
      return { atAtm, number: outside.number, name: fullName(outside), provider: outside.dfspId };
    }),
    quote: serve(async (input: Quoting): Promise<WithdrawQuote> => {
      const { customerId, accountId, number, held, atAtm } = input;
      const order = { customerId, accountId, amountMinor: BigInt(input.amountMinor) };
      if (atAtm) return quoteShown(unwrap(await counter.quoteCode({ ...order, at: 'atm' })));
      return quoteShown(
        unwrap(
          input.provider === here
            ? await agents.quoteWithdrawal({ ...order, to: targetOf(number), held })
            : await counter.quoteCode({ ...order, at: { agent: number } }),
        ),
      );
    }),
    ...codeActors({ agents, market }),
  };
}

/** Makes a code, and takes it back; the same wherever it is told. */
export function codeActors({ agents, market }: Pick<Services, 'agents' | 'market'>) {
  return {
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference, expiresAt } = unwrap(await agents.submitWithdrawal(input));
      return { reference, until: expiresAt ? formatDateTime(expiresAt, market) : '' };
    }),
    cancel: serve(async (input: { customerId: string; paymentId: string; hopKey: string }) => {
      unwrap(await agents.cancelCode(input));
    }),
  };
}

export function cashOutCodeActors(services: Services) {
  const { agents, clearing, counter, payments } = services;
  return {
    waiting: serve(async (who: OfAccount<{ customerId: string }>): Promise<AskedElsewhere | undefined> => {
      const request = await counter.waiting(who);
      if (!request) return undefined;
      const { counterRequestId, party, dfspId: provider, amountMinor } = request;
      return {
        ...{
          counterRequestId,
          isSale: false,
          number: '',
          name: party.name,
          provider,
          amountMinor: amountMinor.toString(),
        },
      };
    }),
    lookupCustomer: serve(async ({ customerId, accountId, number }: Lookup): Promise<AskedElsewhere> => {
      const request = { product: 'cash_out', as: 'payee', initiatorId: customerId, accountId } as const;
      const found = await payments.lookup({ ...request, to: targetOf(number) });
      const nobodyAsked = { counterRequestId: '', isSale: false, number, amountMinor: '0' } as const;
      if (found.ok || found.error !== 'payee_unknown') {
        return { ...nobodyAsked, name: fullName(unwrap(found).other), provider: here };
      }
      const { outside } = unwrap(await clearing.findPayee(number));
      return { ...nobodyAsked, name: fullName(outside), provider: outside.dfspId };
    }),
    present: serve(async ({ number, ...input }: Lookup & { code: string; hopKey: string }): Promise<Payout> => {
      const presented = unwrap(await agents.presentCode({ ...input, customer: targetOf(number) }));
      const { paymentId, amountMinor, commissionMinor } = presented.payment;
      return {
        ...{ paymentId, amountMinor: amountMinor.toString(), commissionMinor: commissionMinor.toString() },
        ...{ name: presented.customerName, asksId: presented.needsId },
      };
    }),
    noteId: noteIdActor(services),
    redeem: serve(async (input: OfAccount<PinHop> & { paymentId: string }) => {
      const { reference } = unwrap(await agents.redeem(input));
      return { reference };
    }),
  };
}

export function agentDeskActors({ agents, payments, market }: Services) {
  return {
    desk: serve(async (input: OfAccount<PinHop>) => {
      const { floatMinor, commissionMinor, shortOfFloat } = unwrap(await agents.desk(input));
      return { floatMinor: floatMinor.toString(), commissionMinor: commissionMinor.toString(), shortOfFloat };
    }),
    lastServed: serve(async (input: OfAccount<PinHop>) =>
      unwrap(await agents.lastServed(input)).map(({ payment, other }) => ({
        way: payment.product === 'cash_in' ? ('in' as const) : ('out' as const),
        name: other ? fullName(other) : '',
        amountMinor: payment.amountMinor.toString(),
        reference: payment.reference,
        date: formatDateTime(payment.updatedAt, market),
      })),
    ),
    quoteSweep: serve(async ({ amountMinor, ...who }: OfAccount<{ customerId: string }> & { amountMinor?: string }) => {
      const moved = amountMinor === undefined ? 'all' : BigInt(amountMinor);
      const quote = unwrap(await agents.quoteSweep({ ...who, amountMinor: moved }));
      return { quoteId: quote.quoteId, amountMinor: quote.amountMinor.toString() };
    }),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
    alarms: serve(async (input: OfAccount<{ customerId: string }>) => {
      const { lowMinor, highMinor } = unwrap(await agents.alarmsOf(input));
      return { lowMinor: lowMinor.toString(), highMinor: highMinor.toString() };
    }),
    setAlarm: serve(
      async (input: OfAccount<{ customerId: string }> & { side: 'low' | 'high'; amountMinor: string }) => {
        unwrap(await agents.setAlarm({ ...input, amountMinor: BigInt(input.amountMinor) }));
      },
    ),
  };
}

export function agentFloatActors({ agents, payments }: Services) {
  type Who = OfAccount<{ customerId: string }>;
  const shown = ({ quoteId, amountMinor, feeMinor }: { quoteId: string; amountMinor: bigint; feeMinor: bigint }) => ({
    ...{ quoteId, amountMinor: amountMinor.toString(), feeMinor: feeMinor.toString() },
  });
  return {
    lookupPeer: serve(async ({ number, ...who }: Lookup) =>
      personOf(unwrap(await agents.lookupFloat({ ...who, to: targetOf(number) }))),
    ),
    quote: serve(async ({ number, amountMinor, ...who }: Lookup & { amountMinor: string }) =>
      shown(unwrap(await agents.quoteFloat({ ...who, to: targetOf(number), amountMinor: BigInt(amountMinor) }))),
    ),
    submit: serve(async (input: PinHop & { quoteId: string }) => {
      const { reference } = unwrap(await payments.submit(input));
      return { reference };
    }),
    superAgent: serve(async (input: Who) => {
      const { superAgent, requestId } = unwrap(await agents.superOf(input));
      return { requestId, name: fullName(superAgent) };
    }),
    ask: serve(async (input: Who & { requestId: string; amountMinor: string }) => {
      unwrap(await agents.askFloat({ ...input, amountMinor: BigInt(input.amountMinor) }));
    }),
    requests: serve(async (input: Who) =>
      unwrap(await agents.floatRequests(input)).map(({ requestId, agentName, amountMinor }) => ({
        ...{ requestId, name: agentName, amountMinor: amountMinor.toString() },
      })),
    ),
    quoteRequest: serve(async (input: Who & { requestId: string }) => shown(unwrap(await agents.quoteRequest(input)))),
    refuse: serve(async (input: Who & { requestId: string }) => {
      unwrap(await agents.refuseFloat(input));
    }),
  };
}
