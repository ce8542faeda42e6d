import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { envExample, listSettings, maskPassword } from '../../src/config/settings-listing.js';
import { loadSettings, settingGroups, SettingsError } from '../../src/config/settings.js';
import { AppProcess, type Environment } from '../support/processes.js';

const STRONG = 'kR7mX2pQ9vT4wZ8nB3cF6hJ1sL5dG0aE';
const DEVELOPMENT = { JWT_SECRET: STRONG };
const PRODUCTION = { NODE_ENV: 'production', JWT_SECRET: STRONG, DATABASE_URL: 'postgres://parley:x@db/parley' };
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
const ISSUER = { AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'chat' };

const errorOf = (env: Environment): string => {
  try {
    loadSettings(env);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  return 'none';
};

describe('settings', () => {
  it('are typed, complete and frozen', () => {
    const settings = loadSettings(DEVELOPMENT);
    expect(settings).toMatchObject({
      production: false,
      http: { host: '127.0.0.1', port: 3000 },
      database: { url: null },
      redis: { url: null },
      storage: { kind: 'disk', dir: path.resolve('.data/media') },
      auth: { accessTokenSeconds: 600, external: null, builtIn: true },
      reactions: 'emoji',
      privacyDefaults: {
        friendRequests: 'everyone',
        directMessages: 'friends',
        groupInvites: 'friends',
        presence: 'friends',
        readReceipts: true,
      },
      limits: { enabled: true },
      realtime: { protocol: 1, packetBytes: 160 * 1024 },
    });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.entries(settings).filter(([, group]) => typeof group === 'object' && !Object.isFrozen(group))).toEqual([]);
  });

  it('treat an empty value as unset', () => {
    const empty = Object.fromEntries(settingGroups.flatMap(([, group]) => group.map(({ variable }) => [variable, ' '])));
    expect(loadSettings({ ...empty, ...DEVELOPMENT })).toEqual(loadSettings(DEVELOPMENT));
  });

  it.each([
    [
      'S3',
      { S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'k', S3_SECRET_ACCESS_KEY: 's', S3_FORCE_PATH_STYLE: 'true' },
      'storage',
      { kind: 's3', forcePathStyle: true, credentials: { accessKeyId: 'k', secretAccessKey: 's' } },
    ],
    ['S3 with the default credentials', { S3_BUCKET: 'b' }, 'storage', { kind: 's3', credentials: null }],
    [
      'a public key on one line',
      { AUTH_JWT_PUBLIC_KEY: publicKey.replaceAll('\n', '\\n'), ...ISSUER },
      'auth',
      { external: { publicKey, jwksUrl: null } },
    ],
    ['proxies by number', { TRUST_PROXY: '2' }, 'trustProxy', 2],
    ['proxies by address', { TRUST_PROXY: 'loopback, 10.0.0.0/8' }, 'trustProxy', ['loopback', '10.0.0.0/8']],
    ['a switch', { RATE_LIMIT: 'off' }, 'limits', { enabled: false }],
    ['origins', { CORS_ORIGINS: 'https://a.example, https://b.example' }, 'corsOrigins', ['https://a.example', 'https://b.example']],
  ] as const)('read %s', (_, env, group, expected) => {
    const found = loadSettings({ ...DEVELOPMENT, ...env })[group];
    if (Array.isArray(expected) || typeof expected !== 'object') expect(found).toEqual(expected);
    else expect(found).toMatchObject(expected);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535'],
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535'],
    [{ PORT: '80.5' }, 'PORT must be a whole number'],
    [{ DATABASE_URL: 'mysql://db' }, 'DATABASE_URL must be a URL that begins with postgres://'],
    [{ DATABASE_URL: 'localhost:5432' }, 'DATABASE_URL must be a URL'],
    [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL must be a URL that begins with redis://'],
    [{ REACTIONS: 'hearts' }, 'REACTIONS must be one of emoji, like_dislike, text'],
    [{ RATE_LIMIT: 'maybe' }, 'RATE_LIMIT must be on or off'],
    [{ NODE_ENV: 'prod' }, 'NODE_ENV must be one of'],
    [{ TRUST_PROXY: 'everyone' }, 'TRUST_PROXY must be'],
    [{ ACCESS_TOKEN_SECONDS: '3600' }, 'ACCESS_TOKEN_SECONDS must be'],
    [{ S3_ENDPOINT: 'http://s3' }, 'S3_BUCKET is missing'],
    [{ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'k' }, 'S3_SECRET_ACCESS_KEY is missing'],
    [{ AUTH_JWKS_URL: 'https://id.example/keys' }, 'AUTH_ISSUER is missing'],
    [{ AUTH_JWKS_URL: 'https://id.example/keys', AUTH_JWT_PUBLIC_KEY: publicKey, ...ISSUER }, 'AUTH_JWT_PUBLIC_KEY and AUTH_JWKS_URL'],
    [{ AUTH_JWT_PUBLIC_KEY: 'nonsense', ...ISSUER }, 'AUTH_JWT_PUBLIC_KEY must be a public key'],
    [{ AUTH_JWKS_URL: 'https://id.example/keys', ...ISSUER, AUTH_ALGORITHMS: 'HS256' }, 'AUTH_ALGORITHMS must name asymmetric'],
    [{ AUTH_BUILT_IN: 'off' }, 'AUTH_BUILT_IN is off'],
    [{ DATABSE_URL: 'postgres://db' }, 'DATABSE_URL is not a setting: did you mean DATABASE_URL?'],
  ])('name the variable of an invalid value: %j', (env, line) => {
    expect(errorOf({ ...DEVELOPMENT, ...env })).toContain(line);
  });

  it('ignore variables of other programs', () => {
    expect(errorOf({ ...DEVELOPMENT, HOME: '/', PATH: '/bin', REDIS_PORT: 'tcp://10.0.0.1:6379', POST: 'x', npm_config_cache: 'x' })).toBe(
      'none',
    );
  });
});

describe('production', () => {
  it('accepts strong settings', () => expect(errorOf(PRODUCTION)).toBe('none'));

  it.each([
    [{ DATABASE_URL: '' }, 'DATABASE_URL is missing'],
    [{ JWT_SECRET: '' }, 'JWT_SECRET is missing'],
    [{ JWT_SECRET: STRONG.slice(1) }, 'JWT_SECRET is too weak'],
    [{ JWT_SECRET: 'a'.repeat(64) }, 'JWT_SECRET is too weak'],
    [{ JWT_SECRET: `please-change-me-${STRONG}` }, 'JWT_SECRET is too weak'],
    [{ METRICS_TOKEN: 'short' }, 'METRICS_TOKEN is too weak'],
    [{ ARGON2_MEMORY_KIB: '64' }, 'ARGON2_MEMORY_KIB is too low'],
  ])('refuses %j', (env, line) => {
    expect(errorOf({ ...PRODUCTION, ...env })).toContain(line);
  });

  it('hides the documentation unless DOCS is on', () => {
    expect(loadSettings(PRODUCTION).docs.shown).toBe(false);
    expect(loadSettings({ ...PRODUCTION, DOCS: 'on' }).docs.shown).toBe(true);
    expect(loadSettings(DEVELOPMENT).docs.shown).toBe(true);
  });
});

describe('the list of settings', () => {
  it('equals .env.example (regenerate it: npm run -s manage -- env-example > .env.example)', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });

  it('contains exactly the defaults', () => {
    const lines = envExample().matchAll(/^(?:# )?([A-Z][A-Z\d_]+)=(.*)$/gm);
    const env = Object.fromEntries([...lines].map(([, name, value]) => [name!, value!]));
    expect(Object.keys(env)).toEqual(settingGroups.flatMap(([, group]) => group.map(({ variable }) => variable)));
    expect(loadSettings({ ...env, ...DEVELOPMENT })).toEqual(loadSettings(DEVELOPMENT));
  });

  it('masks every secret', () => {
    const shown = JSON.stringify(
      listSettings({ ...PRODUCTION, S3_SECRET_ACCESS_KEY: 'hush', METRICS_TOKEN: 'quiet', DATABASE_URL: 'postgres://me:pass-word@db/x' }),
    );
    for (const secret of [STRONG, 'hush', 'quiet', 'pass-word']) expect(shown).not.toContain(secret);
    expect(shown).toContain('postgres://me:********@db/x');
    expect(maskPassword('postgres:///x?host=/run&password=pass-word')).not.toContain('pass-word');
  });
});

describe('a process with an invalid setting', () => {
  let dir: string;
  beforeAll(async () => void (dir = await mkdtemp(path.join(tmpdir(), 'parley-settings-'))));
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each([
    ['a server with an invalid value', () => AppProcess.server({ PORT: 'http' }), 'PORT'],
    [
      'a server with a missing value',
      () => AppProcess.server({ NODE_ENV: 'production', DATABASE_URL: PRODUCTION.DATABASE_URL }),
      'JWT_SECRET',
    ],
    [
      'a server with an unreachable database',
      () => AppProcess.server({ ...PRODUCTION, DATABASE_URL: 'postgres://127.0.0.1:1/x' }),
      'DATABASE_URL',
    ],
    ['a server whose folder cannot be created', () => AppProcess.server({ DATA_DIR: '/dev/null/x' }), 'DATA_DIR'],
    ['a command with an invalid value', () => AppProcess.command({ PORT: 'http' }, 'doctor'), 'PORT'],
  ])('ends with one line: %s', async (_, start, variable) => {
    const { code, stdout, stderr } = await start().end();
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^${variable}[^\n]+\n$`));
  });

  it('generates the development secret once, readable only by its owner', () => {
    const first = loadSettings({ DATA_DIR: dir });
    expect(first.auth.jwtSecret).toHaveLength(43);
    expect(loadSettings({ DATA_DIR: dir }).auth.jwtSecret).toBe(first.auth.jwtSecret);
    expect(statSync(path.join(dir, 'jwt-secret')).mode & 0o777).toBe(0o600);
  });
});
