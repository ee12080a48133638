import { z } from 'zod';
import { fulfils } from '../ilp';
import { isSchemeError, type TransferOutcome } from '../port';
import { schemeError } from '../scheme-errors';
import type { Shared } from './context';
import { readFulfilment, type LedgerTransfer } from './ledger';
import { openCredits } from './statement';

/** What the ledger says of a transfer, as events of the port. */

/** To the payer's side: what became of a transfer of ours. `proof`: the fulfilment, where the ledger has sent it along. */
export async function tellPayer(shared: Shared, transfer: LedgerTransfer, proof?: string): Promise<void> {
  const { store, log } = shared;
  const { transferId } = transfer;
  const condition = await store.conditionOf(transferId);
  if (condition === undefined) log.error({ transferId }, 'the ledger takes from us by a transfer that is none of ours');
  else
    await shared
      .handler()
      .onTransferOutcome({ transferId, ...(await outcomeOf(shared, { transfer, condition, proof })) });
}

interface Judged {
  readonly transfer: LedgerTransfer;
  readonly condition: string;
  readonly proof: string | undefined;
}

/** Only a proof commits. */
async function outcomeOf(
  { ledger, log }: Shared,
  { transfer, condition, proof }: Judged,
): Promise<Omit<TransferOutcome, 'transferId'>> {
  const { transferId, state, error } = transfer;
  if (state === 'proposed' || state === 'prepared') return { state: 'pending' };
  if (state === 'rejected') return { state: 'aborted', ...(error && { error }) };
  const fulfilment = proof ?? (await ledger.fulfilment(transferId));
  if (fulfilment !== undefined && fulfils(fulfilment, condition)) return { state: 'committed' };
  log.error({ transferId }, 'the ledger has executed a transfer without a proof');
  return { state: 'pending', error: schemeError('3100', 'the fulfilment does not prove the condition', 'unknown') };
}

/** To the payee's side: what the ledger has decided over a transfer that comes in. */
async function tellPayee(shared: Shared, transfer: LedgerTransfer): Promise<void> {
  const { transferId, payerDfspId, state, error } = transfer;
  const about = { transferId, dfspId: payerDfspId };
  if (state === 'executed' || state === 'settled') await shared.handler().onConfirmed({ ...about, state: 'committed' });
  if (state === 'rejected') await shared.handler().onConfirmed({ ...about, state: 'aborted', ...(error && { error }) });
}

/** Asks the ledger for a transfer that comes in, and tells what is decided by now. */
export async function confirm(shared: Shared, transferId: string): Promise<void> {
  const found = await shared.ledger.find(transferId);
  if (found === 'unknown' || isSchemeError(found) || found.payeeDfspId !== shared.dfspId) return;
  await tellPayee(shared, found);
}

/** Money that is prepared for a customer of ours. What we have not offered is rejected at once. */
async function offer(shared: Shared, transfer: LedgerTransfer): Promise<void> {
  const { ledger, terms } = shared;
  const { transferId, payerDfspId, amount, expiresAt } = transfer;
  const proof =
    transfer.terms && amount
      ? terms.prove({ ...transfer.terms, payerDfspId, amount })
      : schemeError('3100', 'it has no packet, no condition or no amount that can be read');
  if (isSchemeError(proof)) await ledger.reject(transferId, proof, {});
  else if (amount) {
    await shared.handler().onPrepare({ transferId, dfspId: payerDfspId, quoteId: proof.quoteId, amount, expiresAt });
  }
}

const notice = z.object({
  resource: z.unknown(),
  related_resources: z.object({ execution_condition_fulfillment: z.string().optional() }).optional(),
});

/** A notification (4.1.3). That it was settled is nothing new: it was executed before. */
export async function takeNotice(shared: Shared, text: string): Promise<void> {
  const { resource, related_resources: related } = notice.parse(JSON.parse(text));
  const transfer = shared.ledger.read(resource);
  if (!transfer || transfer.state === 'settled') return;
  if (transfer.payerDfspId === shared.dfspId) {
    if (transfer.state === 'executed' || transfer.state === 'rejected') {
      await tellPayer(shared, transfer, readFulfilment(related?.execution_condition_fulfillment));
    }
  } else if (transfer.payeeDfspId === shared.dfspId) {
    await (transfer.state === 'prepared' ? offer(shared, transfer) : tellPayee(shared, transfer));
  }
}

/** Money for customers of ours that waits at the ledger, because nobody was told or nothing could be kept. */
export async function catchUp(shared: Shared): Promise<void> {
  for (const transferId of await openCredits(shared.ledger, shared.dfspId)) {
    const transfer = await shared.ledger.find(transferId);
    if (transfer === 'unknown' || isSchemeError(transfer) || transfer.state !== 'prepared') continue;
    await offer(shared, transfer).catch((error: unknown) =>
      shared.log.error({ err: error, transferId }, 'a transfer that comes in was not kept'),
    );
  }
}
