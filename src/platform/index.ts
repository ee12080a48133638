/**
 * Platform: what every room stands on and nothing that knows the trade. Configuration, the database, time, ids,
 * money, results, logs, limits. It imports no room.
 */
export { systemClock, plusMs, type Clock } from './clock';
export { createDb, sqlState, violatedConstraint, type Db, type Query, type Sql, type Tx } from './db';
export { createIds, type Ids } from './ids';
export { createLog, describeError, type Log } from './log';
export { migrate } from './migrate';
export {
  decimalsOf,
  formatAmount,
  formatMoney,
  isCurrency,
  minorFromDecimal,
  parseAmount,
  type AmountError,
  type Currency,
} from './money';
export { nationalForm, parseMsisdn, type Msisdn } from './msisdn';
export { assert, err, ok, type Detail, type Result } from './result';
