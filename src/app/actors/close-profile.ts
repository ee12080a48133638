import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

export function closeProfileActors({ closing }: Pick<Services, 'closing'>) {
  return {
    closeProfile: serve(async (leaver: PinHop) => {
      unwrap(await closing.close(leaver));
    }),
  };
}
