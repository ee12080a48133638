import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import path from 'node:path';

/** The project's own files: what people read, not what is installed, built or recorded. */
const root = path.join(__dirname, '..', '..');
const notOurs = new Set(['node_modules', 'data', 'coverage', 'out', 'package-lock.json']);

/** Paths below the root, e.g. `src/ussd/pager.ts`, whose names end as asked; hidden ones aside. */
export function filesIn(folder: string, ending = ''): string[] {
  const below = (entry: Dirent): string[] => {
    const file = path.join(folder, entry.name);
    if (notOurs.has(entry.name) || entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return filesIn(file, ending);
    return entry.isFile() && entry.name.endsWith(ending) ? [file] : [];
  };
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap(below);
}

export function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
