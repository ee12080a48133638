/** Thrown for everything that the operator can mend; `message` is one clear line for the terminal. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const plainWords: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file with this name is in the way',
  EISDIR: 'a folder with this name is in the way',
  EMFILE: 'too many open files',
  ENOENT: 'not found',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a part of the path is not a folder',
  ENOEXEC: 'it is built for another kind of machine',
  EPERM: 'not permitted',
  EROFS: 'the disk is read-only',
};

/** The code of a system error (`ENOENT`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  // Not `instanceof`: an error of Node's own modules is of another realm inside a test runner's sandbox.
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Why something failed, in a few plain words on one line. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const words = code === undefined ? undefined : plainWords[code];
  if (words !== undefined) return words;
  return oneLine(String(error));
}

/** Runs `work`; what the system refuses becomes a StartError that begins with `attempt`. */
export async function orStartError<T>(attempt: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${attempt}: ${reasonOf(error)}`, { cause: error });
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}
