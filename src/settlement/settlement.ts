import type { Result } from '../platform';
import type { SettlementDeps, Window } from './deps';
import type { ReconciliationError, SettlementError } from './errors';
import { positions, type Position } from './positions';
import { reconcileDay } from './daily';
import { reconcile, type ReconciliationOrder } from './reconcile';
import {
  readFindings,
  readReconciliations,
  reconciliationBy,
  type KeptFinding,
  type ReconciliationRow,
} from './reconcile-store';
import { due, settle, type Paid, type SettlementOrder } from './settle';
import { readSettled, readSettlements, type SettlementRow, type Unsettled } from './store';

export interface Settlement {
  /** R206 to R208: the net by provider of what was committed in a window, by our own books. */
  positions(window: Window): Promise<Position[]>;
  /** What a settlement would book. Errors: as `settle`. */
  due(order: Paid): Promise<Result<Unsettled, SettlementError>>;
  /** R211: closes a window and books what was paid for it. Errors: as `SettlementError` says. */
  settle(order: SettlementOrder): Promise<Result<SettlementRow, SettlementError>>;
  /** The last first. */
  settlements(): Promise<SettlementRow[]>;
  /** Of one settlement, by provider. */
  settled(number: bigint): ReturnType<typeof readSettled>;
  /** R212: compares our journal with the scheme's. Errors: as `ReconciliationError` says. */
  reconcile(order: ReconciliationOrder): Promise<Result<ReconciliationRow, ReconciliationError>>;
  /** Compares the market's day that was over last, once whoever asks. Returns how many days were compared. */
  reconcileDay(): Promise<number>;
  /** The last first. */
  reconciliations(): Promise<ReconciliationRow[]>;
  /** Undefined where there is none of that number. */
  findings(number: bigint): Promise<readonly KeptFinding[] | undefined>;
}

const listMax = 50;
const findingsMax = 500;

export function createSettlement(deps: SettlementDeps): Settlement {
  const { db } = deps;
  return {
    positions: (window) => positions(deps, window),
    due: (order) => due(deps, order),
    settle: (order) => settle(deps, order),
    settlements: () => readSettlements(db, listMax),
    settled: (number) => readSettled(db, number),
    reconcile: (order) => reconcile(deps, order),
    reconcileDay: () => reconcileDay(deps),
    reconciliations: () => readReconciliations(db, listMax),
    findings: async (number) => {
      const found = await reconciliationBy(db, { number });
      return found && readFindings(db, number, findingsMax);
    },
  };
}
