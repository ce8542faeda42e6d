// The one list of modules. A module may import the modules on its right-hand side and nothing else.
// ESLint (eslint-plugin-boundaries), dependency-cruiser and the table-ownership test read it.

/** Every module below PLATFORM may use all of these. */
export const PLATFORM = ['common', 'config', 'database', 'redis', 'events', 'storage', 'limits', 'jobs'];

const domain = (...imports) => [...PLATFORM, ...imports];

export const modules = {
  common: [],
  config: ['common'],
  database: ['config', 'common', 'migrations'],
  redis: ['config', 'common'],
  storage: ['config', 'common'],
  events: ['database', 'config', 'common'],
  jobs: ['database', 'config', 'common'],
  limits: ['redis', 'config', 'common'],
  users: domain(),
  auth: domain('users'),
  'room-access': domain('users'),
  friends: domain('users', 'room-access'),
  media: domain('users', 'room-access'),
  timeline: domain('users', 'room-access', 'media'),
  'room-users': domain('users', 'friends', 'room-access', 'timeline'),
  rooms: domain('users', 'friends', 'media', 'room-access', 'timeline', 'room-users'),
  invites: domain('users', 'room-access', 'room-users', 'rooms'),
  reactions: domain('users', 'friends', 'room-access', 'timeline'),
  search: domain('users', 'media', 'room-access', 'timeline'),
  messages: domain('users', 'friends', 'media', 'room-access', 'timeline', 'reactions', 'search'),
  sync: domain('users', 'room-access', 'timeline', 'room-users', 'rooms', 'messages'),
  moderation: domain('users', 'room-access', 'timeline'),
  accounts: domain(
    'users',
    'auth',
    'friends',
    'media',
    'room-access',
    'timeline',
    'room-users',
    'rooms',
    'invites',
    'reactions',
    'messages',
    'moderation',
  ),
};

/** The folders of a large module, and which of its other folders each may import. dependency-cruiser and tools/diagram.mjs read it. */
export const parts = {
  realtime: {
    wire: [],
    docs: ['wire'],
    adapter: ['wire'],
    hub: ['adapter', 'wire'],
    presence: ['hub', 'adapter', 'wire'],
    fanout: ['hub', 'adapter', 'wire'],
    repair: ['hub', 'adapter', 'wire'],
    inbound: ['fanout', 'presence', 'hub', 'adapter', 'wire'],
  },
};

const everything = Object.keys(modules);
modules.realtime = [...everything];
modules.ops = [...everything, 'realtime'];
modules.manage = [...everything, 'realtime', 'ops'];

/** Which module writes a table. Modules above may read it in SQL; nobody else writes it, but RoomPurge deletes the rows of deleted rooms. */
export const tables = {
  jobs: 'jobs',
  server_state: 'database',
  users: 'users',
  user_heads: 'users',
  sessions: 'auth',
  refresh_tokens: 'auth',
  rooms: 'room-access',
  room_heads: 'room-access',
  room_users: 'room-access',
  room_bans: 'room-access',
  room_silences: 'room-access',
  room_changes: 'room-access',
  room_audit: 'room-access',
  friend_requests: 'friends',
  friendships: 'friends',
  blocks: 'friends',
  media: 'media',
  message_media: 'media',
  messages: 'timeline',
  message_mentions: 'timeline',
  room_invites: 'invites',
  reactions: 'reactions',
  reaction_counts: 'reactions',
  message_search: 'search',
  search_marks: 'search',
  message_edits: 'messages',
  message_pins: 'messages',
  room_reports: 'moderation',
};

/** The few statements that reach further, each with its reason. */
export const tableExceptions = [
  {
    file: 'src/timeline/message.view.ts',
    tables: ['reactions', 'reaction_counts', 'message_pins'],
    why: 'It is the one source of what a message looks like, and is read in one statement.',
  },
  {
    file: 'src/timeline/send-messages.sql.ts',
    tables: ['room_heads', 'room_users', 'sessions', 'blocks', 'media', 'message_media'],
    why: 'It checks, numbers and writes a batch of messages in one round trip.',
  },
  {
    file: 'src/timeline/message.repository.ts',
    tables: ['room_heads'],
    why: 'A system message takes the next number of its room in the statement that writes it, as the send function does.',
  },
];

/** Rooms whose every file others may import; the rest show only `publicSuffixes`. */
export const OPEN = [...PLATFORM];

/** What a module shows to others, by file suffix; all else is private to it. */
export const publicSuffixes = [
  '.module.ts',
  '.entity.ts',
  '.view.ts',
  '.service.ts',
  '.repository.ts',
  '.policy.ts',
  '.events.ts',
  '.errors.ts',
  '.types.ts',
];
