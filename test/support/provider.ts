import path from 'node:path';
import { createPhone, type Phone } from './phone';
import { cleanUp, startSystem, type Launched } from './system';

/** A whole provider in a process of its own, as an operator starts it, with the people of the sandbox; all that it says is signed. */
export interface Provider {
  readonly system: Launched;
  /** Where its side of FSPIOP is. */
  readonly url: string;
  /** Of its customers. */
  readonly phone: Phone;
}

export interface ProviderOptions {
  readonly dfspId: string;
  readonly switchUrl: string;
  /** How the hub calls itself. */
  readonly hubId: string;
  /** `<dfspId>.key`, and `<name>.pem` of whoever signs. */
  readonly keyFolder: string;
  /** What else is set. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Ended by `cleanUp`, as every system. */
export async function startProvider({ dfspId, switchUrl, hubId, keyFolder, env }: ProviderOptions): Promise<Provider> {
  const system = await startSystem({
    env: {
      ...{ SCHEME: 'fspiop', DFSP_ID: dfspId, FSPIOP_URL: switchUrl, FSPIOP_HUB_IDS: hubId },
      FSPIOP_JWS_KEY_FILE: path.join(keyFolder, `${dfspId}.key`),
      FSPIOP_PEER_KEY_FOLDER: keyFolder,
      ...env,
    },
  }).catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });
  return { system, url: `${system.url}/fspiop`, phone: createPhone({ gatewayUrl: () => system.url }) };
}
