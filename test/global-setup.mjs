// One PostgreSQL for the whole run, and in it the migrated database `tpl` that every spec copies (test/support/database.ts).
// Jest would compile a .ts file here to CommonJS, which our ES modules refuse: hence plain JavaScript over dist/.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { loadSettings } from '../dist/src/config/settings.js';
import { EmbeddedPostgres } from '../dist/src/database/embedded/embedded-postgres.js';
import { migrate } from '../dist/src/database/migrate.js';

export default async () => {
  const server = process.env.TEST_DATABASE_URL ? undefined : await startServer();
  const root = process.env.TEST_DATABASE_URL || server.url;
  const client = new pg.Client(root);
  await client.connect();
  await client.query('DROP DATABASE IF EXISTS tpl WITH (FORCE)');
  await client.query('CREATE DATABASE tpl');
  await client.end();
  const template = new URL(root);
  template.pathname = '/tpl';
  await migrate(loadSettings({ DATABASE_URL: template.href, JWT_SECRET: 'test' }));
  process.env.TEST_POSTGRES_URL = root; // the workers inherit it
};

async function startServer() {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-test-'));
  const server = await EmbeddedPostgres.start({ dataDir, durable: false, keeper: true });
  globalThis.testPostgres = { server, dataDir };
  return server;
}
