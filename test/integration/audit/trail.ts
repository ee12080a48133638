import { createAudit, verify, type Audit, type AuditEvent, type AuditReport } from '../../../src/audit';
import { plusMs, type Db, type Sql } from '../../../src/platform';
import { leg, okOf, openBooks, type Books } from '../ledger/books';

/** Books with a forensic log that has something to tell, in a database of their own. */
export interface Trail {
  readonly books: Books;
  readonly owner: Db;
  readonly audit: Audit;
  /** Two accounts with money, of two customers. */
  readonly accounts: readonly [string, string];
  /** One more, with limits. */
  readonly limited: string;
  /** Adds a link of these events to chain 0. */
  record(...events: AuditEvent[]): Promise<void>;
  /** A payment with the event that belongs to it; the transfer's id. */
  pay(amountMinor?: bigint): Promise<string>;
  close(): Promise<void>;
}

export const staff = { kind: 'staff', id: 'tester' } as const;

export function about(customerId: string, event: Partial<AuditEvent> = {}): AuditEvent {
  return { action: 'pin.unlocked', actor: staff, subject: { kind: 'customer', id: customerId }, ...event };
}

export async function openTrail(): Promise<Trail> {
  const books = await openBooks();
  const audit = createAudit({ clock: books.clock });
  const accounts = [
    await books.open({ openingMinor: 100_000n }),
    await books.open({ openingMinor: 100_000n }),
  ] as const;
  const plenty = { amountMinor: 1_000_000n, count: 1_000 };
  const limitProfile = await books.limits({ out: { day: plenty, year: plenty }, in: { week: plenty, month: plenty } });
  const limited = await books.open({ openingMinor: 100_000n, limitProfile });
  return {
    ...{ books, owner: books.owner, audit, accounts, limited },
    record: (...events) => books.db.tx((tx) => audit.record(tx, events)),
    pay: async (amountMinor = 100n) => {
      const transferId = books.ids.uuid();
      const subject = { kind: 'payment', id: transferId };
      const actor = { kind: 'customer', id: 'somebody' } as const;
      const event = { action: 'payment.completed', actor, subject, transferId, new: { amountMinor: `${amountMinor}` } };
      const attachments = [audit.attachment(event as AuditEvent)];
      const legs = [leg(...accounts, amountMinor)];
      okOf(await books.one({ kind: 'transfer', transferId, legs, attachments }));
      books.clock.advance(1);
      return transferId;
    },
    close: () => books.close(),
  };
}

/** A bit of everything: payments with events, reservations posted, voided and left, a refusal, changes of accounts. */
export async function live(trail: Trail, rounds = 1): Promise<void> {
  const { books, accounts } = trail;
  const [one, other] = accounts;
  for (let round = 1; round <= rounds; round += 1) {
    await trail.pay(BigInt(round));
    okOf(
      await books.fulfil(
        await books.reserve(leg(one, other, 20n), leg(one, books.chart.feeIncome, 2n, { code: 'fee' })),
      ),
    );
    okOf(await books.release(await books.reserve(leg(other, one, 30n))));
    await books.reserve(leg(other, one, 40n));
    await books.move(leg(trail.limited, one, 8n, { counted: true }), leg(one, trail.limited, 3n, { counted: true }));
    await books.move(leg(one, other, 10n ** 12n)); // refused: so much is not there
    await trail.record(about(`customer-${round}`), about(`customer-${round}`, { action: 'pin.locked', old: { n: 1 } }));
    await Promise.all([books.move(leg(one, other, 5n)), books.move(leg(other, one, 6n)), trail.pay(7n)]);
    books.clock.set(plusMs(books.clock.now(), 1_000));
  }
}

/** What `verify` finds after `tamper`, which is undone afterwards; triggers are off, as an owner can turn them. */
export async function afterTampering(
  owner: Db,
  tamper: (sql: Sql) => Promise<unknown>,
  options?: Parameters<typeof verify>[1],
): Promise<AuditReport> {
  let report: AuditReport | undefined;
  const undo = new Error('undo');
  await owner
    .tx(async (tx) => {
      await tx.run({ text: 'set local session_replication_role = replica' });
      await tamper(tx);
      report = await verify(tx, options);
      throw undo;
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error;
    });
  if (!report) throw new Error('nothing was verified');
  return report;
}

/** `kind name` of each deviation. */
export function named(report: AuditReport): string[] {
  return report.deviations.map(({ kind, name }) => `${kind} ${name}`);
}
