import type { Ask } from './rules.js';

// Every route and event by which a message of a room can be read or changed, tried on messages from before joining where history begins with
// joining (`historyVisibility: since_joined`).

/** What a row is tried on; everything but `fresh` is from before the late joiners came. */
export interface Past {
  readonly room: string;
  /** A channel without messages since they joined. */
  readonly quiet: string;
  /** Of the creator: with a file, edited, pinned, answered, reported, with a mention of all, with reactions. */
  readonly message: string;
  readonly seq: number;
  /** Of who asks, if they were there; else of the one who was there from the start. */
  readonly mine: string;
  /** The reaction to `message` of who asks, or as above. */
  readonly reaction: string;
  readonly report: string;
  readonly medium: string;
  /** A reply to `message`, sent since they joined. */
  readonly fresh: string;
  /** The cursor at which the late joiners came. */
  readonly rev: number;
  /** Of an invite. */
  readonly code: string;
  /** Who asks, and a ticket of theirs. */
  readonly me: string;
  readonly ticket: string;
}

export interface PastRow {
  readonly at: string;
  readonly what?: string;
  /**
   * `nowhere`: late joiners get the answer of ids that do not exist. `nothing`: they get an answer without anything of the past.
   */
  readonly late: 'nowhere' | 'nothing';
  /** What the answer to the one from the start contains. */
  readonly shows?: RegExp;
  /** What the answer to late joiners contains. */
  readonly sends?: RegExp;
  /** Asked without a token: the ticket replaces it. */
  readonly open?: true;
  readonly ask: (past: Past) => Ask;
}

/** Words of the past. */
export const OLD_WORD = 'xylographq';
export const QUIET_WORD = 'quietly';
export const OLD_REACTION = '🦉';

const SECRET = new RegExp(OLD_WORD);
const QUIET = new RegExp(QUIET_WORD);
const NO_NUMBERS = /"unreadCount":0,"mentionCount":0/;
const MESSAGES = '/v1/rooms/{roomId}/messages';
const MESSAGE = `${MESSAGES}/{messageId}`;

const messages = ({ room }: Past, rest = ''): string => `/rooms/${room}/messages${rest}`;
const on = (past: Past, rest = ''): string => messages(past, `/${past.message}${rest}`);

const reads = (rest: string, shows?: RegExp): PastRow => ({
  at: `GET ${MESSAGE}${rest}`,
  late: 'nowhere',
  ...(shows && { shows }),
  ask: (p) => ({ path: on(p, rest) }),
});
const lists = (query: string, sends?: RegExp): PastRow => ({
  at: `GET ${MESSAGES}`,
  what: query,
  late: 'nothing',
  shows: SECRET,
  ...(sends && { sends }),
  ask: (p) => ({ path: messages(p, query.replace('SEQ', String(p.seq + 1))) }),
});
/** It holds nothing of the messages, whoever asks. */
const silent = (rest: string): PastRow => ({
  at: `GET /v1/rooms/{roomId}/${rest}`,
  late: 'nothing',
  ask: (p) => ({ path: `/rooms/${p.room}/${rest}` }),
});
const searches = (what: string, query: (past: Past) => string): PastRow => ({
  at: 'GET /v1/messages/search',
  what,
  late: 'nothing',
  shows: SECRET,
  sends: /"items":\[\]/,
  ask: (p) => ({ path: `/messages/search?query=${OLD_WORD}${query(p)}` }),
});

