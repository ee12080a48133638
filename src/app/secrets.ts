import { loadSecrets } from '../embedded';
import { parseKeyring, type Config, type Secrets } from '../platform';

/** The secrets as they are configured; what is missing comes from DATA_DIR/secrets.json, made at the first start. */
export async function keptSecrets({ secrets: given, dataDir }: Pick<Config, 'secrets' | 'dataDir'>): Promise<Secrets> {
  if (isComplete(given)) return given;
  const kept = await loadSecrets(dataDir);
  return {
    peppers: parseKeyring(`dev:${kept.pinPepper}`),
    dataKeys: parseKeyring(`dev:${kept.dataKey}`),
    indexKey: Buffer.from(kept.indexKey, 'hex'),
    hopKey: Buffer.from(kept.hopKey, 'hex'),
    auditKeys: parseKeyring(`dev:${kept.auditKey}`),
    ...given,
  };
}

export function isComplete(secrets: Partial<Secrets>): secrets is Secrets {
  const { peppers, dataKeys, indexKey, hopKey, auditKeys } = secrets;
  return Boolean(peppers && dataKeys && indexKey && hopKey && auditKeys);
}
