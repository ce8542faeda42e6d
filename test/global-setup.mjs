// One PostgreSQL for the whole run, and in it the migrated database `tpl` that every spec copies (test/support/database.ts); and the
// documents of the wire, which every answer is held against (test/support/contract-checker.ts).
// Jest would compile a .ts file here to CommonJS, which our ES modules refuse: hence plain JavaScript over dist/.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { loadSettings } from '../dist/src/config/settings.js';
import { EmbeddedPostgres } from '../dist/src/database/embedded/embedded-postgres.js';
import { migrate } from '../dist/src/database/migrate.js';

const DIST = path.resolve(import.meta.dirname, '../dist/src');

export default async () => {
  const [postgres, documents] = await Promise.all([migratedPostgres(), writtenDocuments()]);
  process.env.TEST_POSTGRES_URL = postgres; // the workers inherit it
  process.env.TEST_DOCUMENTS = documents;
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

/** From the built code, whatever is committed in contract/. */
async function writtenDocuments() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-documents-'));
  globalThis.testDocuments = folder;
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(DIST, 'print-contract.js')], { maxBuffer: 2 ** 26 });
  for (const [name, document] of Object.entries(JSON.parse(stdout)))
    fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(document));
  return folder;
}

async function startServer() {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'parley-test-'));
  const server = await EmbeddedPostgres.start({ dataDir, durable: false, keeper: true });
  globalThis.testPostgres = { server, dataDir };
  return server;
}
