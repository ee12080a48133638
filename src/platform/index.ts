/**
 * Platform: what every room stands on and nothing that knows the trade. Configuration, the database, time, ids,
 * money, results, logs, limits. It imports no room.
 */
export type { Attachment, Json } from './attachment';
export { systemClock, plusMs, type Clock } from './clock';
export { ConfigError, loadConfig, type Config, type Secrets } from './config';
export type { FspiopConfig, L1pConfig } from './config-scheme';
export { createDb, sqlState, violatedConstraint, type Db, type Query, type Session, type Sql, type Tx } from './db';
export { createCodeDigests, deriveKey, type CodeDigests } from './code-digests';
export { createGate } from './gate';
export { parseIdentifier } from './identifier';
export { createIds, type Ids } from './ids';
export { createCipher, deriveKeyring, parseKeyring, type Cipher, type Keyring, type Sealed } from './keyring';
export { createLog, type Log } from './log';
export { dayOf, formatDateTime, formatDay, startOfDay, type Country, type Market } from './market';
export { migrate } from './migrate';
export {
  currencyNumber,
  currencyOfNumber,
  formatAmount,
  formatMoney,
  isCurrency,
  minorFromDecimal,
  parseAmount,
  type AmountError,
  type Currency,
} from './money';
export { maskedForm, nationalForm, parseMsisdn, type Msisdn } from './msisdn';
export { assert, err, ok, type Detail, type Result } from './result';
export { inBatches, inSlices } from './slices';
export { readTable, type TableRow } from './table';
export { hasCheckDigit, parseUserNumber } from './user-number';
