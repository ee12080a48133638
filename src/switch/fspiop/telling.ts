import { plusMs } from '../../platform';
import { readMoney } from '../amounts';
import { isSchemeError } from '../port';
import type { Shared } from './context';
import { schemeError } from './errors';
import { answerNow } from './inbox';
import { readQuote, type WireQuote, type WireTransfer } from './messages';
import type { Received } from './store';
import type { TermsMaker } from './terms';

/** Requests that were kept, told to the core; one that the core can do nothing with is answered at once. */
export async function tellQuote(shared: Shared, request: Received, wire: WireQuote): Promise<void> {
  const defaultExpiry = plusMs(shared.clock.now(), shared.quoteLifeMs);
  const read = readQuote(wire, { source: request.source, us: shared.dfspId, defaultExpiry });
  if (isSchemeError(read)) await answerNow(shared, request, read);
  else await shared.handler().onQuote(read);
}

/** `proof`: what the terms of the transfer say. */
export async function tellTransfer(
  shared: Shared,
  request: Received,
  wire: WireTransfer,
  proof: ReturnType<TermsMaker['prove']>,
): Promise<void> {
  const amount = readMoney(wire.amount);
  if (isSchemeError(proof)) await answerNow(shared, request, proof);
  else if (!amount) await answerNow(shared, request, schemeError('5106'));
  else {
    const { id: transferId, source: dfspId } = request;
    const expiresAt = new Date(wire.expiration);
    await shared.handler().onPrepare({ transferId, dfspId, quoteId: proof.quoteId, amount, expiresAt });
  }
}
