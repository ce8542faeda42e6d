import { apart, HIDDEN, inPrivate, type Cell, type Row } from './rules.js';
import type { Place } from './room-fixture.js';

// Rooms and invites: who may do what.

const room = ({ room: id }: Place, rest = ''): string => `/rooms/${id}${rest}`;

/** Every user sees the card of a public room. */
const card = ({ actor, variant }: Cell): string => (actor.member || variant.isPublic ? '200' : HIDDEN);

/** Who has the code of an invite needs nothing else; nobody in a private room can make one that works. */
const byCode = (cell: Cell): string => (inPrivate(cell) ? HIDDEN : cell.actor.gone === 'banned' ? '403 banned' : '200');

const joining = ({ actor, variant }: Cell): string =>
  actor.member ? '200' : !variant.isPublic ? HIDDEN : actor.gone === 'banned' ? '403 banned' : '200';

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
    answer: (cell) => (inPrivate(cell) ? '409 private_room' : cell.actor.member?.role === 'owner' ? '409 owner_must_transfer' : '204'),
    ask: (p) => ({ path: room(p, '/leave') }),
  },
  {
    at: 'PUT /v1/rooms/{roomId}/owner',
    who: 'members',
    answer: (cell) => (inPrivate(cell) ? '409 private_room' : cell.actor.member?.role === 'owner' ? '204' : '403 role_preset'),
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
    what: 'of another member',
    who: 'members',
    roles: ['admin', 'owner'],
    answer: 200,
    ask: (p) => ({ path: room(p, `/permissions?userId=${p.target}`) }),
  },
  {
    at: 'POST /v1/rooms',
    what: 'a private room of two inside a team',
    who: 'members',
    answer: (cell) => (cell.variant.type !== 'team' ? '422 not_a_team' : (apart(cell) ?? '201')),
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
    answer: (cell) => (cell.actor.member ? '200' : byCode(cell)),
    ask: (p) => ({ path: `/invites/${p.code}/join` }),
  },
];
