import type { Answer } from '../../support/world.js';
import type { PairFixture } from './pair-fixture.js';

type Json = any;

/** A call of one user that concerns another, and its answers. */
export interface BetweenRow {
  readonly what: string;
  /** The answer to an unrelated user under open privacy: a status and a reason, or the part of the answer that is compared. */
  readonly free: string;
  /** The answer to the blocked user, as to any user under privacy `nobody`. */
  readonly shut: string;
  /** To the one who blocks. */
  readonly blocking: string;
  /** Only a block refuses it: under privacy `nobody` it still succeeds. */
  readonly byBlock?: true;
  /** The answer after the block is lifted, where it differs from that to an unrelated user: something was done meanwhile. */
  readonly afterwards?: string;
  readonly ask: (pair: PairFixture) => Promise<Json>;
  /** The part of the answer that is compared. */
  readonly receivers?: (body: Json) => unknown;
}

const REFUSED = { shut: '403 privacy', blocking: '403 blocked' } as const;
const same = (free: string): Pick<BetweenRow, 'free' | 'shut' | 'blocking'> => ({ free, shut: free, blocking: free });
const hidden = (free: string, shut: string): Pick<BetweenRow, 'free' | 'shut' | 'blocking'> => ({ free, shut, blocking: shut });

const asks =
  (method: string, path: (pair: PairFixture) => string, body?: (pair: PairFixture) => object) =>
  (pair: PairFixture): Promise<Answer> =>
    pair.me.call(method, path(pair), body?.(pair));
const sends = (event: string, payload: (pair: PairFixture) => object) => (pair: PairFixture) => pair.sockets.me.emits(event, payload(pair));
const reads = (
  what: string,
  path: (pair: PairFixture) => string,
  receivers?: BetweenRow['receivers'],
  seen = hidden('200', '200'),
): BetweenRow => ({
  what: `reading ${what}`,
  ...seen,
  ...(receivers && { receivers }),
  ask: asks('GET', path),
});

const opens = (type: string, people: (keyof PairFixture & ('other' | 'third'))[], more: (pair: PairFixture) => object = () => ({})) =>
  asks(
    'POST',
    () => '/rooms',
    (p) => ({ type, ...(type !== 'private_messages' && { name: 'new' }), userIds: people.map((one) => p[one].id), ...more(p) }),
  );
const inOld =
  (rest = '') =>
  (p: PairFixture) =>
    `/rooms/${p.ids.old}${rest}`;
export const on =
  (message: string, rest = '') =>
  (p: PairFixture) =>
    `/rooms/${p.ids[message.split(' in ')[1]!]}/messages/${p.ids[message]}${rest}`;
const shown = (lastReadSeq: unknown): string => (lastReadSeq === null ? 'hidden' : 'shown');

