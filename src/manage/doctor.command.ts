import type { Command } from 'commander';
import { DataSource } from 'typeorm';
import { listSettings } from '../config/settings-listing.js';
import type { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source-options.js';
import { migrationState } from '../database/migrate.js';
import { CommandError, type CommandContext } from './command-context.js';

const CLOCKS_APART_MS = 1_000;

interface Finding {
  readonly name: string;
  readonly value: string;
  /** What to do about it, if anything. */
  readonly complaint?: string | false;
}

export function doctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('show the settings (secrets masked) and examine what they lead to; exit code 1 if something needs attention')
    .action(() =>
      context.withDatabase(async (settings) => {
        for (const { variable, value, given } of listSettings()) context.print(`${given ? '*' : ' '} ${variable}=${value}`);
        context.print('');
        const findings = await examine(settings);
        for (const { name, value, complaint } of findings) {
          context.print(`${complaint ? '✗' : '✓'} ${name}: ${value}${complaint ? ` (${complaint})` : ''}`);
        }
        if (findings.some(({ complaint }) => complaint)) throw new CommandError('something needs attention');
      }),
    );
}

async function examine(settings: Settings): Promise<Finding[]> {
  const dataSource = await new DataSource(dataSourceOptions(settings)).initialize();
  try {
    return [
      { name: 'node', value: process.version },
      ...(await server(dataSource, settings)),
      ...(await schema(dataSource)),
      ...(await jobs(dataSource)),
    ];
  } finally {
    await dataSource.destroy();
  }
}

interface ServerRow {
  version: string;
  size: string;
  most: number;
  commit: string;
  now: number;
}

async function server(dataSource: DataSource, { database }: Settings): Promise<Finding[]> {
  const asked = Date.now();
  const [row] = await dataSource.query<ServerRow[]>(
    `SELECT current_setting('server_version') AS version, pg_size_pretty(pg_database_size(current_database())) AS size,
       current_setting('max_connections')::int AS most, current_setting('synchronous_commit') AS commit,
       (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`,
  );
  if (!row) throw new CommandError('the database does not answer');
  const apart = Math.round(row.now - (asked + Date.now()) / 2);
  const crowded = row.most < database.poolSize + 4 && `a process may take ${database.poolSize + 1}: see DATABASE_POOL_SIZE`;
  return [
    { name: 'database', value: `PostgreSQL ${row.version}, ${row.size}` },
    { name: 'connections', value: `${row.most} at most`, complaint: crowded },
    { name: 'synchronous_commit', value: row.commit, complaint: row.commit === 'off' && 'an acked message may be lost in a crash' },
    {
      name: 'clocks apart',
      value: `${apart} ms`,
      complaint: Math.abs(apart) > CLOCKS_APART_MS && 'set the clocks of both machines by NTP',
    },
  ];
}

async function schema(dataSource: DataSource): Promise<Finding[]> {
  const { done, pending, unknown } = await migrationState(dataSource);
  return [
    { name: 'migrations done', value: String(done.length) },
    { name: 'migrations pending', value: String(pending.length), complaint: pending.length > 0 && 'run: npm run manage -- migrate' },
    {
      name: 'migrations unknown here',
      value: String(unknown.length),
      complaint: unknown.length > 0 && 'a newer version has used this database',
    },
  ];
}

async function jobs(dataSource: DataSource): Promise<Finding[]> {
  const [there] = await dataSource.query<{ is: boolean }[]>(`SELECT to_regclass('jobs') IS NOT NULL AS is`);
  if (!there?.is) return [];
  const [row] = await dataSource.query<{ failed: number; kinds: string | null }[]>(
    `SELECT count(*)::int AS failed, string_agg(DISTINCT kind, ', ') AS kinds FROM jobs WHERE failed_at IS NOT NULL`,
  );
  const complaint = row?.kinds && `${row.kinds}: see last_error in the table jobs`;
  return [{ name: 'jobs given up', value: String(row?.failed ?? 0), complaint: complaint || false }];
}
