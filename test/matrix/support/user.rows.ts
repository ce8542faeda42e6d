import { randomUUID } from 'node:crypto';
import type { Person } from '../../support/world.js';

// What is not in a room: accounts, sessions, friends, files, lists of one's own. Who may do what.

/** Whom a row is about, and what it is about. */
export interface UserFixture {
  /** Whose thing it is: the session, the upload, the file; who was asked for friendship, and has a friend. */
  readonly one: Person;
  /** A friend of `one`, with the default privacy. */
  readonly bystander: Person;
  readonly request: string;
  readonly session: string;
  readonly file: string;
  readonly upload: string;
  /** Of the upload. */
  readonly token: string;
}

/** Callers with an invalid token: of an inactive account, or of an ended session. */
export const OVER = ['inactive', 'ended'] as const;

/**
 * Who tries a row, the one whose things they are at the end: `other` has asked `one` for friendship, `blocked` and `blocking` have a block
 * between them and every user whom a row concerns.
 */
export const CALLERS = ['nobody', ...OVER, 'outsider', 'blocked', 'blocking', 'platform', 'other', 'one'] as const;
export type Caller = (typeof CALLERS)[number];

export interface PeopleRow {
  readonly at: string;
  readonly what?: string;
  /** Also without a login. */
  readonly open?: true;
  /** A status, a status and a code; `hidden`: as of an id that is nowhere. */
  readonly answers: Record<Exclude<Caller, 'nobody' | (typeof OVER)[number]>, string>;
  /** @param me the caller (with `open` also a client that is not logged in) */
  readonly ask: (cast: UserFixture, me: Person) => { path?: string; body?: object | string; form?: FormData };
}

/** All callers who are logged in, each for themselves. */
const everyone = (answer: string): PeopleRow['answers'] => ({
  ...{ outsider: answer, blocked: answer, blocking: answer, platform: answer, other: answer, one: answer },
});
/** A call that concerns a user is refused within a blocked pair, and only the blocker gets that reason. */
const favour = (answer: string): PeopleRow['answers'] => ({ ...everyone(answer), blocked: '403 privacy', blocking: '403 blocked' });
/** Whose it is; from the others it is hidden. */
const owner = (answer: string): PeopleRow['answers'] => ({ ...everyone('hidden'), one: answer });
const admin = (answer: string): PeopleRow['answers'] => ({ ...everyone('403 not_admin'), platform: answer });

const own = (at: string, status: number, body?: (cast: UserFixture, me: Person) => object): PeopleRow => ({
  at,
  answers: everyone(String(status)),
  ask: (cast, me) => ({ path: at.split(' /v1')[1]!, ...(body && { body: body(cast, me) }) }),
});
const open = (at: string): PeopleRow => ({ at, open: true, answers: everyone('200'), ask: () => ({ path: at.split(' ')[1]! }) });

const form = (): FormData => {
  const made = new FormData();
  made.append('file', new Blob(['hello']), 'hello.txt');
  return made;
};

