import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux, macOS and Windows give to connections and to who listens on port 0: what is free here stays so until it is used. */
const FIRST = 20_000;
/** Each worker of Jest has ports of its own; whoever is none, as the lab, has the first. */
const OF_ONE_WORKER = 3_000;
const WORKERS = 4;

const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
let next = Math.floor(Math.random() * OF_ONE_WORKER);

/** A port of the loopback that nobody listens on, and that nobody else gets soon. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + worker * OF_ONE_WORKER + (next++ % OF_ONE_WORKER);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
