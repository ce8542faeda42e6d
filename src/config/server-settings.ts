import { isIP } from 'node:net';
import { z } from 'zod';
import { address, integer, onOff, oneOf, optional, secret, setting, words } from './setting.js';

// How a process runs. A new setting is one line here or in product-settings.ts; regenerate `.env.example` with
// `npm run -s manage -- env-example > .env.example` (a test compares them).

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

const server = {
  mode: oneOf(
    'NODE_ENV',
    ['development', 'test', 'production'],
    'development',
    'In production, the server does not start while a required setting is missing or weak.',
  ),
  dataDir: setting('DATA_DIR', z.string(), '.data', 'The folder for the embedded PostgreSQL, media files and generated secrets.'),
  logLevel: oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', 'The lowest level that is logged.'),
  trustProxy: setting(
    'TRUST_PROXY',
    proxies,
    'off',
    'The proxies whose X-Forwarded-For is trusted: off, their number, or their addresses (loopback, 10.0.0.0/8).',
  ),
  corsOrigins: setting(
    'CORS_ORIGINS',
    words,
    '',
    'Browser origins that may call the API, comma separated; * allows all; empty: only the same origin.',
  ),
  shutdownMs: integer(
    'SHUTDOWN_MS',
    10_000,
    [100, 60_000],
    'After SIGTERM the process ends within this many milliseconds, even with requests in flight.',
  ),
};

const http = {
  host: setting('HOST', z.string(), '127.0.0.1', 'The address to listen on; 0.0.0.0 for all (containers).'),
  port: integer('PORT', 3000, [0, 65_535], 'The port to listen on; 0 takes a free one.'),
  bodyBytes: integer('HTTP_BODY_BYTES', 160 * KIB, [KIB, 16 * MIB], 'Maximum size of a JSON body; uploads have their own limits.'),
};

const database = {
  url: optional(
    'DATABASE_URL',
    address('postgres', 'postgresql'),
    'PostgreSQL 15 or later. Unset: an embedded one in DATA_DIR. Required in production.',
  ),
  poolSize: integer(
    'DATABASE_POOL_SIZE',
    10,
    [2, 200],
    'Maximum number of connections of one process; one more listens for notifications.',
  ),
  migrateOnStart: onOff('DATABASE_MIGRATE', 'on', 'Run pending migrations when a server starts; off where `manage migrate` runs first.'),
  statementTimeoutMs: integer('DATABASE_STATEMENT_TIMEOUT_MS', 30_000, [1_000, 600_000], 'Maximum duration of a statement.'),
  userNamespace: onOff(
    'EMBEDDED_USER_NAMESPACE',
    'on',
    'If started by root, run the embedded PostgreSQL in a user namespace where the kernel allows it; off: as the user nobody.',
  ),
  patienceMs: integer(
    'DATABASE_PATIENCE_MS',
    2_000,
    [100, 30_000],
    'A database that does not answer within this time counts as unavailable: requests get 503.',
  ),
};

const redis = {
  url: optional('REDIS_URL', address('redis', 'rediss'), 'Connects several processes. Unset: a single process.'),
};

/** Used when S3_BUCKET is set; otherwise media are stored on disk. */
const s3 = {
  bucket: optional('S3_BUCKET', z.string(), 'Stores media in S3 or a compatible service. Unset: in a folder of DATA_DIR.'),
  endpoint: optional('S3_ENDPOINT', address('http', 'https'), 'The URL of the S3 service. Unset: Amazon S3.'),
  publicEndpoint: optional(
    'S3_PUBLIC_ENDPOINT',
    address('http', 'https'),
    'The URL in signed links, if clients cannot reach the service at S3_ENDPOINT.',
  ),
  region: setting('S3_REGION', z.string(), 'us-east-1', 'The region of the bucket.'),
  accessKeyId: optional(
    'S3_ACCESS_KEY_ID',
    z.string(),
    'The access key of the bucket. If it and the secret are unset: the default credential chain of the AWS SDK.',
  ),
  secretAccessKey: secret('S3_SECRET_ACCESS_KEY', 'The secret for S3_ACCESS_KEY_ID.'),
  forcePathStyle: onOff(
    'S3_FORCE_PATH_STYLE',
    'off',
    'Use host/bucket/key instead of bucket.host/key; most services other than Amazon need it.',
  ),
};

const docs = {
  shown: oneOf('DOCS', ['auto', 'on', 'off'], 'auto', 'Serve the pages of /docs; auto: on, except in production.'),
};

const metrics = {
  token: secret('METRICS_TOKEN', 'The bearer token for GET /metrics. Unset: public, except in production: 404.'),
};

const realtime = {
  packetBytes: integer('REALTIME_PACKET_BYTES', 160 * KIB, [16 * KIB, MIB], 'Maximum size of a packet from a client.'),
  outboundBytes: integer(
    'REALTIME_OUTBOUND_BYTES',
    MIB,
    [64 * KIB, 64 * MIB],
    'Maximum number of bytes buffered for one socket; beyond it, the client must resync, then the socket is closed.',
  ),
  eventsPerSecond: integer(
    'REALTIME_EVENTS_PER_SECOND',
    50,
    [1, 100_000],
    'Maximum number of events that one socket may send per second, on average.',
  ),
  socketsPerUser: integer('REALTIME_SOCKETS_PER_USER', 50, [1, 10_000], 'Maximum number of open sockets of one user in one process.'),
  syncRooms: integer('REALTIME_SYNC_ROOMS', 200, [1, 1_000], 'Maximum number of rooms in one sync, and in ready.'),
  ephemeralMembers: integer(
    'REALTIME_EPHEMERAL_MEMBERS',
    100,
    [0, 1_000],
    'Typing and read receipts are sent in rooms of at most this many members; read receipts never above 100.',
  ),
  connectTimeoutMs: integer(
    'REALTIME_CONNECT_TIMEOUT_MS',
    10_000,
    [1_000, 60_000],
    'A connection that has not joined a namespace within this time is closed.',
  ),
  repairMs: integer(
    'REALTIME_REPAIR_MS',
    4_000,
    [50, 60_000],
    'At least once in this time, a process compares the heads of all its rooms with what it delivered.',
  ),
};

const writer = {
  queuePerProcess: integer(
    'WRITER_QUEUE',
    10_000,
    [1, 1_000_000],
    'Maximum number of messages that wait for the database in one process; beyond it: 503 overloaded.',
  ),
  queuePerSender: integer('WRITER_QUEUE_PER_SENDER', 200, [1, 100_000], 'The same limit for one sender.'),
  batchSize: integer('WRITER_BATCH', 256, [1, 500], 'Maximum number of messages in one call of the send function.'),
  lockTimeoutMs: integer(
    'WRITER_LOCK_TIMEOUT_MS',
    2_000,
    [50, 30_000],
    'Maximum time a send waits for a contended room; beyond it: 503 busy.',
  ),
};

const log = {
  trimAfterDays: integer(
    'LOG_TRIM_AFTER_DAYS',
    30,
    [1, 3_650],
    'Changes older than this are trimmed from the change log; a client with an older sync cursor reloads.',
  ),
  resetAfter: integer('LOG_RESET_AFTER', 1_000, [1, 100_000], 'A client that missed more changes than this reloads instead of syncing.'),
};

export const serverGroups = { server, http, database, redis, s3, docs, metrics, realtime, writer, log };
