// One PostgreSQL for the whole run, and in it the migrated database `tpl` that test/support/database.ts copies.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { loadSettings } from '../../dist/src/config/settings.js';
import { EmbeddedPostgres } from '../../dist/src/database/embedded/embedded-postgres.js';
import { migrate } from '../../dist/src/database/migrate.js';

export default async () => {
  // The workers inherit both.
  process.env.TEST_FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-apps-'));
  process.env.TEST_POSTGRES_URL = await migratedPostgres();
};

async function migratedPostgres() {
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
  return root;
}

async function startServer() {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-test-'));
  const server = await EmbeddedPostgres.start({ dataDir, durable: false, stopWithProcess: true });
  globalThis.testPostgres = { server, dataDir };
  return server;
}
