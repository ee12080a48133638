import { createServer } from 'node:http';
import express, { type Router } from 'express';
import { close, listen, urlOf } from './listen';

/** Where others reach a provider: an address of its own, which outlives the processes behind it. */
export interface Door {
  readonly url: string;
  /** The process that was started last gets what comes. */
  lead(routes: Router): void;
  close(): Promise<void>;
}

export async function openDoor(path: string): Promise<Door> {
  let routes: Router | undefined;
  const app = express();
  app.use(path, (req, res, next) => void routes?.(req, res, next));
  const server = await listen(createServer(app));
  return {
    url: `${urlOf(server)}${path}`,
    lead: (to) => void (routes = to),
    close: () => close(server),
  };
}
