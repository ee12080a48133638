import path from 'node:path';
import { z } from 'zod';
import { type IdentifierType, identifierTypes } from './directory/identifiers';
import { parseAmount } from './ledger/amounts';

/** What the central services run with. Times are milliseconds, amounts whole units of the ledger's scale. */
export interface Settings {
  host: string;
  ports: { api: number; admin: number; directory: number; rules: number; fraud: number };
  dataDir: string;
  /** `open`: credentials are checked when they come (chapter 4 asks for none). `basic`: they must come. */
  auth: 'open' | 'basic';
  admin: { key: string; secret: string };
  /** What the ledger calls itself, the first in its own answers; empty for where it listens. */
  ledgerUris: string[];
  directoryUri: string;
  currency: { code: string | null; symbol: string | null };
  precision: number;
  scale: number;
  /** What a new account has to spend. */
  openingFunds: bigint;
  sweepMs: number;
  /** Looked up where nobody registered the identifier; empty for nobody. */
  defaultDfsp: string;
  identifierTypes: IdentifierType[];
  /** The central rules allow a transfer up to this amount. */
  transferLimit: bigint;
}

const port = (standard: number) => z.coerce.number().int().min(0).max(65_535).default(standard);
const uri = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));

const environment = z.object({
  SCHEME_HOST: z.string().min(1).default('127.0.0.1'),
  SCHEME_API_PORT: port(3000),
  SCHEME_ADMIN_PORT: port(3001),
  SCHEME_DIRECTORY_PORT: port(3002),
  SCHEME_RULES_PORT: port(3003),
  SCHEME_FRAUD_PORT: port(3004),
  SCHEME_DATA_DIR: z.string().min(1).default(path.join('data', 'scheme')),
  SCHEME_AUTH: z.enum(['open', 'basic']).default('open'),
  SCHEME_ADMIN_KEY: z
    .string()
    .min(1)
    .regex(/^[^:]+$/, 'must have no colon')
    .default('admin'),
  SCHEME_ADMIN_SECRET: z.string().min(1).default('admin'),
  SCHEME_LEDGER_URI: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter((one) => one.trim() !== ''))
    .pipe(z.array(uri)),
  SCHEME_DIRECTORY_URI: uri.or(z.literal('')).default(''),
  SCHEME_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three capital letters')
    .optional(),
  SCHEME_CURRENCY_SYMBOL: z.string().min(1).optional(),
  SCHEME_PRECISION: z.coerce.number().int().min(1).max(38).default(10),
  SCHEME_SCALE: z.coerce.number().int().min(0).max(12).default(2),
  SCHEME_OPENING_FUNDS: z.string().default('1000000'),
  SCHEME_SWEEP_MS: z.coerce.number().int().min(10).max(60_000).default(250),
  SCHEME_DEFAULT_DFSP: z.string().default(''),
  SCHEME_IDENTIFIER_TYPES: z.string().default('').transform(identifierTypes),
  SCHEME_TRANSFER_LIMIT: z.string().default('100000'),
});

/**
 * Reads the settings from the environment.
 * @throws Error naming each variable that is wrong.
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const read = environment.safeParse(env);
  if (!read.success) {
    throw new Error(read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  const { data } = read;
  const amount = (name: 'SCHEME_OPENING_FUNDS' | 'SCHEME_TRANSFER_LIMIT'): bigint => {
    const units = parseAmount(data[name], data.SCHEME_SCALE);
    if (units === undefined) throw new Error(`${name}: must be an amount with ${data.SCHEME_SCALE} decimals at most`);
    return units;
  };
  return {
    host: data.SCHEME_HOST,
    ports: {
      api: data.SCHEME_API_PORT,
      admin: data.SCHEME_ADMIN_PORT,
      directory: data.SCHEME_DIRECTORY_PORT,
      rules: data.SCHEME_RULES_PORT,
      fraud: data.SCHEME_FRAUD_PORT,
    },
    dataDir: data.SCHEME_DATA_DIR,
    auth: data.SCHEME_AUTH,
    admin: { key: data.SCHEME_ADMIN_KEY, secret: data.SCHEME_ADMIN_SECRET },
    ledgerUris: data.SCHEME_LEDGER_URI,
    directoryUri: data.SCHEME_DIRECTORY_URI,
    currency: { code: data.SCHEME_CURRENCY ?? null, symbol: data.SCHEME_CURRENCY_SYMBOL ?? null },
    precision: data.SCHEME_PRECISION,
    scale: data.SCHEME_SCALE,
    openingFunds: amount('SCHEME_OPENING_FUNDS'),
    sweepMs: data.SCHEME_SWEEP_MS,
    defaultDfsp: data.SCHEME_DEFAULT_DFSP,
    identifierTypes: data.SCHEME_IDENTIFIER_TYPES,
    transferLimit: amount('SCHEME_TRANSFER_LIMIT'),
  };
}
