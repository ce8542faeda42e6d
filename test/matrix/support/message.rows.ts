import { apart, type Cell, HIDDEN, type Row } from './rules.js';
import { type Place, SECRET } from './room-fixture.js';

// Messages in rooms, over HTTP and by events: who may do what.

const messages = ({ room }: Place, rest = ''): string => `/rooms/${room}/messages${rest}`;
const LIKE = encodeURIComponent('👍');

const SENDING: readonly Omit<Row, 'at' | 'answer' | 'ask'>[] = [
  { what: 'a text', who: 'members', needs: ['can_create_messages'], voice: true },
  { what: 'a file', who: 'members', needs: ['can_create_messages', 'can_attach_media'], voice: true },
  { what: 'with a mention of all', who: 'members', needs: ['can_create_messages', 'can_mention_all'], voice: true },
];
const BODIES: readonly ((place: Place) => object)[] = [
  () => ({ text: 'hello' }),
  (p) => ({ mediaIds: [p.medium] }),
  () => ({ text: 'hello', mentions: 'all' }),
];

const EDITING_OWN: Omit<Row, 'at' | 'answer' | 'ask'> = { what: 'my own', who: 'members', needs: ['can_edit_own_messages'], voice: true };
const EDITING: Omit<Row, 'at' | 'answer' | 'ask'> = { what: "another's", who: 'members', needs: ['can_edit_messages'], voice: true };
const DELETING_OWN: Omit<Row, 'at' | 'answer' | 'ask'> = { what: 'my own', who: 'members', needs: ['can_delete_own_messages'] };
const DELETING: Omit<Row, 'at' | 'answer' | 'ask'> = { what: "another's", who: 'members', needs: ['can_delete_messages'] };
const REACTING: Omit<Row, 'at' | 'answer' | 'ask'> = { who: 'members', needs: ['can_add_reactions'], voice: true };

