import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function balanceActors({ payments }: Services) {
  return {
    balances: serve(async (input: PinHop) =>
      unwrap(await payments.balances(input)).map(({ kind, availableMinor, heldMinor }) => ({
        kind,
        availableMinor: availableMinor.toString(),
        heldMinor: heldMinor.toString(),
      })),
    ),
  };
}
