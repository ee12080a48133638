import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function closeProfileActors({ closing }: Pick<Services, 'closing'>) {
  return {
    closeProfile: serve(async ({ givesUpMinor, ...leaver }: PinHop & { givesUpMinor: string }) => {
      const { leftMinor } = unwrap(await closing.close({ ...leaver, givesUpMinor: BigInt(givesUpMinor) }));
      return { leftMinor: leftMinor.toString() };
    }),
  };
}
