import type { PendingRequest } from '../../../menus/pending';
import { longest, noteOf, providerOf } from '../longest';
import { fullName, times, type Samples } from './sample';

const { amountMinor, feeMinor, totalMinor, reference } = longest;

export const pending: Samples = {
  answers: (person) => {
    const request = (kind: PendingRequest['kind'], index: number, about = ''): PendingRequest => ({
      ...{ kind, id: `r${index}`, name: fullName(person), note: about, provider: '', underway: false },
      ...{ amountMinor, feeMinor, totalMinor },
    });
    const note = noteOf(person);
    const account = (index: number) => ({ accountId: `a${index}`, name: person.last.slice(0, 20) });
    const requests = [request('cash_out', 0), request('invoice', 1), request('invoice', 2, note), request('claim', 12)];
    const elsewhere = { ...request('invoice', 14), provider: providerOf(person) };
    const underway = times(2, (index) => ({ ...elsewhere, id: `r${index + 16}`, underway: true }));
    const farAway = [elsewhere, { ...elsewhere, id: 'r15', note }];
    const phone = { ...request('phone', 13), name: longest.msisdn };
    return {
      listPending: [
        [...requests, phone, ...times(9, (index) => request('invoice', index + 3))],
        requests,
        farAway,
        underway,
        [],
      ],
      findInvoice: [request('invoice', 1, note)],
      payingAccounts: [times(2, account), [account(0)], []],
      quote: [{ quoteId: 'q1', amountMinor, feeMinor, totalMinor }],
      approve: [false, true].map((underway) => ({ reference, underway })),
      reject: [undefined],
    };
  },
};
