import { z } from 'zod';
import { address, integer, onOff, oneOf, optional, secret, type Setting, setting, words } from './setting.js';

// What users may do, and how much of it.

const MIB = 1024 * 1024;
const MEDIA_TYPES = [
  ...['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'],
  ...['video/mp4', 'video/webm', 'video/quicktime'],
  ...['audio/mpeg', 'audio/mp4', 'audio/x-m4a', 'audio/ogg', 'audio/wav', 'audio/webm', 'audio/flac'],
  ...['application/pdf', 'application/zip', 'text/plain', 'application/octet-stream'],
];

const auth = {
  jwtSecret: secret(
    'JWT_SECRET',
    'Signs access tokens. Unset: generated and stored in DATA_DIR. Required in production, at least 32 characters.',
  ),
  issuer: setting('JWT_ISSUER', z.string(), 'parley', 'The issuer in the tokens of this server.'),
  audience: setting('JWT_AUDIENCE', z.string(), 'parley', 'The audience in the tokens of this server.'),
  accessTokenSeconds: integer('ACCESS_TOKEN_SECONDS', 600, [1, 600], 'Lifetime of an access token.'),
  refreshDays: integer('REFRESH_TOKEN_DAYS', 30, [1, 365], 'A session expires after this many days without use.'),
  sessionsPerUser: integer(
    'SESSIONS_PER_USER',
    100,
    [1, 1_000],
    'Maximum number of sessions of one user; a further one ends the least recently used one.',
  ),
  builtIn: onOff('AUTH_BUILT_IN', 'on', 'Offer registration and login here; off: only tokens of the external service are accepted.'),
};

/** An external service that issues tokens: AUTH_JWKS_URL or AUTH_JWT_PUBLIC_KEY, with issuer and audience. */
const external = {
  jwksUrl: optional('AUTH_JWKS_URL', address('https', 'http'), 'The URL of the key set of an external service whose JWTs are accepted.'),
  refetchSeconds: integer(
    'AUTH_JWKS_REFETCH_SECONDS',
    30,
    [1, 3_600],
    'Minimum interval between two fetches of the key set for an unknown key.',
  ),
  publicKey: optional(
    'AUTH_JWT_PUBLIC_KEY',
    z.string().transform((pem) => pem.replaceAll('\\n', '\n')),
    'Instead of a key set, the public key of the service (PEM, \\n for line breaks).',
  ),
  issuer: optional('AUTH_ISSUER', z.string(), 'The issuer that the tokens of the external service must name.'),
  audience: optional('AUTH_AUDIENCE', z.string(), 'The audience that the tokens of the external service must name.'),
  algorithms: setting(
    'AUTH_ALGORITHMS',
    words.refine(
      (list) => list.length > 0 && list.every((word) => /^(RS|PS|ES)(256|384|512)$|^EdDSA$/.test(word)),
      'must name asymmetric algorithms, like RS256',
    ),
    'RS256,PS256,ES256,EdDSA',
    'The algorithms that the tokens of the external service may use.',
  ),
};

const argon2 = {
  memoryKib: integer('ARGON2_MEMORY_KIB', 19_456, [8, 4_194_304], 'Memory of one password hash, in KiB.'),
  iterations: integer('ARGON2_ITERATIONS', 2, [1, 100], 'Iterations of one password hash.'),
  parallelism: integer('ARGON2_PARALLELISM', 1, [1, 16], 'Lanes of one password hash.'),
};

/** Points in a window of seconds. */
const budget = (variable: string, fallback: string, doc: string): Setting<{ readonly points: number; readonly seconds: number }> => {
  const schema = z
    .string()
    .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,3}$/, 'must be points/seconds, like 600/6')
    .transform((text) => {
      const [points, seconds] = text.split('/').map(Number);
      return Object.freeze({ points: points ?? 0, seconds: seconds ?? 0 });
    });
  return setting(variable, schema, fallback, `${doc} Points/seconds.`);
};

const limits = {
  enabled: onOff('RATE_LIMIT', 'on', 'Apply the rate limits, shared by REST and sockets; off for load tests.'),
  request: budget('RATE_LIMIT_REQUEST', '1500/5', 'Requests and socket events of one user, or of one address without a token.'),
  send: budget('RATE_LIMIT_SEND', '600/6', 'Messages of one user.'),
  typing: budget('RATE_LIMIT_TYPING', '100/10', 'Typing events of one user.'),
  upload: budget('RATE_LIMIT_UPLOAD', '300/60', 'Uploads of one user.'),
  auth: budget('RATE_LIMIT_AUTH', '1000/60', 'Registrations, logins and token refreshes from one address.'),
  login: budget('RATE_LIMIT_LOGIN', '10/60', 'Failed logins to one account.'),
  'login-address': budget('RATE_LIMIT_LOGIN_ADDRESS', '100/60', 'Failed logins from one address.'),
};

