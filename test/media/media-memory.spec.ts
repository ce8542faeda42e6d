import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '../support/database.js';
import { noise } from '../support/files.js';
import { AppProcess } from '../support/processes.js';
import { call } from '../support/world.js';
import { BOUNDARY, END, filePart } from './raw-form.js';

const MB = 1_000_000;
const UPLOADS = 20;
const HEAP_MB = 300;

let database: FreshDatabase;
let dataDir: string;
let server: AppProcess;

beforeAll(async () => {
  database = await freshDatabase();
  dataDir = await mkdtemp(path.join(tmpdir(), 'parley-memory-'));
  const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, JWT_SECRET: 'a secret of this test only', ARGON2_MEMORY_KIB: '64' };
  // As V8 sizes itself on a small machine: on a large one it lets more garbage of the bodies gather, however little is held. And the code of a
  // compile cache would count as memory.
  server = AppProcess.server({ ...env, NODE_OPTIONS: '--max-semi-space-size=2', NODE_COMPILE_CACHE: '' });
});
afterAll(async () => {
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
  await database.drop();
});

/** Returns the peak memory of the process in MB. */
async function peak(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024) / MB;
}

const head = filePart('large.bin', noise(1_000));
const tail = Buffer.concat([Buffer.from('\r\n'), END]);
const block = Buffer.alloc(MB, 7);

async function sends(url: string, token: string): Promise<number> {
  const length = head.length - 2 + 100 * MB + tail.length;
  const type = `multipart/form-data; boundary=${BOUNDARY}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': type, 'content-length': length };
  const sent = request(`${url}/v1/media`, { method: 'POST', headers, agent: false });
  const answered = once(sent, 'response');
  await pipeline(function* () {
    yield head.subarray(0, -2);
    for (let count = 0; count < 100; count++) yield block;
    yield tail;
  }, sent);
  const [response] = await answered;
  const media = (await json(response)) as { size: number };
  return response.statusCode === 201 ? media.size : response.statusCode;
}

it('uploads 20 files of 100 MB at once with less than 300 MB of memory', async () => {
  const url = await server.url();
  const { body } = await call(url, 'POST', '/auth/register', { body: { username: 'ana', password: 'correct horse battery' } });
  const before = await peak();
  const sizes = await Promise.all(Array.from({ length: UPLOADS }, () => sends(url, body.accessToken)));
  const after = await peak();
  console.log(`memory: ${before.toFixed()} MB before, ${after.toFixed()} MB peak`);
  expect(new Set(sizes)).toEqual(new Set([100 * MB + 1_000]));
  expect(after).toBeLessThan(HEAP_MB);
}, 120_000);
