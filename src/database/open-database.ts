import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ProcessRole } from '../config/process-role.js';
import { SettingsError, type Settings } from '../config/settings.js';
import { isConnectionError } from './database-errors.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';

const OLDEST_VERSION = 150_000;
const RETRY_MS = 100;
/** A wrong address must be told at once; a database of ours may just be starting again. */
const EXTERNAL_PATIENCE_MS = 1_000;
const EMBEDDED_PATIENCE_MS = 15_000;

export interface OpenDatabase {
  /** With the address of the database. */
  readonly settings: Settings;
  /** The embedded one, if it is used. */
  readonly embedded: EmbeddedPostgres | null;
}

export interface OpenOptions {
  readonly role: ProcessRole;
  readonly log: (line: string) => void;
  /** The embedded PostgreSQL is gone and cannot be started again. */
  readonly lost: (reason: string) => void;
}

/** Finds the database that the settings name, or starts the embedded one. @throws SettingsError with one line that says what is wrong */
export async function openDatabase(settings: Settings, { role, log, lost }: OpenOptions): Promise<OpenDatabase> {
  if (settings.database.url) {
    await judge(settings.database.url, EXTERNAL_PATIENCE_MS);
    return { settings, embedded: null };
  }
  const { dataDir } = settings;
  const { userNamespace } = settings.database;
  const embedded = await EmbeddedPostgres.start({ dataDir, userNamespace, keeper: role.isServer, log }).catch((error: unknown) => {
    throw new SettingsError(`DATA_DIR cannot be used: ${connectError(error)}`);
  });
  embedded.supervise(lost);
  try {
    await judge(embedded.url, EMBEDDED_PATIENCE_MS);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { settings: settings.withDatabaseUrl(embedded.url), embedded };
}

/** Refuses a database that cannot keep what is promised. */
async function judge(url: string, patienceMs: number): Promise<void> {
  const client = await connect(url, patienceMs);
  try {
    const { rows } = await client.query<{ version: number; isolation: string; encoding: string }>(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('default_transaction_isolation') AS isolation,
         current_setting('server_encoding') AS encoding`,
    );
    const [found] = rows;
    if (!found || found.version < OLDEST_VERSION) throw new SettingsError('DATABASE_URL leads to a PostgreSQL older than 15');
    if (found.isolation !== 'read committed') {
      // The send path judges by what was committed while it waited for a lock: a snapshot from before would be wrong.
      throw new SettingsError(`DATABASE_URL leads to a database whose transactions are ${found.isolation}: read committed is needed`);
    }
    if (found.encoding !== 'UTF8') throw new SettingsError(`DATABASE_URL leads to a database in ${found.encoding}: UTF8 is needed`);
  } finally {
    await client.end();
  }
}

async function connect(url: string, patienceMs: number): Promise<pg.Client> {
  for (const until = Date.now() + patienceMs; ; await sleep(RETRY_MS)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: Math.max(until - Date.now(), RETRY_MS) });
    client.on('error', () => undefined); // told by the rejection
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (isConnectionError(error) && Date.now() < until) continue;
      throw new SettingsError(`DATABASE_URL cannot be used: ${connectError(error)}`);
    }
  }
}

/** One line; an AggregateError (both addresses of a name refused) has none of its own. */
function connectError(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return (message || code || 'it does not answer').replaceAll(/\s+/g, ' ');
}