export const PAST_READS: readonly PastRow[] = [
  lists(''),
  lists('?before=SEQ', /"items":\[\],"hasOlder":false,"hasNewer":true/),
  lists('?after=0&limit=100', /"hasOlder":false/),
  lists('?around=SEQ'),
  reads('', SECRET),
  reads('/replies', SECRET),
  reads('/history', SECRET),
  reads('/readers', /"items":\[\{/),
  reads('/reactions', new RegExp(OLD_REACTION)),
  {
    at: `GET ${MESSAGE}/reactions/{reactionId}`,
    late: 'nowhere',
    shows: new RegExp(OLD_REACTION),
    ask: (p) => ({ path: on(p, `/reactions/${p.reaction}`) }),
  },
  {
    at: `GET ${MESSAGE}`,
    what: 'an answer to it',
    late: 'nothing',
    shows: SECRET,
    sends: /"preview":null/,
    ask: (p) => ({ path: messages(p, `/${p.fresh}`) }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/pins',
    late: 'nothing',
    shows: SECRET,
    sends: /"preview":null/,
    ask: (p) => ({ path: `/rooms/${p.room}/pins` }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/changes',
    what: 'from the beginning',
    late: 'nothing',
    shows: SECRET,
    sends: /"messages":\[\],"changes":\[\].*"reset":true/,
    ask: (p) => ({ path: `/rooms/${p.room}/changes?seq=0&rev=0` }),
  },
  {
    at: 'GET /v1/rooms/{roomId}/changes',
    what: 'since they came',
    late: 'nothing',
    shows: SECRET,
    sends: /"preview":null.*"reset":false/,
    ask: (p) => ({ path: `/rooms/${p.room}/changes?seq=0&rev=${p.rev}` }),
  },
  {
    at: 'GET /v1/rooms/{roomId}',
    what: 'its last message',
    late: 'nothing',
    shows: QUIET,
    sends: /"lastMessage":null/,
    ask: (p) => ({ path: `/rooms/${p.quiet}` }),
  },
  {
    at: 'GET /v1/rooms/{roomId}',
    what: 'its numbers',
    late: 'nothing',
    shows: /"unreadCount":2,"mentionCount":1/,
    sends: NO_NUMBERS,
    ask: (p) => ({ path: `/rooms/${p.quiet}` }),
  },
  { at: 'GET /v1/rooms', late: 'nothing', shows: QUIET, sends: /"lastMessage":null/, ask: () => ({ path: '/rooms' }) },
  { at: 'GET /v1/rooms/public', late: 'nothing', ask: () => ({ path: '/rooms/public' }) },
  ...['users', 'bans', 'invites', 'permissions', 'audit'].map(silent),
  { at: 'GET /v1/rooms/{roomId}/users/{userId}', late: 'nothing', ask: (p) => ({ path: `/rooms/${p.room}/users/${p.me}` }) },
  {
    at: 'GET /v1/rooms/{roomId}/reports',
    late: 'nothing',
    shows: SECRET,
    sends: /"items":\[\]/,
    ask: (p) => ({ path: `/rooms/${p.room}/reports` }),
  },
  { at: 'GET /v1/invites/{code}', late: 'nothing', ask: (p) => ({ path: `/invites/${p.code}` }) },
  { at: 'GET /v1/mentions', late: 'nothing', shows: SECRET, sends: /"items":\[\]/, ask: () => ({ path: '/mentions' }) },
  { at: 'GET /v1/reactions', late: 'nothing', shows: new RegExp(OLD_REACTION), sends: /"items":\[\]/, ask: () => ({ path: '/reactions' }) },
  searches('in all rooms', () => ''),
  searches('in one room', (p) => `&roomId=${p.room}`),
  searches('with media', (p) => `&roomId=${p.room}&hasMedia=true`),
  { at: 'GET /v1/users/me/export', late: 'nothing', ask: () => ({ path: '/users/me/export' }) },
  { at: 'GET /v1/media/{id}', late: 'nowhere', ask: (p) => ({ path: `/media/${p.medium}` }) },
  { at: 'GET /v1/media/{id}/content', late: 'nowhere', ask: (p) => ({ path: `/media/${p.medium}/content` }) },
  {
    at: 'GET /v1/media/{id}/content',
    what: 'its thumbnail',
    late: 'nowhere',
    ask: (p) => ({ path: `/media/${p.medium}/content?variant=thumbnail` }),
  },
  {
    at: 'GET /v1/media/{id}/content',
    what: 'by a ticket',
    late: 'nowhere',
    open: true,
    ask: (p) => ({ path: `/media/${p.medium}/content?ticket=${p.ticket}` }),
  },
];

/** Each of them on a message of its own. */
export const PAST_WRITES: readonly PastRow[] = [
  {
    at: `POST ${MESSAGES}`,
    what: 'an answer to it',
    late: 'nowhere',
    ask: (p) => ({ path: messages(p), body: { text: 'hm', replyToId: p.message } }),
  },
  { at: `PATCH ${MESSAGE}`, what: "another's", late: 'nowhere', ask: (p) => ({ path: on(p), body: { text: 'hm' } }) },
  { at: `PATCH ${MESSAGE}`, what: 'my own', late: 'nowhere', ask: (p) => ({ path: messages(p, `/${p.mine}`), body: { text: 'hm' } }) },
  { at: `DELETE ${MESSAGE}`, what: "another's", late: 'nowhere', ask: (p) => ({ path: on(p) }) },
  { at: `DELETE ${MESSAGE}`, what: 'my own', late: 'nowhere', ask: (p) => ({ path: messages(p, `/${p.mine}`) }) },
  { at: `DELETE ${MESSAGE}/pin`, late: 'nowhere', ask: (p) => ({ path: on(p, '/pin') }) },
  { at: `PUT ${MESSAGE}/pin`, late: 'nowhere', ask: (p) => ({ path: messages(p, `/${p.mine}/pin`) }) },
  { at: `POST ${MESSAGE}/report`, late: 'nowhere', ask: (p) => ({ path: on(p, '/report'), body: { reason: 'rude' } }) },
  {
    at: 'POST /v1/rooms/{roomId}/reports/{id}/resolve',
    late: 'nowhere',
    ask: (p) => ({ path: `/rooms/${p.room}/reports/${p.report}/resolve`, body: {} }),
  },
  { at: `POST ${MESSAGE}/reactions`, late: 'nowhere', ask: (p) => ({ path: on(p, '/reactions'), body: { reaction: '👍' } }) },
  { at: `DELETE ${MESSAGE}/reactions/{reactionId}`, late: 'nowhere', ask: (p) => ({ path: on(p, `/reactions/${p.reaction}`) }) },
  {
    at: `DELETE ${MESSAGE}/reactions`,
    late: 'nowhere',
    ask: (p) => ({ path: on(p, `/reactions?reaction=${encodeURIComponent(OLD_REACTION)}`) }),
  },
  {
    at: 'message:send',
    what: 'an answer to it',
    late: 'nowhere',
    ask: (p) => ({ body: { roomId: p.room, text: 'hm', replyToId: p.message } }),
  },
  { at: 'message:edit', late: 'nowhere', ask: (p) => ({ body: { roomId: p.room, messageId: p.message, text: 'hm' } }) },
  { at: 'message:delete', late: 'nowhere', ask: (p) => ({ body: { roomId: p.room, messageId: p.message } }) },
  { at: 'reaction:add', late: 'nowhere', ask: (p) => ({ body: { roomId: p.room, messageId: p.message, reaction: '👍' } }) },
  { at: 'reaction:remove', late: 'nowhere', ask: (p) => ({ body: { roomId: p.room, messageId: p.message, reaction: OLD_REACTION } }) },
  {
    at: 'sync',
    what: 'from the beginning',
    late: 'nothing',
    shows: SECRET,
    sends: /"messages":\[\],"changes":\[\].*"reset":true/,
    ask: (p) => ({ body: { rooms: { [p.room]: { seq: 0, rev: 0 } } } }),
  },
  {
    at: 'sync',
    what: 'since they came',
    late: 'nothing',
    shows: SECRET,
    sends: /"reset":false/,
    ask: (p) => ({ body: { rooms: { [p.room]: { seq: 0, rev: p.rev } } } }),
  },
  { at: 'rooms', late: 'nothing', shows: /"unreadCount":2,"mentionCount":1/, sends: NO_NUMBERS, ask: () => ({ body: {} }) },
  // A mark below what one may see is a mark that is passed already.
  {
    at: 'PUT /v1/rooms/{roomId}/users/me/read',
    late: 'nothing',
    shows: /"unreadCount":1,"mentionCount":0/,
    sends: NO_NUMBERS,
    ask: (p) => ({ path: `/rooms/${p.quiet}/users/me/read`, body: { seq: 2 } }),
  },
  { at: 'room:read', late: 'nothing', shows: /"unreadCount":0/, sends: NO_NUMBERS, ask: (p) => ({ body: { roomId: p.quiet, seq: 3 } }) },
  {
    at: 'message',
    what: 'a frame, which answers nothing',
    late: 'nothing',
    ask: (p) => ({ body: { channel_id: p.room, to: '*', type: 'text', data: 'hm' } }),
  },
];
