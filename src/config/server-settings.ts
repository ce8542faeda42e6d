import { isIP } from 'node:net';
import { z } from 'zod';
import { address, integer, onOff, oneOf, optional, secret, setting, words } from './setting.js';

// How a process runs. A new setting is one line here or in product-settings.ts; `.env.example` follows by
// `npm run manage -- env-example > .env.example` (a test compares them).

const KIB = 1024;
const MIB = 1024 * KIB;

const NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];
const isNetwork = (text: string): boolean => NETWORKS.includes(text) || isIP(text.replace(/\/\d{1,3}$/, '')) > 0;
const proxies = z.string().transform((text, context): false | number | readonly string[] => {
  if (text === 'off') return false;
  if (/^\d$/.test(text)) return Number(text);
  const networks = words.parse(text);
  if (!networks.every(isNetwork)) context.addIssue({ code: 'custom', message: 'must be off, a number of proxies, or their addresses' });
  return networks;
});

export const server = {
  mode: oneOf(
    'NODE_ENV',
    ['development', 'test', 'production'],
    'development',
    'In production a missing or weak setting refuses to start.',
  ),
  dataDir: setting('DATA_DIR', z.string(), '.data', 'Where the embedded PostgreSQL, the files of media and generated secrets are kept.'),
  logLevel: oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', 'The least that is logged.'),
  trustProxy: setting(
    'TRUST_PROXY',
    proxies,
    'off',
    'Whose X-Forwarded-For is believed: off, the number of proxies in front, or their addresses (loopback, 10.0.0.0/8).',
  ),
  corsOrigins: setting(
    'CORS_ORIGINS',
    words,
    '',
    'Origins of browsers that may call, comma separated; * is everybody, nothing is the same origin alone.',
  ),
  shutdownMs: integer(
    'SHUTDOWN_MS',
    10_000,
    { min: 100, max: 60_000 },
    'After SIGTERM the process ends within this many milliseconds, whatever is in flight.',
  ),
};

export const http = {
  host: setting('HOST', z.string(), '127.0.0.1', 'The address to listen on; 0.0.0.0 for all (containers).'),
  port: integer('PORT', 3000, { min: 0, max: 65_535 }, 'The port to listen on; 0 takes a free one.'),
  bodyBytes: integer('HTTP_BODY_BYTES', 160 * KIB, { min: KIB, max: 16 * MIB }, 'The largest JSON body; uploads have limits of their own.'),
};

export const database = {
  url: optional(
    'DATABASE_URL',
    address('postgres', 'postgresql'),
    'PostgreSQL 15 or later. Unset: an embedded one in DATA_DIR. Required in production.',
  ),
  poolSize: integer('DATABASE_POOL_SIZE', 10, { min: 2, max: 200 }, 'Connections a process; one more listens for notifications.'),
  migrateOnStart: onOff(
    'DATABASE_MIGRATE',
    'on',
    'Run pending migrations when a server starts; off where `manage migrate` does it before.',
  ),
  statementTimeoutMs: integer(
    'DATABASE_STATEMENT_TIMEOUT_MS',
    30_000,
    { min: 1_000, max: 600_000 },
    'The longest that one statement may take.',
  ),
  userNamespace: onOff(
    'EMBEDDED_USER_NAMESPACE',
    'on',
    'Started by root, the embedded PostgreSQL runs in a user namespace where the machine allows it; off: as nobody.',
  ),
  patienceMs: integer(
    'DATABASE_PATIENCE_MS',
    2_000,
    { min: 100, max: 30_000 },
    'A database that does not answer within this is away: 503.',
  ),
};

export const redis = {
  url: optional('REDIS_URL', address('redis', 'rediss'), 'Joins several processes. Unset: one process alone.'),
};

