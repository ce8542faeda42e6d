import path from 'node:path';
import { type ExternalIssuer, externalIssuer, validateProduction, type StorageSettings, storage } from './derived-settings.js';
import { keptSecret } from './kept-secret.js';
import * as product from './product-settings.js';
import * as server from './server-settings.js';
import { type Environment, readGroup, type Setting, type SettingGroup, type Values } from './setting.js';
import { misspelt } from './spelling.js';

/** The environment asks for what cannot be; the message is one line that names the variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const GROUPS = {
  server: server.server,
  http: server.http,
  database: server.database,
  redis: server.redis,
  s3: server.s3,
  auth: product.auth,
  external: product.external,
  argon2: product.argon2,
  limits: product.limits,
  rooms: product.rooms,
  messages: product.messages,
  product: { reactions: product.reactions },
  media: product.media,
  friends: product.friends,
  privacyDefaults: product.privacyDefaults,
  realtime: server.realtime,
  writer: server.writer,
  log: server.log,
  docs: server.docs,
  metrics: server.metrics,
} as const satisfies Record<string, SettingGroup>;

type Group<K extends keyof typeof GROUPS> = Values<(typeof GROUPS)[K]>;
type Everything = { readonly [K in keyof typeof GROUPS]: Group<K> };

/** Every variable that the application reads, group by group. */
export const settingGroups: readonly (readonly [string, readonly Setting<unknown>[]])[] = Object.entries(GROUPS).map(([name, group]) => [
  name,
  Object.values(group),
]);

/** All that varies between one installation and another: read once, typed, frozen. Inject it by its class. */
export class Settings {
  readonly production: boolean;
  /** Absolute. */
  readonly dataDir: string;
  readonly logLevel: Group<'server'>['logLevel'];
  readonly trustProxy: Group<'server'>['trustProxy'];
  readonly corsOrigins: readonly string[];
  readonly shutdownMs: number;
  readonly http: Group<'http'>;
  /** `url` is null until the embedded PostgreSQL has been started. */
  readonly database: Group<'database'>;
  readonly redis: Group<'redis'>;
  readonly storage: StorageSettings;
  readonly auth: Omit<Group<'auth'>, 'jwtSecret'> & {
    readonly jwtSecret: string;
    readonly external: ExternalIssuer | null;
    readonly argon2: Group<'argon2'>;
  };
  readonly limits: Group<'limits'>;
  readonly rooms: Group<'rooms'>;
  readonly messages: Group<'messages'>;
  readonly reactions: Group<'product'>['reactions'];
  readonly media: Group<'media'>;
  readonly friends: Group<'friends'>;
  readonly privacyDefaults: Group<'privacyDefaults'>;
  /** `protocol`: the number of the wire that this server speaks. */
  readonly realtime: Group<'realtime'> & { readonly protocol: 1 };
  readonly writer: Group<'writer'>;
  readonly log: Group<'log'>;
  readonly docs: { readonly shown: boolean };
  readonly metrics: Group<'metrics'>;

  private constructor(values: Settings | Omit<Settings, 'withDatabaseUrl'>) {
    Object.assign(this, values);
    Object.freeze(this);
  }

  /** @throws SettingsError */
  static read(env: Environment): Settings {
    const { server: own, s3, auth, external, argon2, product: choices, ...groups } = readEverything(env);
    const dataDir = path.resolve(own.dataDir);
    const complaints: string[] = [];
    const refuse = (complaint: string): number => complaints.push(complaint);
    const values = {
      production: own.mode === 'production',
      dataDir,
      logLevel: own.logLevel,
      trustProxy: own.trustProxy,
      corsOrigins: own.corsOrigins,
      shutdownMs: own.shutdownMs,
      ...groups,
      reactions: choices.reactions,
      realtime: Object.freeze({ ...groups.realtime, protocol: 1 as const }),
      docs: Object.freeze({ shown: groups.docs.shown === 'auto' ? own.mode !== 'production' : groups.docs.shown === 'on' }),
      storage: storage(s3, dataDir, refuse),
      auth: { ...auth, jwtSecret: auth.jwtSecret ?? '', external: externalIssuer(external, refuse), argon2 },
    };
    if (!auth.builtIn && !values.auth.external) refuse('AUTH_BUILT_IN is off, but no AUTH_JWKS_URL or AUTH_JWT_PUBLIC_KEY is given');
    if (values.production) validateProduction({ ...groups, auth, argon2 }, refuse);
    if (complaints.length > 0) throw new SettingsError(complaints.join('; '));
    values.auth.jwtSecret ||= keptIn(dataDir);
    Object.freeze(values.auth);
    return new Settings(values);
  }

  /** The same with the address of the embedded PostgreSQL. */
  withDatabaseUrl(url: string): Settings {
    return new Settings({ ...this, database: Object.freeze({ ...this.database, url }) });
  }
}

function keptIn(dataDir: string): string {
  try {
    return keptSecret(path.join(dataDir, 'jwt-secret'));
  } catch (error) {
    throw new SettingsError(`DATA_DIR cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readEverything(env: Environment): Everything {
  const complaints = misspelt(
    env,
    settingGroups.flatMap(([, group]) => group.map((item) => item.variable)),
  );
  const values = Object.entries(GROUPS).map(([name, group]) => [
    name,
    readGroup<SettingGroup>(group, env, (complaint) => complaints.push(complaint)),
  ]);
  if (complaints.length > 0) throw new SettingsError(complaints.join('; '));
  return Object.fromEntries(values) as Everything;
}

/** Reads the environment, once a process. @throws SettingsError */
export function loadSettings(env: Environment = process.env): Settings {
  return Settings.read(env);
}
