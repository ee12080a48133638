import type { Till } from '../../../menus/till';
import { fullName } from '../../identity';
import { unwrap } from '../refusals';
import type { Services } from '../services';
import { payBy } from './invoices';
import { serve, type PinHop } from './serve';

type Order = PinHop & { accountId: string };

export function tillActors({ invoices, market }: Services) {
  const dialOf = (tillNumber: string): string => payBy(market.serviceCode, tillNumber);
  return {
    viewTill: serve(async (who: { customerId: string; accountId: string }): Promise<Till> => {
      const view = unwrap(await invoices.viewTill(who));
      if (!view) return { tillNumber: '', dial: '', sellers: [], sold: [] };
      const { till, operators, sold } = view;
      return {
        tillNumber: till.tillNumber,
        dial: dialOf(till.tillNumber),
        sellers: operators.map(({ operatorNo, name }) => ({ operatorNo: String(operatorNo), name })),
        sold: sold.map(({ name, count, amountMinor }) => ({ name, count, amountMinor: amountMinor.toString() })),
      };
    }),
    openTill: serve(async (order: Order): Promise<Till> => {
      const { tillNumber } = unwrap(await invoices.openTill(order));
      return { tillNumber, dial: dialOf(tillNumber), sellers: [], sold: [] };
    }),
    lookupSeller: serve(async (ask: { customerId: string; accountId: string; number: string }) => {
      const person = unwrap(await invoices.lookUpOperator(ask));
      return { customerId: person.customerId, name: fullName(person) };
    }),
    addSeller: serve(async ({ dayMaxMinor, ...order }: Order & { operatorId: string; dayMaxMinor: string }) => {
      const limit = dayMaxMinor === '' ? null : BigInt(dayMaxMinor);
      const { operatorNo } = unwrap(await invoices.addOperator({ ...order, dayMaxMinor: limit }));
      return { operatorNo: String(operatorNo) };
    }),
    dropSeller: serve(async ({ operatorNo, ...order }: Order & { operatorNo: string }) => {
      unwrap(await invoices.dropOperator({ ...order, operatorNo: Number(operatorNo) }));
    }),
  };
}
