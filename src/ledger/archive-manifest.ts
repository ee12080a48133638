import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { archivedTables, type ArchivedTable, type Head } from './archive-store';
import { isMonth } from './periods';

/** What manifest.json says. Numbers that may be large are decimal strings. */
export interface Manifest {
  readonly format: 1;
  readonly software: string;
  readonly cell: number;
  readonly month: string;
  readonly exportedAt: string;
  readonly files: readonly ManifestFile[];
  /** By currency, what the transfers in the file booked: debits, which are also the credits. Minor units. */
  readonly booked: readonly { readonly currency: string; readonly bookedMinor: string }[];
  /** As the month was closed: its rows by seq, which is not quite the file's rows by id. */
  readonly period: {
    readonly transfers: string;
    readonly links: string;
    readonly events: string;
    readonly root: string;
    readonly trialBalance: readonly {
      readonly currency: string;
      readonly debitsMinor: string;
      readonly creditsMinor: string;
    }[];
  };
  /** The chains of the forensic log before the first link of the file and after the last. */
  readonly chains: { readonly before: readonly Head[]; readonly after: readonly Head[] };
}

export interface ManifestFile {
  readonly table: ArchivedTable;
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: string;
  readonly firstSeq: string | null;
  readonly lastSeq: string | null;
  readonly bytes: number;
  readonly sha256: string;
}

const manifestFile = 'manifest.json';

export function manifestIn(folder: string): string {
  return path.join(folder, manifestFile);
}

/** The manifest, and the sha256 of its file. Throws where there is none that can be read. */
export async function readManifest(folder: string): Promise<{ manifest: Manifest; sum: Buffer }> {
  const bytes = await readFile(manifestIn(folder));
  const manifest: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isManifest(manifest)) throw new Error(`${manifestIn(folder)} is no manifest of format 1`);
  return { manifest, sum: createHash('sha256').update(bytes).digest() };
}

/** Whether it is one of ours; what it says is held against the files. */
function isManifest(value: unknown): value is Manifest {
  const manifest = value as Partial<Manifest> | null;
  return (
    manifest?.format === 1 &&
    isMonth(manifest.month ?? '') &&
    archivedTables.every((table) => manifest.files?.filter((file) => file.table === table).length === 1) &&
    manifest.files?.every(({ file }) => path.basename(file) === file) === true &&
    manifest.chains?.before.length === 16 &&
    manifest.chains.after.length === 16
  );
}
