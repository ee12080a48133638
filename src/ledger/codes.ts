import { refusalCodes, type LedgerError } from './errors';
import type { AccountStatus, LegCode, Transfer } from './port';

/** How the database writes what the port names. */
export const kindCodes = { transfer: 1, reserve: 2, post: 3, void: 4 } as const satisfies Record<
  Transfer['kind'],
  number
>;
export const legCodes = { principal: 1, fee: 2, commission: 3, opening: 4, transit: 5 } as const satisfies Record<
  LegCode,
  number
>;
export const countedBit = 256;
export const statusCodes = {
  open: 0,
  frozen_debit: 1,
  frozen_credit: 2,
  frozen: 3,
  closed: 7,
} as const satisfies Record<AccountStatus, number>;
/** Beside the refusals: the id is known; the legs are not those of the reservation. */
export const knownCode = 100;
export const otherLegsCode = 102;

const refusals = new Map(Object.entries(refusalCodes).map(([name, code]) => [code, name as LedgerError]));
const kinds = new Map(Object.entries(kindCodes).map(([name, code]) => [code as number, name as Transfer['kind']]));
const legs = new Map(Object.entries(legCodes).map(([name, code]) => [code as number, name as LegCode]));
const statuses = new Map(Object.entries(statusCodes).map(([name, code]) => [code as number, name as AccountStatus]));

/** The refusal of a code; throws on one that is none. */
export function refusalOfCode(code: number): LedgerError {
  return nameOf(refusals, code);
}
export function kindOfCode(code: number): Transfer['kind'] {
  return nameOf(kinds, code);
}
export function legOfCode(code: number): LegCode {
  return nameOf(legs, code & (countedBit - 1));
}
export function statusOfCode(code: number): AccountStatus {
  return nameOf(statuses, code);
}

function nameOf<T>(names: ReadonlyMap<number, T>, code: number): T {
  const name = names.get(code);
  if (name === undefined) throw new Error(`the ledger's database wrote the unknown code ${code}`);
  return name;
}
