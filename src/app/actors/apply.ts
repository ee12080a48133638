import { unwrap } from '../refusals';
import type { Services } from '../services';
import { serve, type PinHop } from './serve';

type Asked = PinHop & { wants: 'agent' | 'merchant'; businessName: string; nationalId: string };

export function applyActors({ onboarding }: Services) {
  return {
    apply: serve(async (input: Asked) => {
      unwrap(await onboarding.apply(input));
    }),
  };
}
