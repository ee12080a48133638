import { getCountries, type CountryCode } from 'libphonenumber-js';
import path from 'node:path';
import { z } from 'zod';
import { durationMs, httpUrl, whole } from './config-values';
import { schemeOf, schemeProblems, schemeVariables, type SchemeConfig } from './config-scheme';
import { parseKeyring, type Keyring } from './keyring';
import type { Market } from './market';
import { isCurrency } from './money';
import type { Msisdn } from './msisdn';

/** Everything that can be set from outside, read once at start and checked there. The README lists it. */
export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Undefined: no simulators. */
  readonly simPort: number | undefined;
  readonly dataDir: string;
  /** Undefined: PostgreSQL comes with the npm packages. */
  readonly databaseUrl: string | undefined;
  readonly databaseConnectionsMax: number;
  readonly logLevel: string;
  readonly market: Market;
  readonly limits: {
    readonly sessionTtlMs: number;
    readonly resumeTtlMs: number;
    readonly quoteTtlMs: number;
    readonly cashOutTtlMs: number;
    readonly codeTtlMs: number;
    readonly invoiceTtlMs: number;
    readonly hopDeadlineMs: number;
  };
  readonly africasTalking: {
    readonly callbackToken: string | undefined;
    readonly username: string;
    readonly apiKey: string;
    /** Undefined: the simulator's. */
    readonly baseUrl: string | undefined;
    readonly from: string | undefined;
    readonly smsTimeoutMs: number;
  };
  /** The mobile network that says whether a SIM was changed. */
  readonly mno: {
    /** Undefined: the simulator's; in production none, and no PIN is reset. */
    readonly baseUrl: string | undefined;
    readonly token: string;
    /** So long after its SIM was changed a number gets no code for a new PIN. */
    readonly simSwapHoldMs: number;
  };
  readonly scheme: SchemeConfig;
  readonly sandbox: {
    /** A file of sims/ with the people of the sandbox; undefined: people.json, and the numbers that force an outcome. */
    readonly peopleFile: string | undefined;
  };
  /** Where the signed heads of the forensic log go, so that whoever owns the database cannot rewrite it unseen. */
  readonly audit: {
    /** Undefined: none is written. */
    readonly headsFile: string | undefined;
    readonly headsSmsTo: readonly Msisdn[];
    readonly headsIntervalMs: number;
    /** Money stops when they were last published longer ago; undefined: never. */
    readonly headsMaxAgeMs: number | undefined;
  };
  /** Undefined fields are made at the first start, outside production only. */
  readonly secrets: Partial<Secrets>;
}

export interface Secrets {
  readonly peppers: Keyring;
  readonly dataKeys: Keyring;
  readonly indexKey: Buffer;
  readonly hopKey: Buffer;
  /** Seeds of Ed25519: they sign the heads of the forensic log. */
  readonly auditKeys: Keyring;
}

