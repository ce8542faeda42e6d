import type { DataSourceOptions, Logger } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { migrations } from '../../migrations/index.js';
import { SnakeNaming } from './snake-naming.js';

const IDLE_MS = 30_000;

/** Returns the options of the one pool of a process. The modules register their entities. */
export function dataSourceOptions({ database, writer }: Settings): DataSourceOptions {
  if (!database.url) throw new Error('the URL of the database is unknown: start the embedded PostgreSQL first');
  return {
    type: 'postgres',
    url: database.url,
    applicationName: 'parley',
    poolSize: database.poolSize,
    connectTimeoutMS: database.patienceMs,
    namingStrategy: new SnakeNaming(),
    migrations,
    migrationsTableName: 'migrations',
    parseInt8: true,
    installExtensions: false, // migrations do
    logger: silentLogger,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    extra: {
      statement_timeout: database.statementTimeoutMs,
      lock_timeout: writer.lockTimeoutMs,
      idle_in_transaction_session_timeout: database.statementTimeoutMs,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      // Results are wide and short: compiling a plan costs more than it saves.
      options: '-c jit=off',
    },
  };
}

const noop = (): void => undefined;

/** Logs nothing: statements and parameters contain what users wrote, and errors are thrown anyway. */
const silentLogger: Logger = {
  logQuery: noop,
  logQueryError: noop,
  logQuerySlow: noop,
  logSchemaBuild: noop,
  logMigration: noop,
  log: noop,
};
