import { createHmac } from 'node:crypto';
import type { Audit } from '../audit';
import { StartError } from '../embedded';
import type { Db, Keyring, Secrets } from '../platform';

/**
 * Holds the keys against those that the database was made with, and notes the new ones. Without it, a lost key would
 * show as wrong PINs and lock everybody who calls. StartError when a key differs or is missing.
 */
export async function proveKeys(
  deps: KeyProofDeps,
  { peppers, dataKeys, indexKey, auditKeys }: Secrets,
): Promise<void> {
  await proveRing(deps, 'PIN_PEPPER', peppers);
  await proveRing(deps, 'DATA_KEY', dataKeys);
  await proveRing(deps, 'INDEX_KEY', { ids: ['only'], get: () => indexKey });
  await proveRing(deps, 'AUDIT_KEY', auditKeys);
}

interface KeyProofDeps {
  readonly db: Db;
  /** Hears of each new key, by its id. */
  readonly audit: Audit;
}

async function proveRing({ db, audit }: KeyProofDeps, name: string, ring: Pick<Keyring, 'ids' | 'get'>): Promise<void> {
  const rows = await db.rows<{ key_id: string; digest: Buffer }>({
    text: 'select key_id, digest from key_proof where name = $1',
    values: [name],
  });
  const known = new Map(rows.map((row) => [row.key_id, row.digest]));
  for (const keyId of known.keys()) {
    if (!ring.ids.includes(keyId))
      throw new StartError(`${name} lacks the key ${keyId} that this database was made with`);
  }
  for (const keyId of ring.ids) {
    const digest = createHmac('sha256', ring.get(keyId)).update(`starhash key proof ${name}`).digest();
    const before = known.get(keyId);
    if (before && !before.equals(digest)) {
      throw new StartError(
        `${name}: the key ${keyId} is not the one that this database was made with (secrets.json of another DATA_DIR?)`,
      );
    }
    const text = 'insert into key_proof (name, key_id, digest) values ($1, $2, $3) on conflict do nothing';
    if (before) continue;
    await db.tx(async (tx) => {
      if ((await tx.run({ text, values: [name, keyId, digest] })) === 0) return; // another process was faster
      const actor = { kind: 'system', id: 'gateway' } as const;
      await audit.record(tx, [
        { action: 'key.added', actor, subject: { kind: 'keyring', id: name }, new: { id: keyId } },
      ]);
    });
  }
}