/** What the operator must mend, a line each. No line repeats a secret. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('; '));
  }
}

const port = whole(0, 65_535);
const keyring = z.string().transform((text, context): Keyring => {
  try {
    return parseKeyring(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is unreadable' });
    return z.NEVER;
  }
});
const key = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits')
  .transform((hex) => Buffer.from(hex, 'hex'));
const msisdns = z
  .string()
  .regex(/^\+[1-9]\d{6,14}(,\+[1-9]\d{6,14})*$/, 'must be phone numbers like +254700000001, separated by commas')
  .transform((text) => text.split(',') as Msisdn[]);
const isTimeZone = (name: string) => Intl.supportedValuesOf('timeZone').includes(name) || name === 'UTC';

const schema = z.object({
  // A misspelt `production` must not start a sandbox.
  NODE_ENV: z
    .enum(['development', 'test', 'production'], 'must be development, test or production')
    .default('development'),
  PORT: port.default(8019),
  HOST: z.string().min(1).default('127.0.0.1'),
  SIM_PORT: port.default(8021),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  DATABASE_CONNECTIONS_MAX: whole(2, 500).default(20),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info'),
  COUNTRY: z
    .string()
    .refine((code) => (getCountries() as string[]).includes(code), 'must be an ISO country code')
    .default('KE'),
  CURRENCY: z.string().refine(isCurrency, 'is not a currency known here').optional(),
  TIME_ZONE: z.string().refine(isTimeZone, 'must be an IANA time zone').optional(),
  SERVICE_CODE: z
    .string()
    .regex(/^\*[\d*]+#$/, 'must look like *384*123#')
    .default('*384*123#'),
  SESSION_TTL_MS: durationMs(180_000),
  RESUME_TTL_MS: durationMs(600_000),
  QUOTE_TTL_MS: durationMs(120_000),
  CASH_OUT_TTL_MS: durationMs(600_000),
  CODE_TTL_MS: durationMs(600_000),
  INVOICE_TTL_MS: durationMs(24 * 3_600_000),
  HOP_DEADLINE_MS: durationMs(4_500),
  AFRICASTALKING_CALLBACK_TOKEN: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,128}$/, 'must be 16 to 128 letters, digits, - or _')
    .optional(),
  AFRICASTALKING_USERNAME: z.string().min(1).default('sandbox'),
  AFRICASTALKING_API_KEY: z.string().min(1).default('sandbox'),
  AFRICASTALKING_BASE_URL: httpUrl.optional(),
  AFRICASTALKING_FROM: z.string().min(1).optional(),
  // Shorter than half of the outbox's lease.
  SMS_TIMEOUT_MS: durationMs(10_000, 25_000),
  ...schemeVariables,
  SANDBOX_PEOPLE: z
    .string()
    .regex(/^[a-z0-9.-]+\.json$/, 'must be the name of a file in sims/, like people.two.json')
    .optional(),
  MNO_BASE_URL: httpUrl.optional(),
  MNO_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must have no spaces')
    .default('sandbox'),
  SIM_SWAP_HOLD_MS: durationMs(72 * 3_600_000, 100 * 86_400_000),
  PIN_PEPPER: keyring.optional(),
  DATA_KEY: keyring.optional(),
  INDEX_KEY: key.optional(),
  HOP_KEY: key.optional(),
  AUDIT_KEY: keyring.optional(),
  AUDIT_HEADS_FILE: z.string().min(1).optional(),
  AUDIT_HEADS_SMS_TO: msisdns.default([]),
  AUDIT_HEADS_INTERVAL_MS: durationMs(60_000),
  AUDIT_HEADS_MAX_AGE_MS: whole(1, 31 * 86_400_000, ' of milliseconds').optional(),
});
type Environment = z.output<typeof schema>;

/** What money and midnight are where nothing else is said; of the countries that src/rules has rules for. */
const countryDefaults: Readonly<Record<string, Pick<Market, 'currency' | 'timeZone'>>> = {
  GH: { currency: 'GHS', timeZone: 'Africa/Accra' },
  KE: { currency: 'KES', timeZone: 'Africa/Nairobi' },
  TZ: { currency: 'TZS', timeZone: 'Africa/Dar_es_Salaam' },
  UG: { currency: 'UGX', timeZone: 'Africa/Kampala' },
};

/** What production does not start without: nothing that protects people may be a default. */
const productionNeeds = [
  'DATABASE_URL',
  'AFRICASTALKING_CALLBACK_TOKEN',
  'AFRICASTALKING_API_KEY',
  'AFRICASTALKING_BASE_URL',
  'PIN_PEPPER',
  'DATA_KEY',
  'INDEX_KEY',
  'HOP_KEY',
  'AUDIT_KEY',
] as const;

