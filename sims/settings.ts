import path from 'node:path';
import { z } from 'zod';

/** What a simulator runs with. Times are milliseconds. */
export interface Settings {
  host: string;
  port: number;
  /** Where the gateway listens, without a slash at the end. */
  gatewayUrl: string;
  /** The code that people dial, e.g. `*384*123#`. */
  serviceCode: string;
  /** Last path segment of every callback, or empty for none. */
  callbackToken: string;
  peopleFile: string;
  /** The numbers that the networks treat in ways of their own. */
  numbersFile: string;
  /** A USSD session lives this long in all. */
  sessionLimitMs: number;
  /** The gateway has this long to answer one hop. */
  gatewayTimeoutMs: number;
  /** An ended session is kept this long, so that its last hop can be delivered once more; then it is forgotten. */
  afterEndMs: number;
}

const environment = z.object({
  SIM_HOST: z.string().min(1).default('127.0.0.1'),
  SIM_PORT: z.coerce.number().int().min(0).max(65_535).default(8021),
  GATEWAY_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8019'),
  SERVICE_CODE: z
    .string()
    .regex(/^\*\d+(\*\d+)*#$/, 'must look like *384*123#')
    .default('*384*123#'),
  AFRICASTALKING_CALLBACK_TOKEN: z.string().default(''),
  PEOPLE_FILE: z.string().min(1).default(path.join(__dirname, 'people.json')),
  NUMBERS_FILE: z.string().min(1).default(path.join(__dirname, 'numbers.json')),
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
  return {
    host: read.data.SIM_HOST,
    port: read.data.SIM_PORT,
    gatewayUrl: read.data.GATEWAY_URL.replace(/\/+$/, ''),
    serviceCode: read.data.SERVICE_CODE,
    callbackToken: read.data.AFRICASTALKING_CALLBACK_TOKEN,
    peopleFile: read.data.PEOPLE_FILE,
    numbersFile: read.data.NUMBERS_FILE,
    sessionLimitMs: 180_000,
    gatewayTimeoutMs: 10_000,
    afterEndMs: 60_000,
  };
}