export const PEOPLE_ROWS: readonly PeopleRow[] = [
  // Logging in
  {
    at: 'POST /v1/auth/register',
    open: true,
    answers: everyone('201'),
    ask: () => ({ path: '/auth/register', body: { username: `new.${randomUUID().slice(0, 8)}`, password: 'a word of my own' } }),
  },
  {
    at: 'POST /v1/auth/login',
    open: true,
    answers: everyone('200'),
    ask: ({ one }) => ({ path: '/auth/login', body: { username: one.username, password: one.password } }),
  },
  {
    at: 'POST /v1/auth/refresh',
    open: true,
    answers: everyone('200'),
    ask: ({ one }) => ({ path: '/auth/refresh', body: { refreshToken: one.refreshToken } }),
  },
  own('POST /v1/auth/password', 204, (_, me) => ({ currentPassword: me.password, newPassword: 'another word of mine' })),
  own('POST /v1/auth/logout', 204),
  own('GET /v1/auth/sessions', 200),
  { at: 'DELETE /v1/auth/sessions/{id}', answers: owner('204'), ask: ({ session }) => ({ path: `/auth/sessions/${session}` }) },

  // People and accounts
  own('GET /v1/users/me', 200),
  own('PATCH /v1/users/me', 200, () => ({ displayName: 'New' })),
  own('DELETE /v1/users/me', 202),
  own('GET /v1/users/me/export', 200),
  own('GET /v1/users', 200),
  own('POST /v1/users/lookup', 200, ({ one }) => ({ ids: [one.id] })),
  { at: 'GET /v1/users/{userId}', answers: everyone('200'), ask: ({ one }) => ({ path: `/users/${one.id}` }) },
  { at: 'DELETE /v1/users/{userId}', answers: admin('202'), ask: ({ bystander }) => ({ path: `/users/${bystander.id}` }) },
  {
    at: 'POST /v1/users/{userId}/deactivate',
    answers: admin('200'),
    ask: ({ bystander }) => ({ path: `/users/${bystander.id}/deactivate` }),
  },
  { at: 'POST /v1/users/{userId}/activate', answers: admin('200'), ask: ({ bystander }) => ({ path: `/users/${bystander.id}/activate` }) },

  // Friends and blocks
  {
    at: 'POST /v1/friend-requests',
    answers: { ...favour('201'), one: '409 already_friends' },
    ask: ({ bystander }) => ({ path: '/friend-requests', body: { userId: bystander.id } }),
  },
  own('GET /v1/friend-requests', 200),
  ...(['approve', 'reject'] as const).map((verb): PeopleRow => ({
    at: `POST /v1/friend-requests/{id}/${verb}`,
    answers: { ...everyone('hidden'), other: '403 not_receiver', one: '200' },
    ask: ({ request }) => ({ path: `/friend-requests/${request}/${verb}` }),
  })),
  {
    at: 'DELETE /v1/friend-requests/{id}',
    answers: { ...everyone('hidden'), other: '204', one: '403 not_sender' },
    ask: ({ request }) => ({ path: `/friend-requests/${request}` }),
  },
  own('GET /v1/friends', 200),
  { at: 'DELETE /v1/friends/{userId}', answers: owner('204'), ask: ({ bystander }) => ({ path: `/friends/${bystander.id}` }) },
  own('GET /v1/users/me/blocks', 200),
  {
    at: 'PUT /v1/users/me/blocks/{userId}',
    answers: everyone('204'),
    ask: ({ bystander }) => ({ path: `/users/me/blocks/${bystander.id}` }),
  },
  {
    at: 'DELETE /v1/users/me/blocks/{userId}',
    answers: everyone('204'),
    ask: ({ bystander }) => ({ path: `/users/me/blocks/${bystander.id}` }),
  },

  // Rooms and what is mine in them
  own('GET /v1/rooms', 200),
  own('GET /v1/rooms/public', 200),
  own('POST /v1/rooms', 201, () => ({ type: 'group' })),
  ...(['private_messages', 'group'] as const).map((type): PeopleRow => ({
    at: 'POST /v1/rooms',
    what: `${type}, with a friend of one alone`,
    answers: { ...favour('403 privacy'), one: '201' },
    ask: ({ bystander }) => ({ path: '/rooms', body: { type, userIds: [bystander.id] } }),
  })),
  {
    at: 'POST /v1/rooms',
    what: 'channel, with whoever it may be',
    answers: favour('201'),
    ask: ({ bystander }) => ({ path: '/rooms', body: { type: 'channel', name: 'News', userIds: [bystander.id] } }),
  },
  own('GET /v1/reactions', 200),
  own('GET /v1/mentions', 200),
  { at: 'GET /v1/messages/search', answers: everyone('200'), ask: () => ({ path: '/messages/search?query=hello' }) },

  // Files
  { at: 'POST /v1/media', answers: everyone('201'), ask: () => ({ path: '/media', form: form() }) },
  own('POST /v1/media/ticket', 200),
  own('POST /v1/media/uploads', 201, () => ({ filename: 'a.txt', contentType: 'text/plain', size: 5 })),
  {
    at: 'POST /v1/media/uploads/{mediaId}/complete',
    answers: owner('409 upload_missing'),
    ask: ({ upload }) => ({ path: `/media/uploads/${upload}/complete` }),
  },
  {
    at: 'PUT /v1/media/uploads/{mediaId}/content',
    what: 'with its token',
    open: true,
    answers: everyone('204'),
    ask: ({ upload, token }) => ({ path: `/media/uploads/${upload}/content?token=${token}`, body: 'hello' }),
  },
  {
    at: 'PUT /v1/media/uploads/{mediaId}/content',
    what: 'without it',
    open: true,
    answers: everyone('hidden'),
    ask: ({ upload }) => ({ path: `/media/uploads/${upload}/content?token=guessed` }),
  },
  { at: 'GET /v1/media/{id}', answers: owner('200'), ask: ({ file }) => ({ path: `/media/${file}` }) },
  { at: 'GET /v1/media/{id}/content', answers: owner('200'), ask: ({ file }) => ({ path: `/media/${file}/content` }) },
  { at: 'DELETE /v1/media/{id}', answers: owner('204'), ask: ({ file }) => ({ path: `/media/${file}` }) },

  // The machine room
  open('GET /health/live'),
  open('GET /health/ready'),
  open('GET /metrics'),

  // Events that belong to no room
  { at: 'rooms', answers: everyone('200'), ask: () => ({ body: {} }) },
  { at: 'presence:watch', answers: everyone('200'), ask: ({ one }) => ({ body: { userIds: [one.id] } }) },
  {
    at: 'auth:refresh',
    what: "with one's token",
    answers: { ...everyone('401 token_invalid'), one: '200' },
    ask: ({ one }) => ({ body: { token: one.accessToken } }),
  },
];
