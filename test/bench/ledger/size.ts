import type { Books } from './books';

/** What transfers have added to the relations of the ledger and of the forensic log, indexes included. */
export interface Growth {
  readonly bytes: Record<string, number>;
  transfers: number;
}

/** Bytes on the disk by table and by index, all months together. */
export async function bytesOf({ owner }: Books): Promise<Record<string, number>> {
  const rows = await owner.rows<{ name: string; bytes: bigint }>({
    text: `select regexp_replace(c.relname, '_\\d{6}', '') as name,
                  sum(pg_table_size(c.oid))::bigint as bytes
           from pg_class c
           where c.relkind in ('r', 'i') and c.relname ~ '^(ledger_(account|transfer|hold)|audit_(chain|link|event))'
           group by 1 order by 1`,
  });
  return Object.fromEntries(rows.map(({ name, bytes }) => [name, Number(bytes)]));
}

export function bytesPerTransfer({ bytes, transfers }: Growth): number {
  return Object.values(bytes).reduce((sum, one) => sum + one, 0) / transfers;
}
