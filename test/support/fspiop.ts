import { createCipher, createLog, parseKeyring, type Clock, type Db } from '../../src/platform';
import { createFspiop, type FspiopOptions, type SwitchAdapter } from '../../src/switch';
import { openDoor, type Door } from './door';

export interface FspiopAddress extends Pick<Door, 'url' | 'close'> {
  /** Of a process of this provider. */
  adapter(deps: { readonly db: Db; readonly clock: Clock }): SwitchAdapter;
}

/** A provider's place at a Mojaloop hub. */
export async function openFspiopAddress(
  dfspId: string,
  options: Pick<FspiopOptions, 'switchUrl'> & Partial<FspiopOptions>,
): Promise<FspiopAddress> {
  const door = await openDoor('/fspiop');
  const key = (text: string) => Buffer.from(text.padEnd(32)).toString('hex');
  return {
    ...door,
    adapter: (deps) => {
      const { adapter, routes } = createFspiop(
        { dfspId, timeoutMs: 2_000, quoteLifeMs: 60_000, ...options },
        {
          ...deps,
          cipher: createCipher(parseKeyring(`d1:${key('data')}`)),
          secrets: parseKeyring(`s1:${key(dfspId)}`),
          digestKey: Buffer.from(key('digest'), 'hex'),
          log: createLog('silent'),
        },
      );
      door.lead(routes);
      return adapter;
    },
  };
}
