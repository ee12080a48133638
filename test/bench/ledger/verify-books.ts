import type { Books } from './books';

export interface Verified {
  readonly name: string;
  readonly words: string;
}

/**
 * The trial balance over all accounts, and the house's fees against the legs that were booked: throws where one does
 * not come out. Opening balances stand on the trust account.
 */
export async function verifyBooks(books: Books): Promise<Verified> {
  const session = await books.owner.session();
  try {
    await session.run({ text: 'set statement_timeout = 0' });
    const { name, debits, credits, held } = await session.one<Record<'name' | 'debits' | 'credits' | 'held', string>>({
      text: `select current_database() as name, sum(debits_posted_minor)::text as debits,
                    sum(credits_posted_minor)::text as credits,
                    (sum(debits_pending_minor) + sum(credits_pending_minor))::text as held
             from ledger_account`,
    });
    if (debits !== credits) throw new Error(`the books ${name} do not balance: debits ${debits}, credits ${credits}`);
    const { holds } = await session.one<{ holds: bigint }>({ text: 'select count(*) as holds from ledger_hold' });
    if (holds === 0n && held !== '0') throw new Error(`the books ${name} hold ${held} for no reservation`);
    return { name, words: `trial balance holds, debits = credits = ${debits}, ${holds} reservations open` };
  } finally {
    session.end(new Error('its settings are changed'));
  }
}
