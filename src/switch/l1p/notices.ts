import { fulfils } from '../ilp';
import { isSchemeError, type TransferOutcome } from '../port';
import { schemeError } from '../scheme-errors';
import type { Shared } from './context';
import type { LedgerTransfer } from './ledger';

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
export async function tellPayee(shared: Shared, transfer: LedgerTransfer): Promise<void> {
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
export async function offer(shared: Shared, transfer: LedgerTransfer): Promise<void> {
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
