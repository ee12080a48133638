import type { ServiceName } from '../../sims/scheme/scheme';
import { createLog, parseKeyring, type Clock, type Db } from '../../src/platform';
import { createL1p, type L1pOptions, type SwitchAdapter } from '../../src/switch';
import { openDoor, type Door } from './door';

export interface L1pAddress extends Pick<Door, 'url' | 'close'> {
  /** Of a process of this provider. */
  adapter(deps: { readonly db: Db; readonly clock: Clock }): SwitchAdapter;
}

/** A provider's place in the scheme of 2017. */
export async function openL1pAddress(
  dfspId: string,
  ports: Readonly<Record<ServiceName, number>>,
  options: Partial<L1pOptions> = {},
): Promise<L1pAddress> {
  const door = await openDoor('/l1p');
  const at = (service: ServiceName) => `http://127.0.0.1:${ports[service]}`;
  return {
    ...door,
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
          ...{ publicUrl: door.url, currency: 'KES', country: 'ZZZ', timeoutMs: 2_000, catchUpMs: 200 },
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
      door.lead(created.routes);
      return created.adapter;
    },
  };
}

/** 32 bytes that a provider's key is made of. */
export function peerKeyOf(dfspId: string): Buffer {
  return Buffer.from(dfspId.padStart(32));
}
