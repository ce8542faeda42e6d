import path from 'node:path';
import { messageOf } from '../common/thrown.js';
import { type ExternalIssuer, externalIssuer, type StorageSettings, storageSettings, validateProduction } from './derived-settings.js';
import type { Environment } from './environment.js';
import { productGroups } from './product-settings.js';
import { serverGroups } from './server-settings.js';
import { readGroup, type Setting, type SettingGroup, type Values } from './setting.js';
import { findMisspelled } from './spelling.js';
import { loadOrCreateSecret } from './stored-secret.js';

/** The environment is invalid; the message is one line that names each variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

const GROUPS = { ...serverGroups, ...productGroups } as const satisfies Record<string, SettingGroup>;

/** The groups in the order of `.env.example`, with their titles there. */
const TITLES: Readonly<Record<keyof typeof GROUPS, string>> = {
  server: 'The process',
  http: 'HTTP',
  database: 'PostgreSQL',
  redis: 'Redis',
  s3: 'S3',
  auth: 'Accounts and tokens',
  external: 'Tokens of an external service',
  argon2: 'Password hashing',
  limits: 'Rate limits',
  rooms: 'Rooms',
  messages: 'Messages',
  product: 'Reactions',
  media: 'Media',
  friends: 'Friends',
  privacyDefaults: 'Privacy of a new user',
  realtime: 'Sockets',
  writer: 'Sending messages',
  log: 'The change log',
  docs: 'Documentation',
  metrics: 'Metrics',
};

type Group<K extends keyof typeof GROUPS> = Values<(typeof GROUPS)[K]>;
type AllValues = { readonly [K in keyof typeof GROUPS]: Group<K> };

/** Every variable that the application reads, by the title of its group. */
export const settingGroups: readonly (readonly [string, readonly Setting<unknown>[]])[] = Object.entries(TITLES).map(([name, title]) => [
  title,
  Object.values(GROUPS[name as keyof typeof GROUPS]),
]);

/** The configuration of an installation: read once, typed, frozen. Inject it by its class. */
export class Settings {
  readonly production: boolean;
  /** An absolute path. */
  readonly dataDir: string;
  readonly logLevel: Group<'server'>['logLevel'];
  readonly trustProxy: Group<'server'>['trustProxy'];
  readonly corsOrigins: readonly string[];
  readonly shutdownMs: number;
  readonly http: Group<'http'>;
  /** `url` is null until the embedded PostgreSQL has started. */
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
  /** `protocol`: the version of the Socket.IO events. */
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
    const { server: general, s3, auth, external, argon2, product: choices, ...groups } = readGroups(env);
    const dataDir = path.resolve(general.dataDir);
    const errors: string[] = [];
    const report = (error: string): number => errors.push(error);
    const values = {
      production: general.mode === 'production',
      dataDir,
      logLevel: general.logLevel,
      trustProxy: general.trustProxy,
      corsOrigins: general.corsOrigins,
      shutdownMs: general.shutdownMs,
      ...groups,
      reactions: choices.reactions,
      realtime: Object.freeze({ ...groups.realtime, protocol: 1 as const }),
      docs: Object.freeze({ shown: groups.docs.shown === 'auto' ? general.mode !== 'production' : groups.docs.shown === 'on' }),
      storage: storageSettings(s3, dataDir, report),
      auth: { ...auth, jwtSecret: auth.jwtSecret ?? '', external: externalIssuer(external, report), argon2 },
    };
    if (!auth.builtIn && !values.auth.external) report('AUTH_BUILT_IN is off, but neither AUTH_JWKS_URL nor AUTH_JWT_PUBLIC_KEY is given');
    if (values.production) validateProduction({ ...groups, auth, argon2 }, report);
    if (errors.length > 0) throw new SettingsError(errors.join('; '));
    values.auth.jwtSecret ||= storedSecret(dataDir);
    Object.freeze(values.auth);
    return new Settings(values);
  }

  /** Returns these settings with the URL of the embedded PostgreSQL. */
  withDatabaseUrl(url: string): Settings {
    return new Settings({ ...this, database: Object.freeze({ ...this.database, url }) });
  }
}

function storedSecret(dataDir: string): string {
  try {
    return loadOrCreateSecret(path.join(dataDir, 'jwt-secret'));
  } catch (error) {
    throw new SettingsError(`DATA_DIR cannot be used: ${messageOf(error)}`);
  }
}

function readGroups(env: Environment): AllValues {
  const errors = findMisspelled(
    env,
    settingGroups.flatMap(([, group]) => group.map((item) => item.variable)),
  );
  const values = Object.entries(GROUPS).map(([name, group]) => [name, readGroup<SettingGroup>(group, env, (error) => errors.push(error))]);
  if (errors.length > 0) throw new SettingsError(errors.join('; '));
  return Object.fromEntries(values) as AllValues;
}

/** Reads the environment, once in a process. @throws SettingsError */
export const loadSettings = (env: Environment = process.env): Settings => Settings.read(env);
