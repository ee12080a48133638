import path from 'node:path';
import { z } from 'zod';

/** One of the two. */
export interface Provider {
  /** What it is called in the scheme. */
  readonly name: string;
  readonly port: number;
  readonly simPort: number;
  readonly serviceCode: string;
  /** A file of sims/. */
  readonly people: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Settings {
  readonly pagePort: number;
  readonly ledgerPort: number;
  readonly adminPort: number;
  readonly directoryPort: number;
  readonly schemeEnv: Readonly<Record<string, string>>;
  readonly providers: readonly [Provider, Provider];
  readonly logLevel: string;
}

const port = (standard: number) => z.coerce.number().int().min(1).max(65_535).default(standard);
const environment = z.object({
  TWO_DATA_DIR: z.string().min(1).default('data/two'),
  TWO_PAGE_PORT: port(8020),
  TWO_PORTS: z
    .string()
    .regex(/^\d+,\d+,\d+,\d+$/, 'must be four ports: 8019,8021,8119,8121')
    .default('8019,8021,8119,8121'),
  SCHEME_API_PORT: port(3000),
  SCHEME_ADMIN_PORT: port(3001),
  SCHEME_DIRECTORY_PORT: port(3002),
  SCHEME_RULES_PORT: port(3003),
  SCHEME_FRAUD_PORT: port(3004),
  LOG_LEVEL: z.string().min(1).default('silent'),
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
  const [port = 0, simPort = 0, otherPort = 0, otherSimPort = 0] = data.TWO_PORTS.split(',').map(Number);
  const folder = path.resolve(data.TWO_DATA_DIR);
  const provider = (own: Omit<Provider, 'env'>): Provider => ({ ...own, env: envOf(own, folder, data) });
  return {
    pagePort: data.TWO_PAGE_PORT,
    ledgerPort: data.SCHEME_API_PORT,
    adminPort: data.SCHEME_ADMIN_PORT,
    directoryPort: data.SCHEME_DIRECTORY_PORT,
    schemeEnv: {
      ...Object.fromEntries(schemePorts.map((name) => [name, String(data[name])])),
      SCHEME_DATA_DIR: path.join(folder, 'scheme'),
      SCHEME_AUTH: 'basic',
      SCHEME_CURRENCY: 'KES',
    },
    providers: [
      provider({ name: 'mjini', port, simPort, serviceCode: '*384*123#', people: 'people.json' }),
      provider({
        ...{ name: 'pwani', port: otherPort, simPort: otherSimPort },
        ...{ serviceCode: '*384*124#', people: 'people.two.json' },
      }),
    ],
    logLevel: data.LOG_LEVEL,
  };
}

const schemePorts = [
  'SCHEME_API_PORT',
  'SCHEME_ADMIN_PORT',
  'SCHEME_DIRECTORY_PORT',
  'SCHEME_RULES_PORT',
  'SCHEME_FRAUD_PORT',
] as const;

function envOf(
  { name, port, simPort, serviceCode, people }: Omit<Provider, 'env'>,
  folder: string,
  scheme: z.output<typeof environment>,
): Provider['env'] {
  const at = (place: number): string => `http://127.0.0.1:${place}`;
  return {
    PORT: String(port),
    SIM_PORT: String(simPort),
    DATA_DIR: path.join(folder, name),
    SERVICE_CODE: serviceCode,
    SANDBOX_PEOPLE: people,
    DFSP_ID: name,
    SCHEME: 'l1p',
    L1P_LEDGER_URL: at(scheme.SCHEME_API_PORT),
    L1P_DIRECTORY_URL: at(scheme.SCHEME_DIRECTORY_PORT),
    L1P_RULES_URL: at(scheme.SCHEME_RULES_PORT),
    // Nobody asks about fraud: to the scheme's test rule, every number with 100 in it is a fraud.
    L1P_PUBLIC_URL: `${at(port)}/l1p`,
    L1P_SECRET: `${name}-in-the-sandbox`,
    // As sims/scheme registers a member: under its name.
    L1P_DIRECTORY_KEY: name,
    L1P_DIRECTORY_SECRET: name,
    // As sims/scheme has its operator; each provider makes itself a member with it.
    L1P_OPERATOR_KEY: 'admin',
    L1P_OPERATOR_SECRET: 'admin',
  };
}
