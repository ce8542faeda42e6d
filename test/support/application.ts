import type { NestExpressApplication } from '@nestjs/platform-express';
import { loadSettings } from '../../src/config/settings.js';
import { createApp } from '../../src/configure.js';
import { freshDatabase, type FreshDatabase } from './database.js';

/** What makes tests quick and quiet; nothing of the machine's own environment is read. */
export const TEST_ENVIRONMENT = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  JWT_SECRET: 'a secret of the tests alone',
  RATE_LIMIT: 'off',
  ARGON2_MEMORY_KIB: '64',
  ARGON2_ITERATIONS: '1',
};

export interface RunningApplication {
  readonly app: NestExpressApplication;
  readonly url: string;
  readonly database: FreshDatabase;
  /** Closes the application, and drops the database if it was made for it. */
  stop(): Promise<void>;
}

/** The whole application on a free port, on a database of its own or on the one given (a second node). */
export async function startApplication(env: Record<string, string> = {}, shared?: FreshDatabase): Promise<RunningApplication> {
  const database = shared ?? (await freshDatabase());
  const app = await createApp(loadSettings({ ...TEST_ENVIRONMENT, DATABASE_URL: database.url, ...env }));
  await app.listen(0, '127.0.0.1');
  const stop = async (): Promise<void> => {
    await app.close();
    if (!shared) await database.drop();
  };
  return { app, url: await app.getUrl(), database, stop };
}
