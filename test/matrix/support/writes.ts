import type { Person } from '../../support/world.js';

// What every body and every payload writes, and a valid one of each.

/** The users and things that the bodies name. Ana calls: she owns the room and the team, bob is a member of both. */
export interface Things {
  readonly ana: Person;
  readonly bob: Person;
  /** Who is to be asked, added, banned: nobody to ana yet. */
  readonly dan: Person;
  readonly eve: Person;
  readonly room: string;
  readonly team: string;
  readonly message: string;
  readonly theirs: string;
  readonly report: string;
}

export interface Write {
  /** A route as the document names it, or an event. */
  readonly at: string;
  /** Tables whose rows it writes, or that are near enough to be tried. */
  readonly tables: readonly string[];
  /** Over HTTP: the ids of the path. */
  readonly ids?: (things: Things) => Record<string, string>;
  readonly body: (things: Things) => Record<string, unknown>;
  /** The columns in which the body changes rows that were there before (but for counters), and the tables of rows that go. */
  readonly changes?: readonly string[];
  /** Bodies in which the fields of inner objects are tried too. */
  readonly inner?: (things: Things) => Record<string, unknown>;
}

const inRoom = ({ room }: Things): Record<string, string> => ({ roomId: room });
const onMessage = ({ room, message }: Things): Record<string, string> => ({ roomId: room, messageId: message });
const memberOf = ({ room, bob }: Things): Record<string, string> => ({ roomId: room, userId: bob.id });
const PERSON = ['users', 'sessions', 'refresh_tokens'];
const MESSAGE = ['messages', 'message_media', 'message_mentions', 'message_search'];

const SENT = ['room_users.last_read_n', 'room_users.last_read_seq', 'room_users.last_seen_at', 'room_users.last_sent_at'];
const EDITED = ['messages.edited_at', 'messages.text'];

