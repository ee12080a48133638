import type { World } from '../../support/world';

/** None of these codes stands anywhere in a database, but in an SMS that is sealed and goes when it is sent. */
export async function expectNowhere(worlds: readonly World[], codes: readonly string[]): Promise<void> {
  for (const { owner } of worlds) {
    const tables = await owner.rows<{ name: string }>({
      text: `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname = current_schema()`,
    });
    const everything = tables
      .map(({ name }) => `select '${name}' as name, t::text as row from ${name} t`)
      .join(' union all ');
    const found = await owner.rows({
      text: `select * from (${everything}) every where exists (
               select from unnest($1::text[]) code where row ~ ('(^|[^0-9a-f])' || code || '([^0-9a-f]|$)'))`,
      values: [codes],
    });
    expect(found).toEqual([]);
  }
}

/** Every code that a phone was sent, the last one last. */
export function codesSentTo({ sms }: World, phone: string): string[] {
  return sms.sent.flatMap(({ to, body }) => (to === phone ? (/^Code (\d{6})/.exec(body)?.[1] ?? []) : []));
}
