/** Why nothing is settled or compared. Nothing has moved when any of these is returned. */
export type SettlementError =
  /** Detail `problem`: why the window is none. */
  | 'window_malformed'
  /** Up to then it is settled already. */
  | 'settlement_closed'
  /** Nothing was committed in the window. */
  | 'settlement_nothing'
  /** What moved at the bank is not what our books say; detail `problem`: what they say. */
  | 'settlement_differs';

export type ReconciliationError =
  | 'window_malformed'
  /** The scheme tells nobody: a file is needed. */
  | 'statement_none'
  /** The scheme can't be reached. */
  | 'statement_away'
  /** Detail `problem`: the line, the field, and what is wrong with it. */
  | 'statement_malformed';
