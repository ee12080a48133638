/** What an account is for. A commission account is filled by commissions and emptied into the float, and by nothing else. */
export type AccountPurpose = 'main' | 'commission' | 'till';

/** What a holder may do: a viewer looks on, a signatory moves money and manages, the owner can't be removed. */
export type HolderRank = 'owner' | 'signatory' | 'viewer';

export interface Account {
  /** The ledger's number. */
  readonly accountId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly purpose: AccountPurpose;
  readonly status: 'open' | 'closed';
}

/** An open account as one of its holders has it. */
export interface HeldAccount extends Omit<Account, 'status'> {
  readonly rank: HolderRank;
  /** Where money sent to this person arrives (R17). */
  readonly isPrimary: boolean;
}

/** Whether this holder may take money out of it: an owner or a signatory, and never from a commission account (R35, R70). */
export function mayDebit({ rank, purpose }: Pick<HeldAccount, 'rank' | 'purpose'>): boolean {
  return rank !== 'viewer' && purpose !== 'commission';
}
