import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { envExample, listSettings } from '../config/settings-listing.js';
import type { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source-options.js';
import { migrationState } from '../database/migrate.js';
import { CommandError, type CommandContext } from './command-context.js';

const MAX_CLOCK_DIFFERENCE_MS = 1_000;

interface Finding {
  readonly name: string;
  readonly value: string;
  /** What to do about it; false: nothing. */
  readonly advice?: string | false;
}

export function doctorCommands(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('print the settings (secrets masked) and check the database; exit code 1 if something needs attention')
    .action(() =>
      context.withDatabase(async (settings) => {
        for (const { variable, value, given } of listSettings()) context.print(`${given ? '*' : ' '} ${variable}=${value}`);
        context.print('');
        const findings = await checkDatabase(settings);
        for (const { name, value, advice } of findings) {
          context.print(`${advice ? '✗' : '✓'} ${name}: ${value}${advice ? ` (${advice})` : ''}`);
        }
        if (findings.some(({ advice }) => advice)) throw new CommandError('something needs attention');
      }),
    );
  program
    .command('env-example')
    .description('print every setting with its default, as .env.example')
    .action(() => context.print(envExample().trimEnd()));
}

async function checkDatabase(settings: Settings): Promise<Finding[]> {
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  try {
    return [
      { name: 'node', value: process.version },
      ...(await checkServer(dataSource, settings)),
      ...(await checkMigrations(dataSource)),
      ...(await checkJobs(dataSource)),
    ];
  } finally {
    await dataSource.destroy();
  }
}

interface ServerRow {
  version: string;
  size: string;
  connections: number;
  commit: string;
  now: number;
}

async function checkServer(dataSource: DataSource, { database }: Settings): Promise<Finding[]> {
  const started = Date.now();
  const [row] = await dataSource.query<ServerRow[]>(
    `SELECT current_setting('server_version') AS version, pg_size_pretty(pg_database_size(current_database())) AS size,
       current_setting('max_connections')::int AS connections, current_setting('synchronous_commit') AS commit,
       (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
  );
  if (!row) throw new CommandError('the database does not answer');
  const difference = Math.round(row.now - (started + Date.now()) / 2);
  const tooFew = row.connections < database.poolSize + 4 && `one process uses up to ${database.poolSize + 1}: see DATABASE_POOL_SIZE`;
  return [
    { name: 'database', value: `PostgreSQL ${row.version}, ${row.size}` },
    { name: 'connections', value: `${row.connections} at most`, advice: tooFew },
    { name: 'synchronous_commit', value: row.commit, advice: row.commit === 'off' && 'a crash may lose an acknowledged message' },
    {
      name: 'clock difference',
      value: `${difference} ms`,
      advice: Math.abs(difference) > MAX_CLOCK_DIFFERENCE_MS && 'synchronise the clocks of both machines with NTP',
    },
  ];
}

async function checkMigrations(dataSource: DataSource): Promise<Finding[]> {
  const { done, pending, unknown } = await migrationState(dataSource);
  return [
    { name: 'migrations done', value: String(done.length) },
    { name: 'migrations pending', value: String(pending.length), advice: pending.length > 0 && 'run: npm run manage -- migrate' },
    {
      name: 'unknown migrations',
      value: String(unknown.length),
      advice: unknown.length > 0 && 'a newer version of Parley has used this database',
    },
  ];
}

async function checkJobs(dataSource: DataSource): Promise<Finding[]> {
  const [table] = await dataSource.query<{ exists: boolean }[]>(`SELECT to_regclass('jobs') IS NOT NULL AS exists`);
  if (!table?.exists) return [];
  const [row] = await dataSource.query<{ failed: number; kinds: string | null }[]>(
    `SELECT count(*)::int AS failed, string_agg(DISTINCT kind, ', ') AS kinds FROM jobs WHERE failed_at IS NOT NULL`,
  );
  const advice = row?.kinds && `${row.kinds}: see the column last_error of the table jobs`;
  return [{ name: 'failed jobs', value: String(row?.failed ?? 0), advice: advice || false }];
}