/** Read when S3_BUCKET is given; without it media stand on disk. */
export const s3 = {
  bucket: optional('S3_BUCKET', z.string(), 'Keeps media in S3 or what speaks like it. Unset: a folder of DATA_DIR.'),
  endpoint: optional('S3_ENDPOINT', address('http', 'https'), 'Unset: Amazon.'),
  publicEndpoint: optional('S3_PUBLIC_ENDPOINT', address('http', 'https'), 'Where clients reach the same store, if not at S3_ENDPOINT.'),
  region: setting('S3_REGION', z.string(), 'us-east-1', 'The region of the bucket.'),
  accessKeyId: optional('S3_ACCESS_KEY_ID', z.string(), 'Unset, with the secret: the usual chain of the AWS SDK.'),
  secretAccessKey: secret('S3_SECRET_ACCESS_KEY', 'Belongs to S3_ACCESS_KEY_ID.'),
  forcePathStyle: onOff('S3_FORCE_PATH_STYLE', 'off', 'host/bucket/key in place of bucket.host/key: for most servers that are not Amazon.'),
};

export const docs = {
  shown: oneOf('DOCS', ['auto', 'on', 'off'], 'auto', 'The pages of /docs; auto is on, but off in production.'),
};

export const metrics = {
  token: secret('METRICS_TOKEN', 'GET /metrics wants it as a bearer token. Unset: open, but in production /metrics is not there.'),
};

export const realtime = {
  packetBytes: integer('REALTIME_PACKET_BYTES', 160 * KIB, { min: 16 * KIB, max: MIB }, 'The largest packet from a client.'),
  outboundBytes: integer(
    'REALTIME_OUTBOUND_BYTES',
    MIB,
    { min: 64 * KIB, max: 64 * MIB },
    'What may wait for one slow socket; beyond it: resync, then cut.',
  ),
  eventsPerSecond: integer(
    'REALTIME_EVENTS_PER_SECOND',
    50,
    { min: 1, max: 100_000 },
    'Events that one socket may send a second, on average.',
  ),
  socketsPerUser: integer('REALTIME_SOCKETS_PER_USER', 50, { min: 1, max: 10_000 }, 'Open sockets of one person on one process.'),
  syncRooms: integer('REALTIME_SYNC_ROOMS', 200, { min: 1, max: 1_000 }, 'Rooms in one sync, and in ready.'),
  ephemeralMembers: integer(
    'REALTIME_EPHEMERAL_MEMBERS',
    100,
    { min: 0, max: 1_000 },
    'Typing and read marks are told in rooms of at most this many members; read marks never in more than 100.',
  ),
  connectTimeoutMs: integer(
    'REALTIME_CONNECT_TIMEOUT_MS',
    10_000,
    { min: 1_000, max: 60_000 },
    'A connection that has not joined by then is closed.',
  ),
  repairMs: integer(
    'REALTIME_REPAIR_MS',
    4_000,
    { min: 50, max: 60_000 },
    'All heads of the rooms of a process are compared with what it delivered within this time.',
  ),
};

export const writer = {
  queuePerProcess: integer(
    'WRITER_QUEUE',
    10_000,
    { min: 1, max: 1_000_000 },
    'Messages that wait to be written in one process; beyond it: 503 overloaded.',
  ),
  queuePerSender: integer('WRITER_QUEUE_PER_SENDER', 200, { min: 1, max: 100_000 }, 'The same for one sender.'),
  batchSize: integer('WRITER_BATCH', 256, { min: 1, max: 500 }, 'Messages in one call of the send function.'),
  lockTimeoutMs: integer(
    'WRITER_LOCK_TIMEOUT_MS',
    2_000,
    { min: 50, max: 30_000 },
    'How long a send waits for a room that something else holds; beyond it: 503.',
  ),
};

export const log = {
  trimAfterDays: integer(
    'LOG_TRIM_AFTER_DAYS',
    30,
    { min: 1, max: 3_650 },
    'Changes older than this leave the log of their room; a client from before starts afresh.',
  ),
  resetAfter: integer('LOG_RESET_AFTER', 1_000, { min: 1, max: 100_000 }, 'A client that missed more than this is told to start afresh.'),
};