/** In the order in which they are called: what ends a permission comes last. */
export const ROUTES: readonly Write[] = [
  {
    at: 'PATCH /v1/users/me',
    tables: ['users', 'user_heads'],
    changes: ['users.display_name'],
    body: () => ({ displayName: 'Ana' }),
    inner: () => ({
      privacy: { friendRequests: 'nobody', directMessages: 'nobody', groupInvites: 'nobody', presence: 'nobody', readReceipts: false },
    }),
  },
  { at: 'POST /v1/users/lookup', tables: ['users'], body: ({ bob }) => ({ ids: [bob.id] }) },
  { at: 'POST /v1/auth/register', tables: PERSON, body: () => ({ username: 'beginner', password: 'the password of a beginner' }) },
  { at: 'POST /v1/auth/login', tables: PERSON, body: ({ ana: { username, password } }) => ({ username, password }) },
  { at: 'POST /v1/friend-requests', tables: ['friend_requests', 'friendships'], body: ({ dan }) => ({ userId: dan.id }) },
  { at: 'POST /v1/media/uploads', tables: ['media'], body: () => ({ filename: 'a.png', contentType: 'image/png', size: 10 }) },
  {
    at: 'POST /v1/rooms/{roomId}/users',
    tables: ['room_users', 'room_audit'],
    ids: inRoom,
    body: ({ dan }) => ({ userId: dan.id }),
    inner: ({ eve }) => ({ userIds: [eve.id] }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/me',
    tables: ['room_users'],
    changes: ['room_users.draft', 'room_users.muted'],
    ids: inRoom,
    body: () => ({ muted: true, draft: 'hm' }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/users/me/read',
    tables: ['room_users', 'room_heads'],
    changes: ['room_users.last_seen_at'],
    ids: inRoom,
    body: () => ({ seq: 1 }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    tables: ['room_users', 'room_audit'],
    changes: ['room_users.deny', 'room_users.role'],
    ids: memberOf,
    body: () => ({ role: 'admin' }),
    inner: () => ({ permissions: ['can_add_reactions'] }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/bans/{userId}',
    tables: ['room_bans', 'room_audit'],
    changes: ['room_users'],
    ids: ({ room, eve }) => ({ roomId: room, userId: eve.id }),
    body: () => ({ reason: 'spam' }),
  },
  {
    at: 'POST /v1/rooms',
    tables: ['rooms', 'room_heads', 'room_users'],
    body: () => ({ type: 'group', name: 'another' }),
    inner: ({ bob }) => ({ type: 'team', name: 'another', metaTags: ['x'], userIds: [bob.id] }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}',
    tables: ['rooms', 'room_heads'],
    changes: ['rooms.description', 'rooms.updated_at'],
    ids: inRoom,
    body: () => ({ description: 'hm' }),
    inner: () => ({ metaTags: ['x'] }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/invites',
    tables: ['room_invites', 'room_users', 'room_audit'],
    ids: inRoom,
    body: () => ({ maxUses: 2 }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/messages/{messageId}/reactions',
    tables: ['reactions', 'reaction_counts'],
    ids: onMessage,
    body: () => ({ reaction: '👍' }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/messages',
    tables: MESSAGE,
    changes: SENT,
    ids: inRoom,
    body: () => ({ text: 'hello' }),
    inner: ({ bob }) => ({ text: 'hello', mentions: [{ userId: bob.id, username: bob.username }] }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/messages/{messageId}',
    tables: ['messages', 'message_edits'],
    changes: EDITED,
    ids: onMessage,
    body: () => ({ text: 'hm' }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/messages/{messageId}/report',
    tables: ['room_reports'],
    ids: ({ room, theirs }) => ({ roomId: room, messageId: theirs }),
    body: () => ({ reason: 'rude' }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/reports/{id}/resolve',
    tables: ['room_reports', 'room_audit'],
    changes: ['room_reports.note', 'room_reports.resolved_at', 'room_reports.resolved_by'],
    ids: ({ room, report }) => ({ roomId: room, id: report }),
    body: () => ({ note: 'done' }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/owner',
    tables: ['rooms', 'room_users', 'room_audit'],
    changes: ['room_users.role'],
    ids: inRoom,
    body: ({ bob }) => ({ userId: bob.id }),
  },
  {
    at: 'POST /v1/auth/refresh',
    tables: PERSON,
    changes: ['refresh_tokens.used_at', 'sessions.expires_at'],
    body: ({ ana: { refreshToken } }) => ({ refreshToken }),
  },
  {
    at: 'POST /v1/auth/password',
    tables: PERSON,
    changes: ['sessions.end_reason', 'sessions.ended_at', 'users.password_hash'],
    body: ({ ana: { password } }) => ({ currentPassword: password, newPassword: `${password}, again` }),
  },
];

/** Bodies that are no objects: a form, whose fields are tried by themselves, and the bytes of a file. */
export const OTHER_BODIES: readonly string[] = ['POST /v1/media', 'PUT /v1/media/uploads/{mediaId}/content'];

export const EVENTS: readonly Write[] = [
  {
    at: 'message:send',
    tables: MESSAGE,
    changes: SENT,
    body: ({ room }) => ({ roomId: room, text: 'hello' }),
    inner: ({ room, bob }) => ({ roomId: room, text: 'hello', mentions: [{ userId: bob.id, username: bob.username }] }),
  },
  {
    at: 'message:edit',
    tables: ['messages', 'message_edits'],
    changes: EDITED,
    body: (things) => ({ ...onMessage(things), text: 'hm, hm' }),
  },
  { at: 'reaction:add', tables: ['reactions', 'reaction_counts'], body: (things) => ({ ...onMessage(things), reaction: '🎉' }) },
  {
    at: 'reaction:remove',
    tables: ['reactions', 'reaction_counts'],
    changes: ['reaction_counts', 'reactions'],
    body: (things) => ({ ...onMessage(things), reaction: '🎉' }),
  },
  {
    at: 'room:read',
    tables: ['room_users', 'room_heads'],
    changes: ['room_users.last_seen_at'],
    body: ({ room }) => ({ roomId: room, seq: 1 }),
  },
  { at: 'typing', tables: ['room_users'], body: ({ room }) => ({ roomId: room, typing: true }) },
  {
    at: 'sync',
    tables: ['room_heads', 'room_changes'],
    body: () => ({ rooms: {} }),
    inner: ({ room }) => ({ rooms: { [room]: { seq: 1, rev: 1 } } }),
  },
  { at: 'rooms', tables: ['room_heads'], body: () => ({}) },
  { at: 'presence:watch', tables: ['users'], body: ({ bob }) => ({ userIds: [bob.id] }) },
  { at: 'auth:refresh', tables: ['sessions'], body: ({ ana }) => ({ token: ana.accessToken }) },
  { at: 'message', tables: MESSAGE, changes: SENT, body: ({ team }) => ({ channel_id: team, to: '*', type: 'text', data: 'hello' }) },
  {
    at: 'message:delete',
    tables: ['messages'],
    changes: ['message_edits', 'messages.deleted_at', 'messages.request_hash', 'messages.text', 'reaction_counts', 'reactions'],
    body: onMessage,
  },
];
