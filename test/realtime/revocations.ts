import { call, type Person } from '../support/world.js';

type Json = any;

/** A user with two devices before a loss of access, and what they lose access to. */
export interface RevocationSetup {
  readonly owner: Person;
  readonly admin: Person;
  /** Logged in with the session that ends, if one does. */
  readonly eva: Person;
  /** Access token of eva's other session. */
  readonly second: string;
  readonly room: string;
  readonly message: string;
  readonly own: string;
  readonly medium: string;
  readonly ticket: string;
}

export interface Revocation {
  readonly what: string;
  readonly takes: 'room' | 'session';
  /** The reason in `room:gone` or `session:ended`. */
  readonly reason: string;
  /** The other session continues. */
  readonly keeps?: true;
  readonly does: (scene: RevocationSetup) => Promise<unknown>;
}

const bySecond = ({ second, eva }: RevocationSetup, method: string, path: string, body?: object): Promise<Json> =>
  call(eva.world.url, method, path, { token: second, ...(body && { body }) }).then(({ status, body: payload }) => {
    if (status >= 300) throw new Error(`${method} ${path} → ${status} ${JSON.stringify(payload)}`);
    return payload;
  });

async function reusesRefreshToken({ eva }: RevocationSetup): Promise<void> {
  const refresh = (refreshToken: string) => call(eva.world.url, 'POST', '/auth/refresh', { body: { refreshToken } });
  const next = await refresh(eva.refreshToken);
  await refresh(next.body.refreshToken);
  const { status } = await refresh(eva.refreshToken);
  if (status !== 401) throw new Error(`a used token → ${status}`);
}

export const REVOCATIONS: readonly Revocation[] = [
  { what: 'removed from the room', takes: 'room', reason: 'removed', does: (s) => s.owner.deletes(`/rooms/${s.room}/users/${s.eva.id}`) },
  { what: 'banned from the room', takes: 'room', reason: 'banned', does: (s) => s.owner.puts(`/rooms/${s.room}/bans/${s.eva.id}`) },
  { what: 'leaving with another device', takes: 'room', reason: 'left', does: (s) => bySecond(s, 'POST', `/rooms/${s.room}/leave`) },
  { what: 'a member of a deleted room', takes: 'room', reason: 'deleted', does: (s) => s.owner.deletes(`/rooms/${s.room}`) },
  { what: 'logged out', takes: 'session', reason: 'logout', keeps: true, does: (s) => s.eva.does('POST', '/auth/logout') },
  {
    what: 'logged out by another device',
    takes: 'session',
    reason: 'revoked',
    keeps: true,
    does: async (s) => {
      const { items } = await bySecond(s, 'GET', '/auth/sessions');
      await bySecond(s, 'DELETE', `/auth/sessions/${items.find(({ current }: Json) => !current).id}`);
    },
  },
  {
    what: 'changing the password',
    takes: 'session',
    reason: 'password',
    keeps: true,
    does: (s) => bySecond(s, 'POST', '/auth/password', { currentPassword: s.eva.password, newPassword: 'another word of mine' }),
  },
  { what: 'reusing a refresh token', takes: 'session', reason: 'revoked', keeps: true, does: reusesRefreshToken },
  { what: 'deactivated', takes: 'session', reason: 'deactivated', does: (s) => s.admin.posts(`/users/${s.eva.id}/deactivate`) },
  { what: 'deleting the account', takes: 'session', reason: 'deactivated', does: (s) => s.eva.deletes('/users/me') },
  {
    what: 'deleted by an admin',
    takes: 'session',
    reason: 'deactivated',
    does: (s) => s.admin.deletes(`/users/${s.eva.id}?messages=erase`),
  },
];

/** The text of a message before the loss. */
export const BEFORE = 'xylographq';

/** A request that reads or writes, and its answers to a member and to a former member. */
export interface Path {
  readonly what: string;
  readonly in: string;
  readonly out: string;
  readonly ask: (scene: RevocationSetup) => { method?: string; path: string; body?: object; open?: true };
}

const GONE = '404 room_not_found';
const reads = (what: string, rest: (scene: RevocationSetup) => string, shows = 'shown'): Path => ({
  what,
  in: shows,
  out: GONE,
  ask: (s) => ({ path: `/rooms/${s.room}${rest(s)}` }),
});
const lists = (path: string): Path => ({ what: path, in: 'shown', out: '200', ask: () => ({ path }) });
const writes = (what: string, status: number, method: string, rest: (scene: RevocationSetup) => string, body?: object): Path => ({
  what,
  in: String(status),
  out: GONE,
  ask: (s) => ({ method, path: `/rooms/${s.room}${rest(s)}`, ...(body && { body }) }),
});
const media = (what: string, path: (scene: RevocationSetup) => string, open?: true): Path => ({
  what,
  in: '200',
  out: '404 media_not_found',
  ask: (s) => ({ path: `/media/${s.medium}${path(s)}`, ...(open && { open }) }),
});

export const PATHS: readonly Path[] = [
  reads('the room', () => ''),
  reads('the page', () => '/messages'),
  reads('a message', (s) => `/messages/${s.message}`),
  reads('pins', () => '/pins'),
  reads('changes', () => '/changes?seq=0&rev=0'),
  reads('members', () => '/users', '200'),
  { what: 'search there', in: 'shown', out: GONE, ask: (s) => ({ path: `/messages/search?query=${BEFORE}&roomId=${s.room}` }) },
  lists(`/messages/search?query=${BEFORE}`),
  lists('/mentions'),
  lists('/rooms'),
  writes('sending', 201, 'POST', () => '/messages', { text: 'still here' }),
  writes('editing', 200, 'PATCH', (s) => `/messages/${s.own}`, { text: 'still mine' }),
  writes('reacting', 201, 'POST', (s) => `/messages/${s.message}/reactions`, { reaction: '👍' }),
  writes('marking', 200, 'PUT', () => '/users/me/read', { seq: 1 }),
  media('a file', () => ''),
  media('its content', () => '/content'),
  media('its content by a ticket', (s) => `/content?ticket=${s.ticket}`, true),
];

/** The same over a socket. */
export const EVENTS: readonly { event: string; payload: (scene: RevocationSetup) => object; out: string }[] = [
  { event: 'message:send', payload: (s) => ({ roomId: s.room, text: 'still here' }), out: GONE },
  { event: 'message:edit', payload: (s) => ({ roomId: s.room, messageId: s.own, text: 'still mine' }), out: GONE },
  { event: 'message:delete', payload: (s) => ({ roomId: s.room, messageId: s.own }), out: GONE },
  { event: 'reaction:add', payload: (s) => ({ roomId: s.room, messageId: s.message, reaction: '👎' }), out: GONE },
  { event: 'room:read', payload: (s) => ({ roomId: s.room, seq: 1 }), out: GONE },
  { event: 'typing', payload: (s) => ({ roomId: s.room, typing: true }), out: GONE },
  { event: 'message', payload: (s) => ({ channel_id: s.room, to: '*', type: 'text', data: 'still here' }), out: GONE },
  { event: 'sync', payload: (s) => ({ rooms: { [s.room]: { seq: 0, rev: 0 } } }), out: 'gone' },
];