const rooms = {
  maxMembers: integer('ROOM_MAX_MEMBERS', 1_000, [2, 100_000], 'Maximum number of members of a room that is not a channel.'),
  maxPerUser: integer('ROOM_MAX_PER_USER', 10_000, [1, 100_000], 'Maximum number of rooms of one user.'),
  maxInvites: integer('ROOM_MAX_INVITES', 50, [1, 1_000], 'Maximum number of usable invites of one room.'),
  maxPins: integer('ROOM_MAX_PINS', 50, [1, 1_000], 'Maximum number of pinned messages of one room.'),
};

const messages = {
  maxTextLength: integer('MESSAGE_MAX_TEXT', 10_000, [1, 10_000], 'Maximum length of a text, in code points.'),
  maxMedia: integer('MESSAGE_MAX_MEDIA', 10, [1, 10], 'Maximum number of files of one message.'),
  maxMentions: integer('MESSAGE_MAX_MENTIONS', 50, [0, 100], 'Maximum number of users mentioned by one message.'),
  maxEdits: integer('MESSAGE_MAX_EDITS', 100, [0, 1_000], 'Maximum number of stored edits of one message.'),
  maxReactions: integer('MESSAGE_MAX_REACTIONS', 50, [1, 1_000], 'Maximum number of different reactions to one message.'),
};

const product = {
  reactions: oneOf('REACTIONS', ['emoji', 'like_dislike', 'text'], 'emoji', 'The reactions that users may add.'),
};

const media = {
  maxBytes: integer('MEDIA_MAX_BYTES', 100 * MIB, [1, 5_000 * MIB], 'Maximum size of a file.'),
  quotaBytes: integer('MEDIA_QUOTA_BYTES', 5_000 * MIB, [1, 1_000_000_000_000], 'Maximum size of all files of one user together.'),
  maxPixels: integer('MEDIA_MAX_PIXELS', 50_000_000, [1, 1_000_000_000], 'Maximum width times height of an image, summed over its frames.'),
  types: setting('MEDIA_TYPES', words, MEDIA_TYPES.join(','), 'Content types that may be uploaded, detected from the bytes.'),
  thumbnailPixels: integer('MEDIA_THUMBNAIL_PIXELS', 320, [16, 2_048], 'Length of the longer side of a thumbnail.'),
  decoders: integer('MEDIA_DECODERS', 2, [1, 32], 'Maximum number of files that one process decodes at the same time.'),
  uploadsAtOnce: integer('MEDIA_UPLOADS_AT_ONCE', 20, [1, 1_000], 'Maximum number of simultaneous uploads through one process.'),
  uploadSeconds: integer('MEDIA_UPLOAD_SECONDS', 900, [10, 86_400], 'Maximum duration of a direct upload.'),
  ticketSeconds: integer('MEDIA_TICKET_SECONDS', 900, [1, 900], 'Lifetime of a media ticket.'),
  collectAfterHours: integer(
    'MEDIA_COLLECT_AFTER_HOURS',
    24,
    [0, 8_760],
    'Unreferenced files are marked for deletion after this many hours.',
  ),
};

const friends = {
  cooldownHours: integer(
    'FRIENDS_COOLDOWN_HOURS',
    24,
    [0, 8_760],
    'After a rejection, the same user may send another request only after this many hours.',
  ),
  maxPending: integer('FRIENDS_MAX_PENDING', 100, [1, 10_000], 'Maximum number of pending friend requests of one user.'),
  maxFriends: integer('FRIENDS_MAX', 5_000, [1, 100_000], 'Maximum number of friends of one user.'),
  maxBlocks: integer('FRIENDS_MAX_BLOCKS', 10_000, [1, 100_000], 'Maximum number of users whom one user may block.'),
};

const privacyDefaults = {
  friendRequests: oneOf(
    'PRIVACY_FRIEND_REQUESTS',
    ['everyone', 'shared_rooms', 'nobody'],
    'everyone',
    'Who may send a new user a friend request.',
  ),
  directMessages: oneOf(
    'PRIVACY_DIRECT_MESSAGES',
    ['everyone', 'shared_rooms', 'friends', 'nobody'],
    'friends',
    'Who may create a private room with a new user.',
  ),
  groupInvites: oneOf('PRIVACY_GROUP_INVITES', ['everyone', 'friends', 'nobody'], 'friends', 'Who may add a new user to a group.'),
  presence: oneOf('PRIVACY_PRESENCE', ['everyone', 'friends', 'nobody'], 'friends', 'Who sees whether a new user is online.'),
  readReceipts: onOff('PRIVACY_READ_RECEIPTS', 'on', 'Whether a new user sends and receives read receipts.'),
};

export const productGroups = { auth, external, argon2, limits, rooms, messages, product, media, friends, privacyDefaults };
