import type { Json } from '../platform';
import type { Path, PathEvent, PathTransfer, Proof } from './path';

/** A path for the screen, one line a row and a leg, all by time. */
export function textOfPath({ transfers, events }: Path): string {
  const told = [
    ...transfers.map((transfer) => ({ at: transfer.at, lines: transferLines(transfer) })),
    ...events.map((event) => ({ at: event.at, lines: eventLines(event) })),
  ];
  if (told.length === 0) return 'nothing is known';
  // Stable: what moved money stands before what is told of it.
  told.sort((one, other) => (one.at === other.at ? 0 : one.at < other.at ? -1 : 1));
  return told.flatMap(({ lines }) => lines).join('\n');
}

function transferLines(transfer: PathTransfer): string[] {
  const { at, kind, transferId, result, refusedAccountId, pendingId, expiresAt, legs, proof } = transfer;
  const account = refusedAccountId === undefined ? '' : ` for account ${refusedAccountId}`;
  const words = [
    `${kind} ${transferId}`,
    result === 0 ? 'accepted' : `refused with code ${result}${account}`,
    ...(pendingId === undefined ? [] : [`of ${pendingId}`]),
    ...(expiresAt === undefined ? [] : [`until ${expiresAt}`]),
  ];
  const booked = result === 0 && (kind === 'transfer' || kind === 'post');
  const money = legs.map((leg) => {
    const after = booked ? ` (then ${leg.debitBalanceAfterMinor} and ${leg.creditBalanceAfterMinor})` : '';
    return `    ${leg.code} ${leg.amountMinor} from ${leg.debitAccountId} to ${leg.creditAccountId}${after}`;
  });
  return [`${at}  ledger  ${words.join(', ')}  [${proofText(proof)}]`, ...money];
}

function eventLines(event: PathEvent): string[] {
  const { at, action, actor, subject, transferId, traceId, proof } = event;
  const trace = traceId === undefined ? '' : `, trace ${traceId}`;
  const transfer = transferId === undefined ? '' : `, transfer ${transferId}`;
  return [
    `${at}  event   ${action} by ${actor} on ${subject}${transfer}${trace}  [${proofText(proof)}]`,
    ...valueLine('old', event.old),
    ...valueLine('new', event.new),
  ];
}

function valueLine(name: string, value: Json | undefined): string[] {
  return value === undefined ? [] : [`    ${name} ${JSON.stringify(value)}`];
}

function proofText(proof: Proof | undefined): string {
  if (!proof) return 'NO LINK COVERS IT';
  const { chain, link, published } = proof;
  const outside = published ? `published ${published.at} in document ${published.document}` : 'not yet published';
  return `link ${link} of chain ${chain}, ${outside}`;
}
