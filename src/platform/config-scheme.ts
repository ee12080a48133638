import { z } from 'zod';
import { durationMs, httpUrl, whole } from './config-values';

/** How this provider meets others. */
export interface SchemeConfig {
  /** What it is called there: 1 to 32 characters. */
  readonly dfspId: string;
  /** Within what time the scheme decides over a transfer of ours. */
  readonly transferTtlMs: number;
  /** So long after that a transfer which the scheme does not know is taken for lost. */
  readonly graceMs: number;
  /** How long one request of ours waits for an answer. */
  readonly timeoutMs: number;
  /** How long messages are kept, so that one that comes again is known, and an answer that was lost is given again. */
  readonly keptMs: number;
  /** `alone`: nobody is beside us. */
  readonly way: { readonly name: 'alone' } | FspiopConfig | L1pConfig;
}

/** Mojaloop today. */
export interface FspiopConfig {
  readonly name: 'fspiop';
  readonly switchUrl: string;
  /** What is spoken, by resource. */
  readonly versions: Readonly<Record<string, string>>;
  readonly hubIds: readonly string[];
  readonly ilpVersion: 1 | 4;
  readonly tls: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  readonly oauth?: { readonly tokenUrl: string; readonly clientId: string; readonly clientSecretFile: string };
  readonly signatures?: {
    readonly privateKeyFile: string;
    readonly peerKeyFolder: string;
    /** Who is believed without one. */
    readonly unsigned: readonly string[];
  };
}

/** The scheme of 2017. */
export interface L1pConfig {
  readonly name: 'l1p';
  readonly ledgerUrl: string;
  readonly directoryUrl: string;
  /** Other directories, by the scheme of URIs that each is asked for. */
  readonly directoryUrls: Readonly<Record<string, string>>;
  readonly rulesUrl?: string;
  readonly fraudUrl?: string;
  /** Where other providers reach us. */
  readonly publicUrl: string;
  readonly credentials: Credentials;
  readonly directoryCredentials?: Credentials;
  /** Of the scheme's operator, in a sandbox: we make ourselves a member. */
  readonly operator?: Credentials;
  /** As ILP addresses have it. */
  readonly country: string;
}
interface Credentials {
  readonly name: string;
  readonly secret: string;
}

const dayMs = 86_400_000;
const text = z.string().min(1).optional();
const names = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}(,[A-Za-z0-9_-]{1,32})*$/, 'must be names, separated by commas')
  .transform((text) => text.split(','));
const versions = z
  .string()
  .regex(/^[A-Za-z]+=\d\.\d(,[A-Za-z]+=\d\.\d)*$/, 'must be like transfers=1.1,quotes=1.0')
  .transform((text) => Object.fromEntries(text.split(',').map((part) => part.split('=') as [string, string])));
const directoriesForm =
  'must be like mailto=http://one,acct=http://two: an http(s):// URL for each of tel, eur, mailto or acct, once';
const directories = z.string().transform((text, context) => {
  const parts = text.split(',').map((part): [string, string | undefined] => {
    const [, uriScheme = '', url] = /^(tel|eur|mailto|acct)=([^\s;]+)$/.exec(part.trim()) ?? [];
    return [uriScheme, httpUrl.safeParse(url).data];
  });
  const byScheme = new Map(parts.flatMap(([uriScheme, url]) => (url === undefined ? [] : [[uriScheme, url] as const])));
  if (byScheme.size === parts.length) return Object.fromEntries(byScheme);
  context.addIssue({ code: 'custom', message: directoriesForm });
  return z.NEVER;
});

/** The variables of the scheme, for the schema of all. */
export const schemeVariables = {
  SCHEME: z.enum(['alone', 'fspiop', 'l1p'], 'must be alone, fspiop or l1p').default('alone'),
  DFSP_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, - or _')
    .default('starhash'),
  SCHEME_TRANSFER_TTL_MS: durationMs(30_000, 3_600_000),
  SCHEME_GRACE_MS: durationMs(60_000, 24 * 3_600_000),
  SCHEME_TIMEOUT_MS: durationMs(3_000, 30_000),
  SCHEME_KEPT_MS: whole(7 * dayMs, 3_650 * dayMs, ' of milliseconds').default(90 * dayMs),
  FSPIOP_URL: httpUrl.optional(),
  FSPIOP_VERSIONS: versions.default({}),
  FSPIOP_HUB_IDS: names.default(['Hub', 'switch']),
  FSPIOP_ILP: z.enum(['1', '4'], 'must be 1 or 4').default('1'),
  FSPIOP_CA_FILE: text,
  FSPIOP_CERT_FILE: text,
  FSPIOP_CERT_KEY_FILE: text,
  FSPIOP_TOKEN_URL: httpUrl.optional(),
  FSPIOP_CLIENT_ID: text,
  FSPIOP_CLIENT_SECRET_FILE: text,
  FSPIOP_JWS_KEY_FILE: text,
  FSPIOP_PEER_KEY_FOLDER: text,
  FSPIOP_UNSIGNED: names.default([]),
  L1P_LEDGER_URL: httpUrl.optional(),
  L1P_DIRECTORY_URL: httpUrl.optional(),
  L1P_DIRECTORIES: directories.default({}),
  L1P_RULES_URL: httpUrl.optional(),
  L1P_FRAUD_URL: httpUrl.optional(),
  L1P_PUBLIC_URL: httpUrl.optional(),
  L1P_SECRET: text,
  L1P_DIRECTORY_KEY: text,
  L1P_DIRECTORY_SECRET: text,
  L1P_OPERATOR_KEY: text,
  L1P_OPERATOR_SECRET: text,
  L1P_COUNTRY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three letters, like KEN')
    .default('ZZZ'),
};
type Environment = z.output<z.ZodObject<typeof schemeVariables>>;

