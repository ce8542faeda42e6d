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
    'Sessions of one user; the next one ends the session that was unused longest.',
  ),
  builtIn: onOff('AUTH_BUILT_IN', 'on', 'Serve registration and login here; off: only the external service authenticates.'),
};

/** An external service that issues tokens: AUTH_JWKS_URL or AUTH_JWT_PUBLIC_KEY, with issuer and audience. */
const external = {
  jwksUrl: optional('AUTH_JWKS_URL', address('https', 'http'), 'The key set of an external service whose JWTs are accepted.'),
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
  issuer: optional('AUTH_ISSUER', z.string(), 'The issuer that its tokens must name.'),
  audience: optional('AUTH_AUDIENCE', z.string(), 'The audience that its tokens must name.'),
  algorithms: setting(
    'AUTH_ALGORITHMS',
    words.refine(
      (list) => list.length > 0 && list.every((word) => /^(RS|PS|ES)(256|384|512)$|^EdDSA$/.test(word)),
      'must name asymmetric algorithms, like RS256',
    ),
    'RS256,PS256,ES256,EdDSA',
    'The algorithms that its tokens may use.',
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
  enabled: onOff('RATE_LIMIT', 'on', 'One budget per user over REST and sockets; off for load tests.'),
  request: budget('RATE_LIMIT_REQUEST', '1500/5', 'Requests and socket events of one user, or of one address without a token.'),
  send: budget('RATE_LIMIT_SEND', '600/6', 'Messages of one user.'),
  typing: budget('RATE_LIMIT_TYPING', '100/10', 'Typing events of one user.'),
  upload: budget('RATE_LIMIT_UPLOAD', '300/60', 'Uploads of one user.'),
  auth: budget('RATE_LIMIT_AUTH', '1000/60', 'Registrations, logins and token refreshes from one address.'),
  login: budget('RATE_LIMIT_LOGIN', '10/60', 'Failed logins to one account.'),
  'login-address': budget('RATE_LIMIT_LOGIN_ADDRESS', '100/60', 'Failed logins from one address.'),
};

const rooms = {
  maxMembers: integer('ROOM_MAX_MEMBERS', 1_000, [2, 100_000], 'Members of a room that is not a channel.'),
  maxPerUser: integer('ROOM_MAX_PER_USER', 10_000, [1, 100_000], 'Rooms in which one user may be a member.'),
  maxInvites: integer('ROOM_MAX_INVITES', 50, [1, 1_000], 'Usable invites of one room.'),
  maxPins: integer('ROOM_MAX_PINS', 50, [1, 1_000], 'Pinned messages of one room.'),
};

const messages = {
  maxTextLength: integer('MESSAGE_MAX_TEXT', 10_000, [1, 10_000], 'Code points of a text.'),
  maxMedia: integer('MESSAGE_MAX_MEDIA', 10, [1, 10], 'Media of one message.'),
  maxMentions: integer('MESSAGE_MAX_MENTIONS', 50, [0, 100], 'Users mentioned by one message.'),
  maxEdits: integer('MESSAGE_MAX_EDITS', 100, [0, 1_000], 'Stored edits of one message.'),
  maxReactions: integer('MESSAGE_MAX_REACTIONS', 50, [1, 1_000], 'Different reactions to one message.'),
};

const product = {
  reactions: oneOf('REACTIONS', ['emoji', 'like_dislike', 'text'], 'emoji', 'The reactions that users may add.'),
};

const media = {
  maxBytes: integer('MEDIA_MAX_BYTES', 100 * MIB, [1, 5_000 * MIB], 'Maximum size of a file.'),
  quotaBytes: integer('MEDIA_QUOTA_BYTES', 5_000 * MIB, [1, 1_000_000_000_000], 'Maximum size of all files of one user together.'),
  maxPixels: integer('MEDIA_MAX_PIXELS', 50_000_000, [1, 1_000_000_000], 'Width times height of an image, all its frames together.'),
  types: setting('MEDIA_TYPES', words, MEDIA_TYPES.join(','), 'Content types that may be uploaded, detected from the bytes.'),
  thumbnailPixels: integer('MEDIA_THUMBNAIL_PIXELS', 320, [16, 2_048], 'The longer side of a thumbnail.'),
  decoders: integer('MEDIA_DECODERS', 2, [1, 32], 'Images and sounds that one process decodes at the same time.'),
  uploadsAtOnce: integer('MEDIA_UPLOADS_AT_ONCE', 20, [1, 1_000], 'Uploads through one process at the same time.'),
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
    'After a rejection, the same user may send the next request after this many hours.',
  ),
  maxPending: integer('FRIENDS_MAX_PENDING', 100, [1, 10_000], 'Pending friend requests of one user.'),
  maxFriends: integer('FRIENDS_MAX', 5_000, [1, 100_000], 'Friends of one user.'),
  maxBlocks: integer('FRIENDS_MAX_BLOCKS', 10_000, [1, 100_000], 'Users whom one user may block.'),
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
