import { HIDDEN, inPrivate, type Cell, type Row } from './rules.js';
import type { Place } from './stage.js';

// Rooms, seats, moderation and invites: who may do what.

const room = ({ room: id }: Place, rest = ''): string => `/rooms/${id}${rest}`;
const later = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** Of a public room everybody sees the card. */
const card = ({ actor, variant }: Cell): string => (actor.seat || variant.isPublic ? '200' : HIDDEN);

/** Who has the code of an invite needs nothing else; nobody in a private room can make one that works. */
const byCode = (cell: Cell): string => (inPrivate(cell) ? HIDDEN : cell.actor.banned ? '403 banned' : '200');

const joining = ({ actor, variant }: Cell): string =>
  actor.seat ? '200' : !variant.isPublic ? HIDDEN : actor.banned ? '403 banned' : '200';

export const ROOM_ROWS: readonly Row[] = [
  { at: 'GET /v1/rooms/{roomId}', who: 'people', answer: card, ask: (p) => ({ path: room(p) }) },
  {
    at: 'PATCH /v1/rooms/{roomId}',
    who: 'members',
    needs: ['can_edit_room'],
    answer: 200,
    ask: (p) => ({ path: room(p), body: { name: 'another' } }),
  },
  { at: 'DELETE /v1/rooms/{roomId}', who: 'members', needs: ['can_delete_room'], answer: 204, ask: (p) => ({ path: room(p) }) },
  { at: 'POST /v1/rooms/{roomId}/join', who: 'people', letsIn: true, answer: joining, ask: (p) => ({ path: room(p, '/join') }) },
  {
    at: 'POST /v1/rooms/{roomId}/leave',
    who: 'members',
    answer: (cell) => (inPrivate(cell) ? '409 private_room' : cell.actor.seat?.role === 'owner' ? '409 owner_must_transfer' : '204'),
    ask: (p) => ({ path: room(p, '/leave') }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/owner',
    who: 'members',
    answer: (cell) => (inPrivate(cell) ? '409 private_room' : cell.actor.seat?.role === 'owner' ? '204' : '403 role_preset'),
    ask: (p) => ({ path: room(p, '/owner'), body: { userId: p.target } }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/permissions',
    what: 'my own',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: room(p, '/permissions') }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/permissions',
    what: "somebody else's",
    who: 'members',
    roles: ['admin', 'owner'],
    answer: 200,
    ask: (p) => ({ path: room(p, `/permissions?userId=${p.target}`) }),
  },
  {
    at: 'POST /v1/rooms',
    what: 'a private room of two inside a team',
    who: 'members',
    answer: ({ actor, variant: { type } }) => (type !== 'team' ? '422 not_a_team' : actor.blocked ? '403 privacy' : '201'),
    ask: (p) => ({ path: '/rooms', body: { type: 'private_messages', teamId: p.room, userIds: [p.target] } }),
  },

  // Invites
  {
    at: 'POST /v1/rooms/{roomId}/invites',
    who: 'members',
    needs: ['can_create_invites'],
    answer: 201,
    ask: (p) => ({ path: room(p, '/invites'), body: {} }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/invites',
    who: 'members',
    needs: ['can_create_invites'],
    answer: 200,
    ask: (p) => ({ path: room(p, '/invites') }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/invites/{id}',
    what: 'my own',
    who: 'members',
    answer: 204,
    ask: (p) => ({ path: room(p, `/invites/${p.myInvite}`) }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/invites/{id}',
    what: "another's",
    who: 'members',
    needs: ['can_remove_users'],
    answer: 204,
    ask: (p) => ({ path: room(p, `/invites/${p.theirInvite}`) }),
  },
  { at: 'GET /v1/invites/{code}', who: 'people', answer: byCode, ask: (p) => ({ path: `/invites/${p.code}` }) },
  {
    at: 'POST /v1/invites/{code}/join',
    who: 'people',
    letsIn: true,
    answer: (cell) => (cell.actor.seat ? '200' : byCode(cell)),
    ask: (p) => ({ path: `/invites/${p.code}/join` }),
  },

  // Seats
  { at: 'GET /v1/rooms/{roomId}/users', who: 'members', answer: 200, ask: (p) => ({ path: room(p, '/users') }) },
  { at: 'GET /v1/rooms/{roomId}/users/{userId}', who: 'members', answer: 200, ask: (p) => ({ path: room(p, `/users/${p.target}`) }) },
  {
    at: 'POST /v1/rooms/{roomId}/users',
    what: 'as a plain member',
    who: 'members',
    needs: ['can_add_users'],
    favour: true,
    answer: 201,
    ask: (p) => ({ path: room(p, '/users'), body: { userId: p.guest } }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/users',
    what: 'as an admin',
    who: 'members',
    needs: ['can_add_users', 'can_manage_roles'],
    above: 'admin',
    favour: true,
    answer: 201,
    ask: (p) => ({ path: room(p, '/users'), body: { userId: p.guest, role: 'admin' } }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/users',
    what: 'somebody banned',
    who: 'members',
    needs: ['can_add_users'],
    answer: () => '403 banned',
    ask: (p) => ({ path: room(p, '/users'), body: { userId: p.outlaw } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/me',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: room(p, '/users/me'), body: { muted: true } }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/users/me/read',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: room(p, '/users/me/read'), body: { seq: 2 } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    what: 'permissions',
    who: 'members',
    needs: ['can_manage_roles'],
    above: 'member',
    answer: 200,
    ask: (p) => ({ path: room(p, `/users/${p.target}`), body: { permissions: [] } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    what: 'a higher role',
    who: 'members',
    needs: ['can_manage_roles'],
    above: 'admin',
    answer: 200,
    ask: (p) => ({ path: room(p, `/users/${p.target}`), body: { role: 'admin' } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    what: 'silence',
    who: 'members',
    needs: ['can_remove_users'],
    above: 'member',
    answer: 200,
    ask: (p) => ({ path: room(p, `/users/${p.target}`), body: { silencedUntil: later() } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    what: 'the silence of somebody who left',
    who: 'members',
    needs: ['can_remove_users'],
    above: 'member',
    answer: 204,
    ask: (p) => ({ path: room(p, `/users/${p.guest}`), body: { silencedUntil: null } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    what: 'the silence of somebody who is not there',
    who: 'members',
    needs: ['can_remove_users'],
    answer: () => '404 room_user_not_found',
    ask: (p) => ({ path: room(p, `/users/${p.outlaw}`), body: { silencedUntil: null } }),
  },
  {
    at: 'PATCH /v1/rooms/{roomId}/users/{userId}',
    what: 'my own role',
    who: 'members',
    needs: ['can_manage_roles'],
    answer: () => '403 rank',
    ask: (p) => ({ path: room(p, `/users/${p.actor}`), body: { role: 'owner' } }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/users/{userId}',
    what: 'a member',
    who: 'members',
    needs: ['can_remove_users'],
    above: 'member',
    answer: 204,
    ask: (p) => ({ path: room(p, `/users/${p.target}`) }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/users/{userId}',
    what: 'an admin',
    who: 'members',
    needs: ['can_remove_users'],
    above: 'admin',
    answer: 204,
    ask: (p) => ({ path: room(p, `/users/${p.boss}`) }),
  },

  // Moderation
  { at: 'GET /v1/rooms/{roomId}/bans', who: 'members', needs: ['can_ban_users'], answer: 200, ask: (p) => ({ path: room(p, '/bans') }) },
  {
    at: 'PUT /v1/rooms/{roomId}/bans/{userId}',
    what: 'a member',
    who: 'members',
    needs: ['can_ban_users'],
    above: 'member',
    answer: 204,
    ask: (p) => ({ path: room(p, `/bans/${p.target}`), body: {} }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/bans/{userId}',
    what: 'an admin',
    who: 'members',
    needs: ['can_ban_users'],
    above: 'admin',
    answer: 204,
    ask: (p) => ({ path: room(p, `/bans/${p.boss}`), body: {} }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/bans/{userId}',
    who: 'members',
    needs: ['can_ban_users'],
    answer: 204,
    ask: (p) => ({ path: room(p, `/bans/${p.outlaw}`) }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/reports',
    who: 'members',
    needs: ['can_delete_messages'],
    answer: 200,
    ask: (p) => ({ path: room(p, '/reports') }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/reports/{id}/resolve',
    who: 'members',
    needs: ['can_delete_messages'],
    answer: 200,
    ask: (p) => ({ path: room(p, `/reports/${p.report}/resolve`), body: {} }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/audit',
    who: 'members',
    needs: ['can_remove_users'],
    answer: 200,
    ask: (p) => ({ path: room(p, '/audit') }),
  },
];
