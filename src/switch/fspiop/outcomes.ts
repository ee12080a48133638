import { fulfils } from '../ilp';
import type { Confirmation, SchemeError, TransferOutcome } from '../port';
import type { JsonObject } from './canonical';
import type { Shared } from './context';
import { readError, schemeError } from './errors';
import { errorOf } from './inbox';
import type { Asked } from './store';

/** What callbacks and notifications say of money. */

type Decided = Omit<TransferOutcome, 'transferId'>;

interface WireState {
  readonly transferState?: 'RECEIVED' | 'RESERVED' | 'COMMITTED' | 'ABORTED' | 'SETTLED';
  readonly fulfilment?: string;
}

/** What the payer's side makes of a callback. Only a proof commits, and only what certainly ends a transfer aborts it. */
export function outcomeOf(body: JsonObject, condition: string, fromHub: boolean): Decided {
  const { transferState, fulfilment = '' } = body as WireState;
  if (transferState === undefined) return failureOf(errorOf(body, 'no'), fromHub);
  if (transferState === 'ABORTED') return { state: 'aborted' };
  if (transferState === 'RECEIVED' || transferState === 'RESERVED') return { state: 'pending' };
  // COMMITTED; in 2.0 also SETTLED, which comes after it.
  if (fulfils(fulfilment, condition)) return { state: 'committed' };
  return { state: 'pending', error: schemeError('3100', 'the fulfilment does not prove the condition', 'unknown') };
}

/**
 * An error to `/transfers/{id}/error` refuses the transfer, or it answers a question or a message that was sent twice, and
 * nothing in it says which. The payee's provider is only ever asked for the one thing. Of the hub, only codes that speak of
 * the transfer itself are its end (expired, payer, payee); after anything else it is asked again.
 */
function failureOf(error: SchemeError, fromHub: boolean): Decided {
  if (error.code === '3208' || error.code === '3210') return { state: 'unknown', error };
  const ends = fromHub ? /^(33|4|5)/.test(error.code) : error.code !== '3106';
  return ends ? { state: 'aborted', error } : { state: 'pending', error: { ...error, moneyMoved: 'unknown' } };
}

/** The same of one transfer of a bulk; undefined where the callback says nothing of it. */
export function outcomeOfItem(
  { result, bulk }: { readonly result: JsonObject | undefined; readonly bulk: JsonObject },
  condition: string,
  fromHub: boolean,
): Decided | undefined {
  const { bulkTransferState } = bulk;
  if (bulkTransferState === undefined) return failureOf(errorOf(bulk, 'no'), fromHub);
  const isOver = bulkTransferState === 'COMPLETED' || bulkTransferState === 'REJECTED';
  if (!isOver) return { state: 'pending' };
  const error = result && readError(result, 'no');
  if (error) return failureOf(error, fromHub);
  if (result && 'fulfilment' in result) return outcomeOf({ ...result, transferState: 'COMMITTED' }, condition, fromHub);
  return bulkTransferState === 'REJECTED' ? { state: 'aborted' } : undefined;
}

/** Of a transfer that comes in. */
export type Decision = Pick<Confirmation, 'state' | 'error'>;

/** Undefined: nothing is decided yet. */
export function decisionOf(body: JsonObject): Decision | undefined {
  const { transferState } = body as WireState;
  if (transferState === 'COMMITTED' || transferState === 'SETTLED') return { state: 'committed' };
  if (transferState === 'ABORTED') return { state: 'aborted' };
  if (transferState !== undefined) return undefined;
  const { state, error } = failureOf(errorOf(body, 'no'), true);
  return state === 'aborted' ? { state, ...(error && { error }) } : undefined;
}

/** Of one transfer of a bulk: it is paid when the bulk is and the proof is there, and an error is its end. */
export function decisionOfItem(result: JsonObject, bulk: JsonObject): Decision | undefined {
  const error = readError(result, 'no');
  if (error) return { state: 'aborted', error };
  return bulk['bulkTransferState'] === 'COMPLETED' && 'fulfilment' in result ? { state: 'committed' } : undefined;
}

/** What the scheme has decided is told to the core, and stays; a hub that says otherwise afterwards is heard as well. */
export async function settle(shared: Shared, asked: Asked, decision: Decision): Promise<void> {
  if (asked.outcome !== undefined && asked.outcome !== decision.state) {
    shared.log.error({ transferId: asked.id, was: asked.outcome, now: decision.state }, 'the hub contradicts itself');
  }
  await shared.handler().onConfirmed({ transferId: asked.id, dfspId: asked.source, ...decision });
  await shared.store.conclude(asked, decision.state, shared.clock.now());
}
