import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ProcessRole } from '../config/process-role.js';
import { SettingsError, type Settings } from '../config/settings.js';
import { isConnectionError } from './database-errors.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';

const OLDEST_VERSION = 150_000;
const RETRY_MS = 100;
/** A wrong URL is reported soon; the embedded PostgreSQL may be restarting. */
const EXTERNAL_TIMEOUT_MS = 1_000;
const EMBEDDED_TIMEOUT_MS = 15_000;

export interface OpenDatabase {
  /** With the URL of the database. */
  readonly settings: Settings;
  /** The embedded PostgreSQL, if it is used. */
  readonly embedded: EmbeddedPostgres | null;
}

export interface OpenOptions {
  readonly role: ProcessRole;
  readonly log: (line: string) => void;
  /** Called when the embedded PostgreSQL has ended and cannot be restarted. */
  readonly onLost: (reason: string) => void;
}

/** Connects to the database of the settings, or starts the embedded one. @throws SettingsError with the reason in one line */
export async function openDatabase(settings: Settings, { role, log, onLost }: OpenOptions): Promise<OpenDatabase> {
  if (settings.database.url) {
    await requireSupported(settings.database.url, EXTERNAL_TIMEOUT_MS);
    return { settings, embedded: null };
  }
  const { dataDir } = settings;
  const { userNamespace } = settings.database;
  const embedded = await EmbeddedPostgres.start({ dataDir, userNamespace, stopWithProcess: role.isServer, log }).catch((error: unknown) => {
    throw new SettingsError(`DATA_DIR cannot be used: ${connectError(error)}`);
  });
  embedded.supervise(onLost);
  try {
    await requireSupported(embedded.url, EMBEDDED_TIMEOUT_MS);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { settings: settings.withDatabaseUrl(embedded.url), embedded };
}

/** Checks version, isolation level and encoding. @throws SettingsError */
async function requireSupported(url: string, timeoutMs: number): Promise<void> {
  const client = await connect(url, timeoutMs);
  try {
    const { rows } = await client.query<{ version: number; isolation: string; encoding: string }>(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('default_transaction_isolation') AS isolation,
         current_setting('server_encoding') AS encoding`,
    );
    const [found] = rows;
    if (!found || found.version < OLDEST_VERSION) throw new SettingsError('DATABASE_URL names a PostgreSQL older than 15: upgrade it');
    if (found.isolation !== 'read committed') {
      // The send function must see what was committed while it waited for a lock; an earlier snapshot would be wrong.
      throw new SettingsError(`DATABASE_URL names a database with the isolation level ${found.isolation}: set read committed`);
    }
    if (found.encoding !== 'UTF8')
      throw new SettingsError(`DATABASE_URL names a database with the encoding ${found.encoding}: create it with UTF8`);
  } finally {
    await client.end();
  }
}

async function connect(url: string, timeoutMs: number): Promise<pg.Client> {
  for (const until = Date.now() + timeoutMs; ; await sleep(RETRY_MS)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: Math.max(until - Date.now(), RETRY_MS) });
    client.on('error', () => undefined); // connect() rejects with it
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (isConnectionError(error) && Date.now() < until) continue;
      throw new SettingsError(`DATABASE_URL cannot be used: ${connectError(error)}`);
    }
  }
}

/** Returns one line. An AggregateError (all addresses of a name refused) has no message. */
function connectError(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return (message || code || 'it does not answer').replaceAll(/\s+/g, ' ');
}
