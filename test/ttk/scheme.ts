import { rm } from 'node:fs/promises';
import { makeKeys } from './keys';
import { startProvider, type Provider } from './provider';
import { startToolkit, type Toolkit } from './toolkit';

/** The toolkit and a provider of ours that know each other; whatever either says is signed. */
export interface Scheme {
  readonly toolkit: Toolkit;
  readonly provider: Provider;
  close(): Promise<void>;
}

export const dfspId = 'starhash';

export async function startScheme(): Promise<Scheme> {
  const keyFolder = await makeKeys([dfspId, 'testingtoolkitdfsp']);
  const toolkit = await startToolkit({ keyFolder, peer: dfspId });
  const { url: switchUrl, dfspId: hubId } = toolkit;
  const provider = await startProvider({ dfspId, keyFolder, switchUrl, hubId }).catch(async (error: unknown) => {
    await toolkit.stop();
    throw error;
  });
  await toolkit.configure({
    CALLBACK_ENDPOINT: provider.url,
    JWS_SIGN: true,
    JWS_SIGN_PUT_PARTIES: true,
    VALIDATE_INBOUND_JWS: true,
    VALIDATE_INBOUND_PUT_PARTIES_JWS: true,
    TRANSFERS_VALIDATION_WITH_PREVIOUS_QUOTES: true,
    TRANSFERS_VALIDATION_ILP_PACKET: true,
    TRANSFERS_VALIDATION_CONDITION: true,
  });
  return {
    toolkit,
    provider,
    close: async () => {
      await toolkit.stop();
      await provider.close();
      await rm(keyFolder, { recursive: true });
    },
  };
}
