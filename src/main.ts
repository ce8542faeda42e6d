import type { NestExpressApplication } from '@nestjs/platform-express';
import { stackOf } from './common/thrown.js';
import { ProcessRole } from './config/process-role.js';
import { loadSettings, SettingsError } from './config/settings.js';
import { type OpenDatabase, openDatabase } from './database/open-database.js';

/** The part of SHUTDOWN_MS for the shutdown of PostgreSQL and of the process itself. */
const RESERVED_MS = 1_500;

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

const loadCode = () => Promise.all([import('./configure.js'), import('./database/migrate.js')]);

async function start(): Promise<void> {
  const requested = loadSettings();
  // Loading the code takes most of the start-up time. It runs while the embedded PostgreSQL starts; a DATABASE_URL is tried first, to report
  // a wrong one soon and since the busy event loop could miss the answer of a good one.
  const loading = requested.database.url ? null : loadCode();
  const database = await openDatabase(requested, {
    role: ProcessRole.server,
    log: (line) => requested.logLevel !== 'silent' && console.log(line),
    onLost: (reason) => fail(`The embedded PostgreSQL has ended and cannot be restarted: ${reason}`),
  });
  let app: NestExpressApplication | null = null;
  const stop = shutdownFunction(database, () => app);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(0));
  try {
    const [{ createApp }, { migrate }] = await (loading ?? loadCode());
    if (database.settings.database.migrateOnStart) await migrate(database.settings);
    app = await createApp(database.settings);
    const { host, port } = database.settings.http;
    await app.listen(port, host);
    console.log(startupMessage(await app.getUrl(), database));
  } catch (error) {
    console.error(describeError(error));
    await stop(1);
  }
}

/** Returns a function that shuts down in order, and ends the process after SHUTDOWN_MS in any case. */
function shutdownFunction({ settings, embedded }: OpenDatabase, app: () => NestExpressApplication | null): (code: number) => Promise<void> {
  let stopping = false;
  return async (code) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code), settings.shutdownMs).unref();
    const closing = app()?.close() ?? Promise.resolve();
    const timeout = new Promise((resolve) => setTimeout(resolve, Math.max(settings.shutdownMs - RESERVED_MS, 0)).unref());
    await Promise.race([closing, timeout]).catch((error: unknown) => console.error(describeError(error)));
    await embedded?.stop().catch((error: unknown) => console.error(describeError(error)));
    process.exit(code);
  };
}

/** Returns one line for an error of the configuration, and the stack of a defect. */
function describeError(error: unknown): string {
  if (error instanceof SettingsError) return error.message;
  const { code, port, address } = (error ?? {}) as { code?: string; port?: number; address?: string };
  if (code === 'EADDRINUSE') return `PORT ${port ?? ''} is in use`;
  if (code === 'EACCES' && port !== undefined) return `PORT ${port} needs more rights than this user has`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `HOST ${address ?? ''} is not an address of this machine`;
  return stackOf(error);
}

function startupMessage(url: string, { settings, embedded }: OpenDatabase): string {
  const register = `curl -X POST ${url}/v1/auth/register -H 'content-type: application/json' -d '{"username":"maria","password":"correct horse battery"}'`;
  return [
    `Parley listens on ${url}`,
    ...(settings.docs.shown ? [`  the API:       ${url}/docs`] : []),
    ...(settings.auth.builtIn && !settings.production ? [`  a first user:  ${register}`] : []),
    ...(settings.production ? [] : ['  five users:    npm run manage -- seed', '  next steps:    README.md']),
    ...(embedded ? [`  the data:      ${settings.dataDir}`] : []),
  ].join('\n');
}

process.on('unhandledRejection', (error) => console.error(`Unhandled rejection: ${describeError(error)}`));
process.on('uncaughtException', (error) => fail(describeError(error)));
start().catch((error: unknown) => fail(describeError(error)));