export const MESSAGE_ROWS: readonly Row[] = [
  { at: 'GET /v1/rooms/{roomId}/messages', who: 'members', answer: 200, ask: (p) => ({ path: messages(p) }) },
  ...SENDING.map((row, at): Row => ({
    ...row,
    at: 'POST /v1/rooms/{roomId}/messages',
    answer: 201,
    ask: (p) => ({ path: messages(p), body: BODIES[at]!(p) }),
  })),
  { at: 'GET /v1/rooms/{roomId}/messages/{messageId}', who: 'members', answer: 200, ask: (p) => ({ path: messages(p, `/${p.theirs}`) }) },
  {
    ...EDITING_OWN,
    at: 'PATCH /v1/rooms/{roomId}/messages/{messageId}',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.mine}`), body: { text: 'hm' } }),
  },
  {
    ...EDITING,
    at: 'PATCH /v1/rooms/{roomId}/messages/{messageId}',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.theirs}`), body: { text: 'hm' } }),
  },
  { ...DELETING_OWN, at: 'DELETE /v1/rooms/{roomId}/messages/{messageId}', answer: 200, ask: (p) => ({ path: messages(p, `/${p.mine}`) }) },
  { ...DELETING, at: 'DELETE /v1/rooms/{roomId}/messages/{messageId}', answer: 200, ask: (p) => ({ path: messages(p, `/${p.theirs}`) }) },
  {
    at: 'GET /v1/rooms/{roomId}/messages/{messageId}/replies',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/replies`) }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/messages/{messageId}/history',
    what: 'my own',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.mine}/history`) }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/messages/{messageId}/history',
    what: "another's",
    who: 'members',
    needs: ['can_delete_messages'],
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/history`) }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/messages/{messageId}/readers',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/readers`) }),
  },
  { at: 'GET /v1/rooms/{roomId}/pins', who: 'members', answer: 200, ask: (p) => ({ path: `/rooms/${p.room}/pins` }) },
  {
    at: 'PUT /v1/rooms/{roomId}/messages/{messageId}/pin',
    who: 'members',
    needs: ['can_pin_messages'],
    voice: true,
    answer: 204,
    ask: (p) => ({ path: messages(p, `/${p.mine}/pin`) }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/messages/{messageId}/pin',
    who: 'members',
    needs: ['can_pin_messages'],
    voice: true,
    answer: 204,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/pin`) }),
  },
  {
    at: 'POST /v1/rooms/{roomId}/messages/{messageId}/report',
    who: 'members',
    answer: 201,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/report`), body: { reason: 'rude' } }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/changes',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: `/rooms/${p.room}/changes?seq=0&rev=0` }),
  },
  {
    at: 'GET /v1/messages/search',
    what: 'in a room',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: `/messages/search?query=${SECRET}&roomId=${p.room}` }),
  },

  // Reactions
  {
    at: 'GET /v1/rooms/{roomId}/messages/{messageId}/reactions',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/reactions`) }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/messages/{messageId}/reactions/{reactionId}',
    who: 'members',
    answer: 200,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/reactions/${p.theirReaction}`) }),
  },
  {
    ...REACTING,
    at: 'POST /v1/rooms/{roomId}/messages/{messageId}/reactions',
    answer: 201,
    ask: (p) => ({ path: messages(p, `/${p.mine}/reactions`), body: { reaction: '👍' } }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/messages/{messageId}/reactions',
    who: 'members',
    answer: 204,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/reactions?reaction=${LIKE}`) }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/messages/{messageId}/reactions/{reactionId}',
    what: 'my own',
    who: 'members',
    answer: 204,
    ask: (p) => ({ path: messages(p, `/${p.theirs}/reactions/${p.myReaction}`) }),
  },
  {
    at: 'DELETE /v1/rooms/{roomId}/messages/{messageId}/reactions/{reactionId}',
    what: "another's",
    who: 'members',
    answer: () => '403 not_author',
    ask: (p) => ({ path: messages(p, `/${p.theirs}/reactions/${p.theirReaction}`) }),
  },
];

/** A user who may read a message may read its files. */
const state =
  (status: string) =>
  (cell: Cell): string =>
    cell.actor.member ? status : HIDDEN;

export const MEDIA_ROWS: readonly Row[] = [
  {
    at: 'GET /v1/media/{id}',
    what: 'in a message',
    who: 'people',
    answer: state('200'),
    ask: (p) => ({ path: `/media/${p.theirMedium}` }),
  },
  {
    at: 'GET /v1/media/{id}/content',
    what: 'in a message',
    who: 'people',
    answer: state('200'),
    ask: (p) => ({ path: `/media/${p.theirMedium}/content` }),
  },
  {
    at: 'DELETE /v1/media/{id}',
    what: "another's in a message",
    who: 'people',
    answer: state('403 not_author'),
    ask: (p) => ({ path: `/media/${p.theirMedium}` }),
  },
];

/** A frame to one person goes by the private room of the two inside the team. */
const toOne = (cell: Cell): string => (cell.variant.type !== 'team' ? '422 not_a_team' : (apart(cell) ?? '200'));

/** Events that call the same use cases as routes above. */
const REPEATED: readonly Row[] = [
  ...SENDING.map((row, at): Row => ({
    ...row,
    at: 'message:send',
    answer: 200,
    ask: (p) => ({ body: { roomId: p.room, ...BODIES[at]!(p) } }),
  })),
  { ...EDITING_OWN, at: 'message:edit', answer: 200, ask: (p) => ({ body: { roomId: p.room, messageId: p.mine, text: 'hm' } }) },
  { ...EDITING, at: 'message:edit', answer: 200, ask: (p) => ({ body: { roomId: p.room, messageId: p.theirs, text: 'hm' } }) },
  { ...DELETING_OWN, at: 'message:delete', answer: 200, ask: (p) => ({ body: { roomId: p.room, messageId: p.mine } }) },
  { ...DELETING, at: 'message:delete', answer: 200, ask: (p) => ({ body: { roomId: p.room, messageId: p.theirs } }) },
  { ...REACTING, at: 'reaction:add', answer: 200, ask: (p) => ({ body: { roomId: p.room, messageId: p.mine, reaction: '👍' } }) },
  { at: 'reaction:remove', who: 'members', answer: 200, ask: (p) => ({ body: { roomId: p.room, messageId: p.theirs, reaction: '👍' } }) },
  { at: 'room:read', who: 'members', answer: 200, ask: (p) => ({ body: { roomId: p.room, seq: 2 } }) },
];

export const EVENT_ROWS: readonly Row[] = [
  ...REPEATED.map((row): Row => ({ ...row, repeatsRoute: true })),
  {
    at: 'typing',
    who: 'members',
    needs: ['can_create_messages'],
    voice: true,
    answer: 200,
    ask: (p) => ({ body: { roomId: p.room, typing: true } }),
  },
  {
    at: 'sync',
    who: 'people',
    // A room that is not mine is gone, whatever it is.
    answer: ({ actor }) => (actor.member ? '200' : HIDDEN),
    ask: (p) => ({ body: { rooms: { [p.room]: { seq: 0, rev: 0 } } } }),
  },
  {
    at: 'message',
    what: 'to the room',
    who: 'members',
    needs: ['can_create_messages'],
    voice: true,
    answer: 200,
    ask: (p) => ({ body: { channel_id: p.room, to: '*', type: 'text', data: 'hello' } }),
  },
  {
    at: 'message',
    what: 'to one member of the team',
    who: 'members',
    answer: toOne,
    ask: (p) => ({ body: { channel_id: p.room, to: p.target, type: 'text', data: 'hello' } }),
  },
];
