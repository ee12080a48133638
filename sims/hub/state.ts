import type { Letter } from './letter';
import type { Bulk, Transfer } from './transfers';

/** What the hub remembers, and what the journal has of it. */

export type Entry =
  | { readonly type: 'party'; readonly party: string; readonly owner: string | null }
  | { readonly type: 'transfer'; readonly transfer: Transfer }
  | { readonly type: 'bulk'; readonly bulk: Bulk }
  | { readonly type: 'letter'; readonly number: number; readonly to: string; readonly letter: Letter }
  | { readonly type: 'brought'; readonly number: number };

export interface State {
  /** Who has registered a party: `type/id` → participant. */
  readonly directory: Map<string, string>;
  /** Those of bulks too, once they are decided. */
  readonly transfers: Map<string, Transfer>;
  readonly bulks: Map<string, Bulk>;
  /** Letters that nobody has taken yet, by their numbers. */
  readonly letters: Map<number, { readonly to: string; readonly letter: Letter }>;
  lastLetter: number;
}

export const newState = (): State => ({
  directory: new Map(),
  transfers: new Map(),
  bulks: new Map(),
  letters: new Map(),
  lastLetter: 0,
});

/** The one way to change the state, live and when the journal is read again. */
export function apply(state: State, entry: Entry): void {
  switch (entry.type) {
    case 'party':
      if (entry.owner === null) state.directory.delete(entry.party);
      else state.directory.set(entry.party, entry.owner);
      return;
    case 'transfer':
      state.transfers.set(entry.transfer.id, entry.transfer);
      return;
    case 'bulk':
      state.bulks.set(entry.bulk.id, entry.bulk);
      return;
    case 'letter':
      state.letters.set(entry.number, { to: entry.to, letter: entry.letter });
      state.lastLetter = entry.number;
      return;
    case 'brought':
      state.letters.delete(entry.number);
  }
}
