import type { NestExpressApplication } from '@nestjs/platform-express';
import { ProcessRole } from './config/process-role.js';
import { loadSettings, SettingsError } from './config/settings.js';
import { type OpenDatabase, openDatabase } from './database/open-database.js';

/** What the shutdown of PostgreSQL and of the process itself may need of the time that SIGTERM leaves. */
const LAST_MS = 1_500;

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

const loadCode = () => Promise.all([import('./configure.js'), import('./database/migrate.js')]);

async function start(): Promise<void> {
  const wanted = loadSettings();
  // Most of the time until the first answer is loading code. It runs beside the start of the embedded database; an address is tried
  // before, for a wrong one is told at once and a busy event loop would take a good one for silent.
  const early = wanted.database.url ? null : loadCode();
  const database = await openDatabase(wanted, {
    role: ProcessRole.server,
    log: (line) => wanted.logLevel !== 'silent' && console.log(line),
    onLost: (reason) => fail(`The embedded PostgreSQL is gone and cannot be started again: ${reason}`),
  });
  let app: NestExpressApplication | null = null;
  const stop = stopper(database, () => app);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  try {
    const [{ createApp }, { migrate }] = await (early ?? loadCode());
    if (database.settings.database.migrateOnStart) await migrate(database.settings);
    app = await createApp(database.settings);
    const { host, port } = database.settings.http;
    await app.listen(port, host);
    console.log(startupMessage(await app.getUrl(), database));
  } catch (error) {
    console.error(explain(error));
    await stop(1);
  }
}

/** Ends everything in order, and the process in any case when its time is up. */
function stopper({ settings, embedded }: OpenDatabase, app: () => NestExpressApplication | null): (code: number) => Promise<void> {
  let stopping = false;
  return async (code) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code), settings.shutdownMs).unref();
    const closing = app()?.close() ?? Promise.resolve();
    const patience = new Promise((resolve) => setTimeout(resolve, Math.max(settings.shutdownMs - LAST_MS, 0)).unref());
    await Promise.race([closing, patience]).catch((error: unknown) => console.error(explain(error)));
    await embedded?.stop().catch((error: unknown) => console.error(explain(error)));
    process.exit(code);
  };
}

/** One line for what a person can mend, the whole story for a defect. */
function explain(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  const { code, port, address } = (error ?? {}) as { code?: string; port?: number; address?: string };
  if (code === 'EADDRINUSE') return `PORT ${port ?? ''} is taken already`;
  if (code === 'EACCES' && port !== undefined) return `PORT ${port} may not be used by this user`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST ${address ?? ''} is not an address of this machine`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function startupMessage(url: string, { settings, embedded }: OpenDatabase): string {
  const register = `curl -X POST ${url}/v1/auth/register -H 'content-type: application/json' -d '{"username":"maria","password":"correct horse battery"}'`;
  return [
    `Parley listens on ${url}`,
    ...(settings.docs.shown ? [`  the API:       ${url}/docs`] : []),
    ...(settings.auth.builtIn && !settings.production ? [`  a first user:  ${register}`] : []),
    ...(settings.production ? [] : ['  five people:   npm run manage -- seed', '  what next:     README.md']),
    ...(embedded ? [`  the data:      ${settings.dataDir}`] : []),
  ].join('\n');
}

process.on('unhandledRejection', (error) => console.error(`A promise was forgotten: ${explain(error)}`));
process.on('uncaughtException', (error) => fail(explain(error)));
start().catch((error: unknown) => fail(explain(error)));
