import type { Books } from './books';

export const auditOffSchema = 'bench_audit_off';

/** What the copy leaves out; each must stand in the original exactly once. */
const cuts: readonly (readonly [what: RegExp, instead: string])[] = [
  [/sha256\(record_send\(row\([^()]*\)\)\)/g, `'\\x${'00'.repeat(32)}'::bytea`],
  [/string_agg\(digest, ''::bytea\)/g, 'null::bytea'],
  [/perform audit_append\([^;]*;/g, 'null;'],
];

/**
 * Makes a copy of `ledger_post` in a schema of its own that computes no digest and appends no link, for those who look
 * there first. It is made of the original's text, so it stays the same function in all else.
 */
export async function makeAuditOff({ owner }: Books): Promise<void> {
  const { definition } = await owner.one<{ definition: string }>({
    text: `select pg_get_functiondef('ledger_post'::regproc) as definition`,
  });
  let copy = definition.replace(/FUNCTION \w+\.ledger_post\(/, `FUNCTION ${auditOffSchema}.ledger_post(`);
  for (const [what, instead] of cuts) {
    const found = copy.match(what)?.length ?? 0;
    if (found !== 1) throw new Error(`ledger_post has ${found} times ${what}: the copy without audit cannot be made`);
    copy = copy.replace(what, () => instead);
  }
  await owner.run({ text: `create schema ${auditOffSchema}` });
  await owner.run({ text: copy });
  await owner.run({ text: `grant usage on schema ${auditOffSchema} to starhash_app` });
}
