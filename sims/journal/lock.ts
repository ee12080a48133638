import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';

/**
 * Keeps a second process of this machine away from a folder: a name in the kernel, gone with the process that holds it,
 * even after kill -9. On macOS, which has no such names, nothing is held.
 * @throws Error when another process holds the folder.
 */
export async function holdFolder(dir: string): Promise<() => void> {
  const place = createHash('sha256')
    .update(await realpath(path.resolve(dir)))
    .digest('hex');
  const name = { linux: `\0sims-${place}`, win32: `\\\\.\\pipe\\sims-${place}` }[process.platform as string];
  if (name === undefined) return () => undefined;
  const server = await new Promise<Server>((resolve, reject) => {
    const holder = createServer((socket) => socket.destroy());
    holder.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`another process works in ${dir}`) : error),
    );
    holder.listen(name, () => resolve(holder));
  });
  server.unref();
  return () => void server.close();
}
