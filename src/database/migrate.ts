import pg from 'pg';
import { DataSource, MigrationExecutor } from 'typeorm';
import type { Settings } from '../config/settings.js';
import { dataSourceOptions } from './data-source-options.js';

/** An advisory lock that no other program uses on the same database. */
const MIGRATION_LOCK = 7_202_511_210_901;

/** Runs the pending migrations, each in its own transaction, and returns their names. Safe for several processes at once. */
export function migrate(settings: Settings): Promise<string[]> {
  return withMigrationLock(settings, async (dataSource) =>
    (await dataSource.runMigrations({ transaction: 'each' })).map(({ name }) => name),
  );
}

/** Undoes the newest migration. Returns its name, or null if there is none. */
export function undoMigration(settings: Settings): Promise<string | null> {
  return withMigrationLock(settings, async (dataSource) => {
    const [newest] = await new MigrationExecutor(dataSource).getExecutedMigrations();
    if (!newest) return null;
    await dataSource.undoLastMigration({ transaction: 'each' });
    return newest.name;
  });
}

export interface MigrationState {
  readonly done: readonly string[];
  readonly pending: readonly string[];
  /** Recorded in the database by a newer version of the application. */
  readonly unknown: readonly string[];
}

export async function migrationState(dataSource: DataSource): Promise<MigrationState> {
  const executor = new MigrationExecutor(dataSource);
  const all = dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name);
  const done = (await executor.getExecutedMigrations()).map(({ name }) => name);
  return {
    done,
    pending: all.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !all.includes(name)),
  };
}

/** Runs `work` on its own data source while no other process migrates. */
async function withMigrationLock<T>(settings: Settings, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const guard = new pg.Client({ connectionString: settings.database.url ?? '', application_name: 'parley-migrate' });
  await guard.connect();
  try {
    await guard.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const options = dataSourceOptions(settings);
    const extra = { ...(options.extra as object), statement_timeout: 0, idle_in_transaction_session_timeout: 0 };
    const dataSource = await new DataSource({ ...options, poolSize: 2, extra } as typeof options).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await guard.end(); // releases the lock
  }
}
