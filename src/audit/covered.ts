import { createHash, type Hash } from 'node:crypto';
import type { CoveredRow, LinkRow } from './verify-store';

/** What was read of a chain since its last link. */
export class Covered {
  transfers = 0;
  events = 0;
  badTransfer: CoveredRow | undefined;
  badEvent: CoveredRow | undefined;
  /** The first event whose sequence number is no link's. */
  strayEvent: CoveredRow | undefined;
  /** The first number that the group of events lacks. */
  missingEvent: number | undefined;
  firstTransfer: CoveredRow | undefined;
  private firstEvent: CoveredRow | undefined;
  private readonly transferDigests: Hash = createHash('sha256');
  private eventDigests: Hash = createHash('sha256');

  addTransfer(row: CoveredRow): void {
    this.transfers += 1;
    this.firstTransfer ??= row;
    if (!row.intact) this.badTransfer ??= row;
    this.transferDigests.update(row.digest);
  }

  addEvent(row: CoveredRow): void {
    if (this.firstEvent && this.firstEvent.seq !== row.seq) this.dropEvents();
    this.firstEvent ??= row;
    this.events += 1;
    if (row.number > this.events) this.missingEvent ??= this.events;
    if (!row.intact) this.badEvent ??= row;
    this.eventDigests.update(row.digest);
  }

  /** Takes events that are not those of `link` for stray. */
  settle(link: Pick<LinkRow, 'seq'> | undefined): void {
    if (this.firstEvent && this.firstEvent.seq !== link?.seq) this.dropEvents();
  }

  /** What the link's hash ought to be, after the hash before it. */
  hashOf({ seq, number, transfers, events }: LinkRow, previous: Buffer): Buffer {
    const numbers = Buffer.alloc(24);
    numbers.writeBigInt64BE(seq, 0);
    numbers.writeBigInt64BE(BigInt(number), 8);
    numbers.writeInt32BE(transfers, 16);
    numbers.writeInt32BE(events, 20);
    const [ofTransfers, ofEvents] = [this.transferDigests.copy().digest(), this.eventDigests.copy().digest()];
    return createHash('sha256').update(previous).update(numbers).update(ofTransfers).update(ofEvents).digest();
  }

  private dropEvents(): void {
    this.strayEvent ??= this.firstEvent;
    this.firstEvent = undefined;
    this.events = 0;
    this.badEvent = undefined;
    this.missingEvent = undefined;
    this.eventDigests = createHash('sha256');
  }
}
