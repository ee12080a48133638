import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function claimActors({ redress }: Services) {
  return {
    giveBack: serve(async (input: PinHop & { caseId: string }) => {
      const { reference } = unwrap(await redress.giveBack(input));
      return { reference };
    }),
    keep: serve(async (input: PinHop & { caseId: string }) => {
      unwrap(await redress.keep(input));
    }),
  };
}
