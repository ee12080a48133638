import path from 'node:path';
import { z } from 'zod';

/** What the hub runs with. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Where each participant takes callbacks, without a slash at the end. */
  readonly participants: ReadonlyMap<string, string>;
  /** How often it is looked for transfers that have expired. */
  readonly sweepMs: number;
  /** So long it is waited at most between two attempts at a participant that is away. */
  readonly pauseMaxMs: number;
}

const url = z.url({ protocol: /^https?$/ });
const form = 'must be like one=http://127.0.0.1:8019/fspiop,two=http://…';
const participants = z.string(form).transform((text, context) => {
  const read = text.split(',').map((one) => /^([!-~]{1,32}?)=(.+)$/.exec(one.trim()) ?? []);
  const places = read.map(([, name = '', address = '']): [string, string] => [name, address.replace(/\/+$/, '')]);
  if (places.every(([name, address]) => name !== '' && url.safeParse(address).success)) return new Map(places);
  context.addIssue({ code: 'custom', message: form });
  return z.NEVER;
});

const environment = z.object({
  HUB_HOST: z.string().min(1).default('127.0.0.1'),
  HUB_PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  HUB_DATA_DIR: z.string().min(1).default(path.join('data', 'hub')),
  HUB_PARTICIPANTS: participants,
  HUB_SWEEP_MS: z.coerce.number().int().min(10).max(60_000).default(100),
  HUB_PAUSE_MAX_MS: z.coerce.number().int().min(10).max(60_000).default(1_000),
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
  return {
    host: data.HUB_HOST,
    port: data.HUB_PORT,
    dataDir: data.HUB_DATA_DIR,
    participants: data.HUB_PARTICIPANTS,
    sweepMs: data.HUB_SWEEP_MS,
    pauseMaxMs: data.HUB_PAUSE_MAX_MS,
  };
}
