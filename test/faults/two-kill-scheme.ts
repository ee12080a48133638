import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeKeyPair } from '../support/keys';
import { hubTransfers, ledgerTransfers, type SchemeTransfer } from '../support/scheme-books';
import { startHubProcess, startSchemeProcess } from '../support/sim-process';

export type SchemeName = 'fspiop' | 'l1p';

/** What stands between two providers, as a process that can be killed. */
export interface SchemeBetween {
  /** How a provider is told of it. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly transfers: () => Promise<SchemeTransfer[]>;
  readonly close: () => Promise<void>;
}

/** `ports`: where the gateway of each provider is. */
export function startBetween(scheme: SchemeName, ports: Readonly<Record<string, number>>): Promise<SchemeBetween> {
  return scheme === 'l1p' ? startL1p(ports) : startFspiop(ports);
}

const at = (port = 0): string => `http://127.0.0.1:${port}`;

async function startFspiop(ports: Readonly<Record<string, number>>): Promise<SchemeBetween> {
  const names = Object.keys(ports);
  const keys = await mkdtemp(path.join(tmpdir(), 'starhash-keys-'));
  await chmod(keys, 0o711);
  await Promise.all(names.map((name) => writeKeyPair(keys, name)));
  const hub = await startHubProcess(Object.fromEntries(names.map((name) => [name, `${at(ports[name])}/fspiop`])));
  return {
    ...hub,
    environmentOf: (name) => ({
      ...{ DFSP_ID: name, SCHEME: 'fspiop', FSPIOP_URL: at(hub.ports.hub), FSPIOP_UNSIGNED: 'Hub' },
      ...{ FSPIOP_JWS_KEY_FILE: path.join(keys, `${name}.key`), FSPIOP_PEER_KEY_FOLDER: keys },
    }),
    transfers: () => hubTransfers(hub.ports.hub),
    close: async () => {
      await hub.close();
      await rm(keys, { recursive: true, force: true });
    },
  };
}

async function startL1p(ports: Readonly<Record<string, number>>): Promise<SchemeBetween> {
  const scheme = await startSchemeProcess({ SCHEME_CURRENCY: 'KES', SCHEME_OPENING_FUNDS: '100000000' });
  return {
    ...scheme,
    environmentOf: (name) => ({
      ...{ DFSP_ID: name, SCHEME: 'l1p' },
      ...{ L1P_LEDGER_URL: at(scheme.ports.api), L1P_DIRECTORY_URL: at(scheme.ports.directory) },
      ...{ L1P_PUBLIC_URL: `${at(ports[name])}/l1p`, L1P_SECRET: `secret of ${name}` },
      ...{ L1P_DIRECTORY_KEY: name, L1P_DIRECTORY_SECRET: name },
      ...{ L1P_OPERATOR_KEY: 'admin', L1P_OPERATOR_SECRET: 'admin' },
    }),
    transfers: () => ledgerTransfers(scheme.ports.admin),
  };
}
