import type { Sql } from '../platform';
import type { StaffDeps } from './deps';
import { paymentByName } from './store';

/** A payment by the reference that people read out, by its id, or by the id that a scheme knows it by. */
export async function findPayment(
  { deps, tx }: { readonly deps: StaffDeps; readonly tx: Sql },
  name: string,
): ReturnType<typeof paymentByName> {
  const found = await paymentByName(tx, name);
  if (found || !isTransferId(name)) return found;
  const paymentId = await deps.clearing.findPayment(name);
  return paymentId === undefined ? undefined : paymentByName(tx, paymentId);
}

/** Whether it may be the id of a transfer. */
export function isTransferId(name: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
}