interface Needs {
  /** Without these there is no way. */
  readonly always: readonly (keyof Environment)[];
  /** Nobody is believed on their word there. */
  readonly inProduction: readonly (keyof Environment)[];
  /** All of a group, or none. */
  readonly together: readonly (readonly (keyof Environment)[])[];
}

const needs: Readonly<Record<Environment['SCHEME'], Needs>> = {
  alone: { always: [], inProduction: [], together: [] },
  fspiop: {
    always: ['FSPIOP_URL'],
    inProduction: ['FSPIOP_JWS_KEY_FILE'],
    together: [
      ['FSPIOP_CERT_FILE', 'FSPIOP_CERT_KEY_FILE'],
      ['FSPIOP_TOKEN_URL', 'FSPIOP_CLIENT_ID', 'FSPIOP_CLIENT_SECRET_FILE'],
      ['FSPIOP_JWS_KEY_FILE', 'FSPIOP_PEER_KEY_FOLDER'],
    ],
  },
  l1p: {
    always: ['L1P_LEDGER_URL', 'L1P_DIRECTORY_URL', 'L1P_PUBLIC_URL', 'L1P_SECRET'],
    inProduction: [],
    together: [
      ['L1P_DIRECTORY_KEY', 'L1P_DIRECTORY_SECRET'],
      ['L1P_OPERATOR_KEY', 'L1P_OPERATOR_SECRET'],
    ],
  },
};

/** What is missing for the scheme that is asked for: a line each. */
export function schemeProblems(env: Environment, production: boolean): string[] {
  const { always, inProduction, together } = needs[env.SCHEME];
  const isMissing = (name: keyof Environment): boolean => env[name] === undefined;
  return [
    ...always.filter(isMissing).map((name) => `${name} must be set when SCHEME=${env.SCHEME}`),
    ...inProduction
      .filter((name) => production && isMissing(name))
      .map((name) => `${name} must be set when SCHEME=${env.SCHEME} and NODE_ENV=production`),
    ...together
      .filter((group) => group.some(isMissing) && !group.every(isMissing))
      .flatMap((group) => group.filter(isMissing).map((name) => `${name} must be set beside ${present(group, env)}`)),
  ];
}

function present(group: readonly (keyof Environment)[], env: Environment): string {
  return group.filter((name) => env[name] !== undefined).join(' and ');
}

/** Of variables without problems. */
export function schemeOf(env: Environment): SchemeConfig {
  return {
    dfspId: env.DFSP_ID,
    transferTtlMs: env.SCHEME_TRANSFER_TTL_MS,
    graceMs: env.SCHEME_GRACE_MS,
    timeoutMs: env.SCHEME_TIMEOUT_MS,
    keptMs: env.SCHEME_KEPT_MS,
    way: wayOf(env),
  };
}

function wayOf(env: Environment): SchemeConfig['way'] {
  if (env.SCHEME === 'alone') return { name: 'alone' };
  return env.SCHEME === 'l1p' ? l1pOf(env) : fspiopOf(env);
}

function fspiopOf(env: Environment): FspiopConfig {
  const { FSPIOP_CA_FILE: caFile, FSPIOP_CERT_FILE: certFile, FSPIOP_CERT_KEY_FILE: keyFile } = env;
  const { FSPIOP_TOKEN_URL: tokenUrl, FSPIOP_CLIENT_ID: clientId, FSPIOP_CLIENT_SECRET_FILE: clientSecretFile } = env;
  const { FSPIOP_JWS_KEY_FILE: privateKeyFile, FSPIOP_PEER_KEY_FOLDER: peerKeyFolder } = env;
  return {
    name: 'fspiop',
    switchUrl: env.FSPIOP_URL ?? '',
    versions: env.FSPIOP_VERSIONS,
    hubIds: env.FSPIOP_HUB_IDS,
    ilpVersion: env.FSPIOP_ILP === '4' ? 4 : 1,
    tls: { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) },
    ...(tokenUrl && clientId && clientSecretFile && { oauth: { tokenUrl, clientId, clientSecretFile } }),
    ...(privateKeyFile &&
      peerKeyFolder && { signatures: { privateKeyFile, peerKeyFolder, unsigned: env.FSPIOP_UNSIGNED } }),
  };
}

function l1pOf(env: Environment): L1pConfig {
  const { L1P_RULES_URL: rulesUrl, L1P_FRAUD_URL: fraudUrl } = env;
  const directoryCredentials = credentialsOf(env.L1P_DIRECTORY_KEY, env.L1P_DIRECTORY_SECRET);
  const operator = credentialsOf(env.L1P_OPERATOR_KEY, env.L1P_OPERATOR_SECRET);
  return {
    name: 'l1p',
    ledgerUrl: env.L1P_LEDGER_URL ?? '',
    directoryUrl: env.L1P_DIRECTORY_URL ?? '',
    directoryUrls: env.L1P_DIRECTORIES,
    ...(rulesUrl && { rulesUrl }),
    ...(fraudUrl && { fraudUrl }),
    publicUrl: env.L1P_PUBLIC_URL ?? '',
    credentials: { name: env.DFSP_ID, secret: env.L1P_SECRET ?? '' },
    ...(directoryCredentials && { directoryCredentials }),
    ...(operator && { operator }),
    country: env.L1P_COUNTRY,
  };
}

function credentialsOf(name: string | undefined, secret: string | undefined): Credentials | undefined {
  return name && secret ? { name, secret } : undefined;
}
