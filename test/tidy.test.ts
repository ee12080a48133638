import path from 'node:path';
import { filesIn, read } from './tidy/files';

/** The house rules that no linter knows. Locales, trees and screens have theirs in test/tidy/. */
const linesMax = 400;
const typescript = ['src', 'sims', 'menus', 'test'].flatMap((folder) => filesIn(folder, '.ts'));
const everything = filesIn('.');
const binary = /\.(?:png|ico|jpe?g|woff2?|gz|zip|pdf)$/;

test('there is something to look at', () => {
  expect(typescript.length).toBeGreaterThan(80);
  expect(everything).toContain('package.json');
});

test(`no file is longer than ${linesMax} lines of code`, () => {
  const long = typescript
    .map((file) => [file, linesOfCode(read(file))] as const)
    .filter(([, lines]) => lines > linesMax);
  expect(long).toEqual([]);
});

const rooms = filesIn('src', '.ts').flatMap((file) => {
  const [, room, ...inside] = file.split(path.sep);
  return room !== undefined && inside.length > 0 ? [room] : [];
});

test.each([...new Set(rooms)])(
  'the room src/%s has a door, and a sentence over it that says what it promises',
  (room) => {
    const inside = filesIn(path.join('src', room), '.ts');
    const doors = ['index.ts', 'port.ts']
      .map((name) => path.join('src', room, name))
      .filter((door) => inside.includes(door));
    expect(doors.length).toBeGreaterThan(0);
    expect(doors.map((door) => headerOf(read(door))).filter(isSentence)).not.toEqual([]);
  },
);

test('migrations are numbered from 0001 without gaps', () => {
  const names = filesIn('src/migrations')
    .map((file) => path.basename(file))
    .sort();
  const numbers = names.map((_, index) => String(index + 1).padStart(4, '0'));
  expect(names.map((name) => /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1])).toEqual(numbers);
});

test('a simulator imports nothing of ours, so that it catches our misreadings', () => {
  const foreign = filesIn('sims')
    .filter((file) => /\.[jt]s$/.test(file))
    .flatMap((file) => outside(file, 'sims'));
  expect(foreign).toEqual([]);
});

test('a menu imports xstate and what src/ussd/screen offers it, and nothing else', () => {
  const allowed = ['xstate', '../src/ussd/screen'];
  const others = filesIn('menus').flatMap((file) => importsOf(file).filter((name) => !allowed.includes(name)));
  expect(others).toEqual([]);
});

test('no text is left unfinished, or names a folder of the machine that it was written on', () => {
  const words = ['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3)]; // in pieces, or this file would be found too
  const unfinished = new RegExp(`\\b(?:${words.join('|')})\\b`);
  const folder = new RegExp(`(?<![\\w.-])${['', 'work', ''].join('/')}`);
  const wrong = everything
    .filter((file) => !binary.test(file))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .map((line, index) => `${file}:${index + 1} ${line.trim()}`)
        .filter((line) => unfinished.test(line) || folder.test(line)),
    );
  expect(wrong).toEqual([]);
});

function linesOfCode(text: string): number {
  const code = text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '');
  return code.split('\n').filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length;
}

/** The comment that a file begins with. */
function headerOf(text: string): string {
  const [, comment = ''] = /^\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
  return comment.replace(/^\s*\* ?/gm, '').trim();
}

function isSentence(header: string): boolean {
  return /^\p{Lu}[\s\S]{20,}\.$/u.test(header);
}

function importsOf(file: string): string[] {
  const found = read(file).matchAll(/(?:\bfrom|\bimport|\brequire\(|\bimport\()\s*['"]([^'"]+)['"]/g);
  return Array.from(found, ([, name = '']) => name);
}

/** Relative imports that leave the folder. */
function outside(file: string, folder: string): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.join(path.dirname(file), name))
    .filter((target) => target.split(path.sep)[0] !== folder)
    .map((target) => `${file} imports ${target}`);
}