/** Reads the environment. Throws a `ConfigError` that names each variable that is wrong. An empty variable is an unset one. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(set);
  if (!parsed.success)
    throw new ConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`));
  const production = parsed.data.NODE_ENV === 'production';
  const missing: string[] = production ? productionNeeds.filter((name) => set[name] === undefined) : [];
  const publishes = set['AUDIT_HEADS_FILE'] !== undefined || set['AUDIT_HEADS_SMS_TO'] !== undefined;
  if (production && !publishes) missing.push('AUDIT_HEADS_FILE or AUDIT_HEADS_SMS_TO');
  const problems = missing.map((name) => `${name} must be set when NODE_ENV=production`);
  problems.push(...schemeProblems(parsed.data, production));
  if (problems.length > 0) throw new ConfigError(problems);
  return configOf(parsed.data, production);
}

function configOf(env: Environment, production: boolean): Config {
  return {
    production,
    port: env.PORT,
    host: env.HOST,
    simPort: production ? undefined : env.SIM_PORT,
    dataDir: env.DATA_DIR,
    databaseUrl: env.DATABASE_URL,
    databaseConnectionsMax: env.DATABASE_CONNECTIONS_MAX,
    logLevel: env.LOG_LEVEL,
    market: {
      country: env.COUNTRY as CountryCode,
      currency: env.CURRENCY ?? countryDefaults[env.COUNTRY]?.currency ?? 'USD',
      timeZone: env.TIME_ZONE ?? countryDefaults[env.COUNTRY]?.timeZone ?? 'UTC',
      serviceCode: env.SERVICE_CODE,
    },
    limits: {
      sessionTtlMs: env.SESSION_TTL_MS,
      resumeTtlMs: env.RESUME_TTL_MS,
      quoteTtlMs: env.QUOTE_TTL_MS,
      cashOutTtlMs: env.CASH_OUT_TTL_MS,
      codeTtlMs: env.CODE_TTL_MS,
      invoiceTtlMs: env.INVOICE_TTL_MS,
      hopDeadlineMs: env.HOP_DEADLINE_MS,
    },
    africasTalking: {
      callbackToken: env.AFRICASTALKING_CALLBACK_TOKEN,
      username: env.AFRICASTALKING_USERNAME,
      apiKey: env.AFRICASTALKING_API_KEY,
      baseUrl: env.AFRICASTALKING_BASE_URL,
      from: env.AFRICASTALKING_FROM,
      smsTimeoutMs: env.SMS_TIMEOUT_MS,
    },
    scheme: schemeOf(env),
    sandbox: { peopleFile: env.SANDBOX_PEOPLE },
    mno: {
      baseUrl: env.MNO_BASE_URL,
      token: env.MNO_TOKEN,
      simSwapHoldMs: env.SIM_SWAP_HOLD_MS,
    },
    audit: {
      headsFile: env.AUDIT_HEADS_FILE ?? keptHeadsFile(env),
      headsSmsTo: env.AUDIT_HEADS_SMS_TO,
      headsIntervalMs: env.AUDIT_HEADS_INTERVAL_MS,
      headsMaxAgeMs: env.AUDIT_HEADS_MAX_AGE_MS,
    },
    secrets: secretsOf(env),
  };
}

/** In DATA_DIR where that is ours anyway: because the database or a key is kept there. */
function keptHeadsFile(env: Environment): string | undefined {
  const { peppers, dataKeys, indexKey, hopKey, auditKeys } = secretsOf(env);
  const needsDataDir = !(env.DATABASE_URL && peppers && dataKeys && indexKey && hopKey && auditKeys);
  return needsDataDir ? path.join(env.DATA_DIR, 'audit-heads.jsonl') : undefined;
}

function secretsOf(env: Environment): Partial<Secrets> {
  return {
    ...(env.PIN_PEPPER && { peppers: env.PIN_PEPPER }),
    ...(env.DATA_KEY && { dataKeys: env.DATA_KEY }),
    ...(env.INDEX_KEY && { indexKey: env.INDEX_KEY }),
    ...(env.HOP_KEY && { hopKey: env.HOP_KEY }),
    ...(env.AUDIT_KEY && { auditKeys: env.AUDIT_KEY }),
  };
}
