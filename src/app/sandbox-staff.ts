import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { enrolSandbox, staffRoles, tokenKeyOf, type NewMember } from '../admin';
import type { Clock, Db, Secrets } from '../platform';

const staffFile = path.join(__dirname, '..', '..', 'sims', 'staff.json');
const members = z.array(z.object({ staffId: z.string(), fullName: z.string(), role: z.enum(staffRoles) }));
const tokensSchema = z.record(z.string(), z.string());

/** The staff of the sandbox, as sims/staff.json has them. */
export async function loadStaff(file = staffFile): Promise<NewMember[]> {
  return members.parse(JSON.parse(await readFile(file, 'utf8')));
}

/** Where the tokens of the sandbox's staff are, readable by its owner only. */
function staffTokensFile(dataDir: string): string {
  return path.join(dataDir, 'staff-tokens.json');
}

/** What is written there; empty where nothing is, or nothing that can be read. */
export async function readStaffTokens(dataDir: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(staffTokensFile(dataDir), 'utf8').catch(() => '{}');
  try {
    return tokensSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Lets the sandbox's staff work, with tokens made at the first start and kept in DATA_DIR (0600). */
export async function seedStaff(
  owner: Db,
  { dataDir, secrets, clock }: { dataDir: string; secrets: Pick<Secrets, 'indexKey'>; clock: Clock },
): Promise<void> {
  const before = await readStaffTokens(dataDir);
  const deps = { clock, tokenKey: tokenKeyOf(secrets.indexKey) };
  const tokens = await enrolSandbox(owner, deps, { members: await loadStaff(), tokens: before });
  await mkdir(dataDir, { recursive: true });
  const file = staffTokensFile(dataDir);
  const fresh = `${file}.new`;
  await rm(fresh, { force: true });
  await writeFile(fresh, `${JSON.stringify(tokens, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(fresh, file);
}
