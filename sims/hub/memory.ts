import type { Journal } from '../journal/journal';
import { apply, newState, type Entry, type State } from './state';

/** The hub's state, whose every change is in the journal. What is committed in one go is on the disk together or not at all. */
export interface Memory {
  readonly state: State;
  readonly commit: (entry: Entry) => void;
  /** Resolves when all that was committed so far outlives the process. */
  readonly durable: () => Promise<void>;
}

export function createMemory(journal: Pick<Journal<Entry>, 'append' | 'durable'>, state: State): Memory {
  return {
    state,
    commit: (entry) => {
      apply(state, entry);
      journal.append(entry);
    },
    durable: () => journal.durable(),
  };
}

/** For a hub that lives no longer than its test. */
export function createForgetfulMemory(): Memory {
  return createMemory({ append: () => undefined, durable: () => Promise.resolve() }, newState());
}