export const ROWS: readonly BetweenRow[] = [
  // Friendship
  {
    what: 'asking for friendship',
    free: '201',
    ...REFUSED,
    ask: asks(
      'POST',
      () => '/friend-requests',
      (p) => ({ userId: p.other.id }),
    ),
  },
  { what: 'ending a friendship', ...same('404 friend_not_found'), ask: asks('DELETE', (p) => `/friends/${p.other.id}`) },
  reads('friends', () => '/friends'),

  // The private room that is there
  { what: 'opening it', ...same('200'), ask: opens('private_messages', ['other']) },
  reads('it', inOld(), (room) => shown(room.otherLastReadSeq), hidden('shown', 'hidden')),
  reads('the messages', inOld('/messages')),
  reads('what has changed', inOld('/changes?seq=0&rev=0')),
  reads('what I may do', inOld('/permissions')),
  reads('the members', inOld('/users')),
  reads(
    'where the other is',
    (p) => `/rooms/${p.ids.old}/users/${p.other.id}`,
    (member) => shown(member.lastReadSeq),
    hidden('shown', 'hidden'),
  ),
  reads('who has read', on('mine in old', '/readers'), ({ items }) => items.length, hidden('1', '0')),
  { what: 'syncing it', ...same('200'), ask: sends('sync', (p) => ({ rooms: { [p.ids.old!]: { seq: 0, rev: 0 } } })) },
  { what: 'marking it read', ...same('200'), ask: asks('PUT', inOld('/users/me/read'), () => ({ seq: 3 })) },
  { what: 'muting it', ...same('200'), ask: asks('PATCH', inOld('/users/me'), () => ({ muted: true })) },
  { what: 'sending', free: '201', ...REFUSED, byBlock: true, ask: asks('POST', inOld('/messages'), () => ({ text: 'hello' })) },
  {
    what: 'sending by a socket',
    free: '200',
    ...REFUSED,
    byBlock: true,
    ask: sends('message:send', (p) => ({ roomId: p.ids.old, text: 'hi' })),
  },
  {
    what: 'answering',
    free: '201',
    ...REFUSED,
    byBlock: true,
    ask: asks('POST', inOld('/messages'), (p) => ({ text: 'hello', replyToId: p.ids['theirs in old'] })),
  },
  {
    what: 'reacting',
    free: '201',
    ...REFUSED,
    byBlock: true,
    ask: asks('POST', on('theirs in old', '/reactions'), () => ({ reaction: '👍' })),
  },
  {
    what: 'reacting by a socket',
    free: '200',
    ...REFUSED,
    byBlock: true,
    ask: sends('reaction:add', (p) => ({ roomId: p.ids.old, messageId: p.ids['theirs in old'], reaction: '👎' })),
  },
  { what: 'editing', free: '200', ...REFUSED, byBlock: true, ask: asks('PATCH', on('mine in old'), () => ({ text: 'edited' })) },
  {
    what: 'editing by a socket',
    free: '200',
    ...REFUSED,
    byBlock: true,
    ask: sends('message:edit', (p) => ({ roomId: p.ids.old, messageId: p.ids['mine in old'], text: 'hm' })),
  },
  { what: 'pinning', free: '204', ...REFUSED, byBlock: true, ask: asks('PUT', on('theirs in old', '/pin')) },
  { what: 'typing', free: '200', ...REFUSED, byBlock: true, ask: sends('typing', (p) => ({ roomId: p.ids.old, typing: true })) },
  { what: 'reporting', ...same('201'), ask: asks('POST', on('theirs in old', '/report'), () => ({ reason: 'rude' })) },
  { what: 'deleting my own', ...same('200'), ask: asks('DELETE', on('mine in old')) },

  // Inside a team
  { what: 'opening the room inside a team', ...same('200'), ask: opens('private_messages', ['other'], (p) => ({ teamId: p.ids.team })) },
  {
    what: 'sending there',
    free: '201',
    ...REFUSED,
    byBlock: true,
    ask: asks(
      'POST',
      (p) => `/rooms/${p.ids.inTeam}/messages`,
      () => ({ text: 'hello' }),
    ),
  },
  {
    what: 'a frame to a member',
    free: '200',
    ...REFUSED,
    byBlock: true,
    ask: sends('message', (p) => ({ channel_id: p.ids.team, to: p.other.id, type: 'text', data: 'hi' })),
  },
  {
    what: 'a first frame to a member',
    free: '200',
    ...REFUSED,
    ask: sends('message', (p) => ({ channel_id: p.ids.newTeam, to: p.other.id, type: 'text', data: 'hi' })),
  },
  {
    what: 'opening a new room inside a team',
    free: '200',
    ...REFUSED,
    ask: opens('private_messages', ['other'], (p) => ({ teamId: p.ids.newTeam })),
  },

  // Rooms of mine
  ...(['group', 'channel', 'team'] as const).flatMap((type): BetweenRow[] => [
    { what: `opening a ${type} with them`, free: '201', ...REFUSED, ask: opens(type, ['other']) },
    { what: `opening a ${type} with them and another`, free: '201', ...REFUSED, ask: opens(type, ['third', 'other']) },
    {
      what: `adding them to my ${type}`,
      free: '201',
      ...REFUSED,
      ask: asks(
        'POST',
        (p) => `/rooms/${p.ids[`my ${type}`]}/users`,
        (p) => ({ userIds: [p.third.id, p.other.id] }),
      ),
    },
  ]),
  {
    what: 'making an invite',
    ...same('201'),
    ask: asks(
      'POST',
      (p) => `/rooms/${p.ids['my group']}/invites`,
      () => ({}),
    ),
  },

  // Who they are
  reads('their profile', (p) => `/users/${p.other.id}`),
  reads(
    'who is called so',
    (p) => `/users?query=${p.other.username}`,
    ({ items }) => items.length,
    hidden('1', '1'),
  ),
  {
    what: 'looking them up',
    ...same('200'),
    ask: asks(
      'POST',
      () => '/users/lookup',
      (p) => ({ ids: [p.other.id], usernames: [p.other.username] }),
    ),
  },
  {
    what: 'watching them',
    ...hidden('online', 'offline'),
    ask: sends('presence:watch', (p) => ({ userIds: [p.other.id] })),
    receivers: ({ presence: [one] }) => (one.online ? 'online' : 'offline'),
  },

  // Rooms of others
  {
    what: 'speaking of them where both are',
    ...same('201'),
    ask: asks(
      'POST',
      (p) => `/rooms/${p.ids.group}/messages`,
      (p) => ({ text: `@${p.other.username}` }),
    ),
  },
  {
    what: 'reacting where both are',
    ...same('201'),
    ask: asks('POST', on('theirs in group', '/reactions'), () => ({ reaction: '👍' })),
  },
  { what: 'typing where both are', ...same('200'), ask: sends('typing', (p) => ({ roomId: p.ids.group, typing: true })) },
  reads(
    'where they are',
    (p) => `/rooms/${p.ids.group}/users/${p.other.id}`,
    (member) => shown(member.lastReadSeq),
    hidden('shown', 'hidden'),
  ),
  reads(
    'where the others are',
    (p) => `/rooms/${p.ids.group}/users`,
    ({ items }) => items.filter((member: Json) => member.lastReadSeq === null).length,
    hidden('0', '1'),
  ),
  reads('who has read me', on('mine in group', '/readers'), ({ items }) => items.length, hidden('2', '1')),
  reads('my rooms', () => '/rooms?order=id'),
  reads('my mentions', () => '/mentions'),
  {
    what: 'reading all that is kept of me',
    ...same('200'),
    ask: async (p) => ({ ...(await p.me.call('GET', '/users/me/export')), body: '' }),
  },

  // A new private room
  { what: 'deleting the private room', ...same('204'), ask: asks('DELETE', inOld()) },
  { what: 'opening a new one', free: '201', afterwards: '200', ...REFUSED, ask: opens('private_messages', ['other']) },
];
