import path from 'node:path';
import { createPhone, type Phone } from '../support/phone';
import { cleanUp, startSystem } from '../support/system';

/** A whole provider in a process of its own, as an operator starts it, with the people of the sandbox. */
export interface Provider {
  /** Where its side of FSPIOP is. */
  readonly url: string;
  /** Of its customers. */
  readonly phone: Phone;
  close(): Promise<void>;
}

export interface ProviderOptions {
  readonly dfspId: string;
  readonly switchUrl: string;
  /** How the hub calls itself. */
  readonly hubId: string;
  /** `<dfspId>.key` and `<hubId>.pem`. */
  readonly keyFolder: string;
}

export async function startProvider({ dfspId, switchUrl, hubId, keyFolder }: ProviderOptions): Promise<Provider> {
  const system = await startSystem({
    env: {
      ...{ SCHEME: 'fspiop', DFSP_ID: dfspId, FSPIOP_URL: switchUrl, FSPIOP_HUB_IDS: hubId },
      FSPIOP_JWS_KEY_FILE: path.join(keyFolder, `${dfspId}.key`),
      FSPIOP_PEER_KEY_FOLDER: keyFolder,
    },
  }).catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });
  return { url: `${system.url}/fspiop`, phone: createPhone({ gatewayUrl: () => system.url }), close: cleanUp };
}
