import { createServer } from 'node:http';
import path from 'node:path';
import express from 'express';
import { createCipher, createDb, createLog, parseKeyring, systemClock } from '../../src/platform';
import { createFspiop } from '../../src/switch';
import { close, listen, urlOf } from '../support/listen';
import { createTestDatabase } from '../support/database';
import { createWorld, type World } from '../support/world';

/** A whole provider with the people of the sandbox, and a real clock, whose scheme is at `switchUrl`. */
export interface Provider {
  readonly world: World;
  /** Where its side of FSPIOP is. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ProviderOptions {
  readonly dfspId: string;
  readonly switchUrl: string;
  /** How the hub calls itself. */
  readonly hubId: string;
  /** `<dfspId>.key` and `<hubId>.pem`; undefined: nothing is signed. */
  readonly keyFolder?: string;
}

export async function startProvider({ dfspId, switchUrl, hubId, keyFolder }: ProviderOptions): Promise<Provider> {
  const database = await createTestDatabase();
  const db = createDb({ url: database.url, connectionsMax: 4, role: 'starhash_app', onError: () => undefined });
  const log = createLog(process.env['LOG_LEVEL'] ?? 'silent');
  const key = (digit: string) => `d1:${digit.repeat(64)}`;
  const { adapter, routes } = createFspiop(
    {
      ...{ dfspId, switchUrl, hubIds: [hubId], timeoutMs: 5_000, quoteLifeMs: 60_000 },
      ...(keyFolder !== undefined && {
        signatures: { privateKeyFile: path.join(keyFolder, `${dfspId}.key`), peerKeyFolder: keyFolder },
      }),
    },
    {
      ...{ db, clock: systemClock, log, digestKey: Buffer.alloc(32, 1) },
      ...{ cipher: createCipher(parseKeyring(key('1'))), secrets: parseKeyring(key('2')) },
    },
  );
  const advance = (): never => {
    throw new Error('the toolkit lives in real time');
  };
  const world = await createWorld({
    ...{ adapter, log, clock: { now: () => systemClock.now(), advance } },
    environment: { DFSP_ID: dfspId, HOP_DEADLINE_MS: '10000' },
  });
  const server = await listen(createServer(express().use('/fspiop', routes)));
  return {
    world,
    url: `${urlOf(server)}/fspiop`,
    close: async () => {
      await world.close();
      await close(server);
      await db.close();
      await database.drop();
    },
  };
}
