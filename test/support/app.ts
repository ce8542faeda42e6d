import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { loadSettings } from '../../src/config/settings.js';
import { createApp } from '../../src/configure.js';
import { freshDatabase } from './database.js';

export interface RunningApp {
  /** `http://127.0.0.1:port`, without a slash at its end. */
  readonly url: string;
  readonly app: NestExpressApplication;
  readonly databaseUrl: string;
  close(): Promise<void>;
}

/** What every test app runs with: silent, cheap hashing, no rate limits unless asked for. */
export const TEST_ENVIRONMENT = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  HOST: '127.0.0.1',
  PORT: '0',
  JWT_SECRET: 'a secret for tests alone, long enough',
  ARGON2_MEMORY_KIB: '64',
  ARGON2_ITERATIONS: '1',
  RATE_LIMIT: 'off',
  DATABASE_MIGRATE: 'off',
  // A busy machine is no fault: what tests an end of patience sets its own.
  DATABASE_PATIENCE_MS: '15000',
  WRITER_LOCK_TIMEOUT_MS: '15000',
} as const;

/**
 * A whole server in this process. On a database of its own, or, for several nodes, on the one of another.
 * @param env settings that this test needs to be different
 */
export async function startApp({
  env = {},
  databaseUrl,
}: { env?: Record<string, string>; databaseUrl?: string } = {}): Promise<RunningApp> {
  const database = databaseUrl ? undefined : await freshDatabase();
  const dataDir = await mkdtemp(path.join(process.env.TEST_FOLDER!, 'app-'));
  const url = databaseUrl ?? database!.url;
  const app = await createApp(loadSettings({ ...TEST_ENVIRONMENT, DATA_DIR: dataDir, DATABASE_URL: url, ...env }));
  await app.listen(0, '127.0.0.1');
  let closed = false;
  return {
    url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    app,
    databaseUrl: url,
    async close() {
      if (closed) return;
      closed = true;
      await app.close();
      await database?.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

let shared: Promise<RunningApp> | undefined;

/** One server for all spec files that want nothing else. Ends with the worker, or before PostgreSQL where Jest needs no worker. */
export function sharedApp(): Promise<RunningApp> {
  return (shared ??= startApp().then((app) => Object.assign(globalThis, { sharedApp: app }).sharedApp));
}
