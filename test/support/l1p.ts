import { createServer } from 'node:http';
import express, { type Router } from 'express';
import type { ServiceName } from '../../sims/scheme/scheme';
import { createLog, parseKeyring, type Clock, type Db } from '../../src/platform';
import { createL1p, type L1pOptions, type SwitchAdapter } from '../../src/switch';
import { close, listen, urlOf } from './listen';

export interface L1pAddress {
  /** What other providers call. */
  readonly url: string;
  /** Of a process of this provider; the one that was made last gets what others send. */
  adapter(deps: { readonly db: Db; readonly clock: Clock }): SwitchAdapter;
  close(): Promise<void>;
}

/** A provider's place in the scheme of 2017: an address of its own, which outlives the processes behind it. */
export async function openL1pAddress(
  dfspId: string,
  ports: Readonly<Record<ServiceName, number>>,
  options: Partial<L1pOptions> = {},
): Promise<L1pAddress> {
  let routes: Router | undefined;
  const app = express();
  app.use('/l1p', (req, res, next) => void routes?.(req, res, next));
  const server = await listen(createServer(app));
  const at = (service: ServiceName) => `http://127.0.0.1:${ports[service]}`;
  const url = `${urlOf(server)}/l1p`;
  return {
    url,
    adapter: (deps) => {
      const created = createL1p(
        {
          ...{
            dfspId,
            ledgerUrl: at('api'),
            directoryUrl: at('directory'),
            // Not fraud sharing: it takes numbers that hold 100, 111 or 999 for known.
            rulesUrl: at('rules'),
          },
          ...{ publicUrl: url, currency: 'KES', country: 'ZZZ', timeoutMs: 2_000, catchUpMs: 200 },
          credentials: { name: dfspId, secret: dfspId },
          operator: { name: 'admin', secret: 'admin' },
          ...options,
        },
        {
          ...deps,
          secrets: parseKeyring(`${dfspId}:${Buffer.from(dfspId.padEnd(32)).toString('hex')}`),
          peerKey: peerKeyOf(dfspId),
          log: createLog('silent'),
        },
      );
      routes = created.routes;
      return created.adapter;
    },
    close: () => close(server),
  };
}

/** 32 bytes that a provider's key is made of. */
export function peerKeyOf(dfspId: string): Buffer {
  return Buffer.from(dfspId.padStart(32));
}
