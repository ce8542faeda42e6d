import { expect } from '@jest/globals';
import type pg from 'pg';
import type { RunningApp } from '../../support/app.js';
import type { Person } from '../../support/world.js';

// What may come at the same moment, and what one after the other could be answered.

/** The owner ana, the admin bob, the member cid and their message, and dan, who is outside and a friend of all. */
export interface RaceSetup {
  readonly ana: Person;
  readonly bob: Person;
  readonly cid: Person;
  readonly dan: Person;
  readonly room: string;
  readonly message: string;
  /** The other node, and the database below both. */
  readonly other: RunningApp;
  readonly db: pg.Client;
}

/** On the other node, as a person tries. */
export const there = ({ other }: RaceSetup, person: Person, method: string, path: string, body?: unknown): Promise<string> =>
  person.statusOf(method, path, body, other);

export interface Race {
  readonly title: string;
  readonly room?: object;
  /** Users created for each round alone: some are deleted in it. */
  readonly mortal?: true;
  readonly before?: (scene: RaceSetup) => Promise<unknown>;
  readonly here: (scene: RaceSetup) => Promise<string>;
  readonly there: (scene: RaceSetup) => Promise<string>;
  /** What the two may be answered. */
  readonly legal: readonly (readonly [string, string])[];
  readonly after?: (scene: RaceSetup, here: string, there: string) => Promise<unknown>;
}

export const at = ({ room }: RaceSetup, rest = ''): string => `/rooms/${room}${rest}`;
export const payload = (s: RaceSetup, rest = ''): string => at(s, `/messages/${s.message}${rest}`);
export const member = (s: RaceSetup, { id }: Person): string => at(s, `/users/${id}`);
export const sends = (s: RaceSetup, who: Person): Promise<string> => who.statusOf('POST', at(s, '/messages'), { text: 'just now' });
const later = (): string => new Date(Date.now() + 60_000).toISOString();

/** A message sent just before comes before the system message that ends the permission, and none can be sent after it. */
async function sentBefore(s: RaceSetup, event: string): Promise<void> {
  const { rows } = await s.db.query<{ text: string | null; system_event: string | null }>(
    `SELECT text, system_event FROM messages WHERE room_id = $1 ORDER BY seq`,
    [s.room],
  );
  const end = rows.findIndex((row) => row.system_event === event);
  expect(end).toBeGreaterThan(0);
  expect(rows.slice(end).filter(({ text }) => text === 'just now')).toEqual([]);
}

export const ENDINGS: readonly Race[] = [
  {
    title: 'sending against being removed',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.ana, 'DELETE', member(s, s.cid)),
    legal: [
      ['201', '204'],
      ['404 room_not_found', '204'],
    ],
    after: (s) => sentBefore(s, 'user_removed'),
  },
  {
    title: 'sending against being banned',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.bob, 'PUT', at(s, `/bans/${s.cid.id}`), {}),
    legal: [
      ['201', '204'],
      ['404 room_not_found', '204'],
    ],
    after: (s) => sentBefore(s, 'user_removed'),
  },
  {
    title: 'sending against leaving on another device',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.cid, 'POST', at(s, '/leave')),
    legal: [
      ['201', '204'],
      ['404 room_not_found', '204'],
    ],
    after: (s) => sentBefore(s, 'user_left'),
  },
  {
    title: 'sending against the end of the room',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.ana, 'DELETE', at(s)),
    legal: [
      ['201', '204'],
      ['404 room_not_found', '204'],
    ],
    after: async (s) => {
      for (const person of [s.ana, s.bob, s.cid]) expect(await person.statusOf('GET', at(s, '/messages'))).toBe('404 room_not_found');
    },
  },
  {
    title: 'sending against the archive',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.ana, 'PATCH', at(s), { active: false }),
    legal: [
      ['201', '200'],
      ['403 room_inactive', '200'],
    ],
    after: async (s) => expect(await sends(s, s.cid)).toBe('403 room_inactive'),
  },
  {
    title: 'sending against silence',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.bob, 'PATCH', member(s, s.cid), { silencedUntil: later() }),
    legal: [
      ['201', '200'],
      ['403 silenced', '200'],
    ],
    after: async (s) => expect(await sends(s, s.cid)).toBe('403 silenced'),
  },
  {
    title: 'sending against the loss of the permission',
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.ana, 'PATCH', member(s, s.cid), { permissions: [] }),
    legal: [
      ['201', '200'],
      ['403 not_granted', '200'],
    ],
    after: async (s) => expect(await sends(s, s.cid)).toBe('403 not_granted'),
  },
  {
    title: 'sending against the end of the account',
    mortal: true,
    here: (s) => sends(s, s.cid),
    there: (s) => there(s, s.cid, 'DELETE', '/users/me'),
    legal: [
      ['201', '202'],
      ['401 session_ended', '202'],
      ['404 room_not_found', '202'],
    ],
    after: async (s) => expect(await sends(s, s.cid)).toBe('401 session_ended'),
  },
];

export const MEMBERSHIPS: readonly Race[] = [
  {
    title: 'joining against a ban',
    room: { isPublic: true },
    here: (s) => s.dan.statusOf('POST', at(s, '/join')),
    there: (s) => there(s, s.bob, 'PUT', at(s, `/bans/${s.dan.id}`), {}),
    legal: [
      ['200', '204'],
      ['403 banned', '204'],
    ],
  },
  {
    title: 'being added against a ban',
    here: (s) => s.ana.statusOf('POST', at(s, '/users'), { userId: s.dan.id }),
    there: (s) => there(s, s.bob, 'PUT', at(s, `/bans/${s.dan.id}`), {}),
    legal: [
      ['201', '204'],
      ['403 banned', '204'],
    ],
  },
  {
    title: 'being added by two',
    here: (s) => s.ana.statusOf('POST', at(s, '/users'), { userId: s.dan.id }),
    there: (s) => there(s, s.bob, 'POST', at(s, '/users'), { userId: s.dan.id }),
    legal: [
      ['201', '409 already_member'],
      ['409 already_member', '201'],
    ],
  },
  {
    title: 'joining twice',
    room: { isPublic: true },
    here: (s) => s.dan.statusOf('POST', at(s, '/join')),
    there: (s) => there(s, s.dan, 'POST', at(s, '/join')),
    legal: [['200', '200']],
  },
  {
    title: 'being added against leaving',
    here: (s) => s.ana.statusOf('POST', at(s, '/users'), { userId: s.cid.id }),
    there: (s) => there(s, s.cid, 'POST', at(s, '/leave')),
    legal: [
      ['201', '204'],
      ['409 already_member', '204'],
    ],
  },
  {
    title: 'being silenced against leaving',
    room: { isPublic: true },
    here: (s) => s.bob.statusOf('PATCH', member(s, s.cid), { silencedUntil: later() }),
    there: (s) => there(s, s.cid, 'POST', at(s, '/leave')),
    legal: [
      ['200', '204'],
      ['404 room_user_not_found', '204'],
    ],
    after: async (s, silenced) => {
      await s.cid.posts(at(s, '/join'));
      expect(await sends(s, s.cid)).toBe(silenced === '200' ? '403 silenced' : '201');
    },
  },
  {
    title: 'coming back against the end of the silence',
    room: { isPublic: true },
    before: async (s) => {
      await s.bob.patches(member(s, s.cid), { silencedUntil: later() });
      await s.cid.posts(at(s, '/leave'));
    },
    here: (s) => s.cid.statusOf('POST', at(s, '/join')),
    there: (s) => there(s, s.bob, 'PATCH', member(s, s.cid), { silencedUntil: null }),
    legal: [
      ['200', '200'],
      ['200', '204'],
    ],
    after: async (s) => expect(await sends(s, s.cid)).toBe('201'),
  },
  {
    title: 'being removed against leaving',
    here: (s) => s.ana.statusOf('DELETE', member(s, s.cid)),
    there: (s) => there(s, s.cid, 'POST', at(s, '/leave')),
    legal: [
      ['204', '404 room_not_found'],
      ['404 room_user_not_found', '204'],
    ],
  },
  {
    title: 'being raised against being removed by an admin',
    here: (s) => s.ana.statusOf('PATCH', member(s, s.cid), { role: 'admin' }),
    there: (s) => there(s, s.bob, 'DELETE', member(s, s.cid)),
    legal: [
      ['200', '403 rank'],
      ['404 room_user_not_found', '204'],
    ],
  },
  {
    title: 'the fall of an admin against what they do',
    here: (s) => s.ana.statusOf('PATCH', member(s, s.bob), { role: 'member' }),
    there: (s) => there(s, s.bob, 'DELETE', member(s, s.cid)),
    legal: [
      ['200', '204'],
      ['200', '403 role_preset'],
    ],
    after: async (s) => expect(await there(s, s.bob, 'PUT', at(s, `/bans/${s.dan.id}`), {})).toBe('403 role_preset'),
  },
];

export const OWNERS: readonly Race[] = [
  {
    title: 'transfer of ownership against the ban of the successor',
    here: (s) => s.ana.statusOf('PUT', at(s, '/owner'), { userId: s.cid.id }),
    there: (s) => there(s, s.bob, 'PUT', at(s, `/bans/${s.cid.id}`), {}),
    legal: [
      ['204', '403 rank'],
      ['404 room_user_not_found', '204'],
    ],
  },
  {
    title: 'handing over against the end of the room',
    here: (s) => s.ana.statusOf('PUT', at(s, '/owner'), { userId: s.bob.id }),
    there: (s) => there(s, s.ana, 'DELETE', at(s)),
    legal: [
      ['204', '403 role_preset'],
      ['404 room_not_found', '204'],
    ],
  },
  {
    title: 'handing over against leaving',
    here: (s) => s.ana.statusOf('PUT', at(s, '/owner'), { userId: s.bob.id }),
    there: (s) => there(s, s.ana, 'POST', at(s, '/leave')),
    legal: [
      ['204', '204'],
      ['204', '409 owner_must_transfer'],
    ],
  },
  {
    title: 'the last member who leaves against a user who joins',
    room: { isPublic: true },
    before: async (s) => {
      for (const person of [s.bob, s.cid]) await person.posts(at(s, '/leave'));
    },
    here: (s) => s.ana.statusOf('POST', at(s, '/leave')),
    there: (s) => there(s, s.dan, 'POST', at(s, '/join')),
    legal: [
      ['204', '404 room_not_found'],
      ['409 owner_must_transfer', '200'],
    ],
  },
  {
    title: 'transfer of ownership against the deletion of the successor',
    mortal: true,
    here: (s) => s.ana.statusOf('PUT', at(s, '/owner'), { userId: s.cid.id }),
    there: (s) => there(s, s.cid, 'DELETE', '/users/me'),
    legal: [
      ['204', '202'],
      ['404 user_not_found', '202'],
      ['404 room_user_not_found', '202'],
    ],
  },
  {
    title: 'transfer of ownership against the deactivation of the successor',
    mortal: true,
    before: (s) => s.dan.becomesPlatformAdmin(),
    here: (s) => s.ana.statusOf('PUT', at(s, '/owner'), { userId: s.cid.id }),
    there: (s) => there(s, s.dan, 'POST', `/users/${s.cid.id}/deactivate`),
    legal: [
      ['204', '200'],
      ['404 user_not_found', '200'],
    ],
  },
  {
    title: 'the deactivation of the owner against that of the successor',
    mortal: true,
    before: (s) => s.dan.becomesPlatformAdmin(),
    here: (s) => s.dan.statusOf('POST', `/users/${s.ana.id}/deactivate`),
    there: (s) => there(s, s.dan, 'POST', `/users/${s.bob.id}/deactivate`),
    legal: [['200', '200']],
  },
];

export const MESSAGES: readonly Race[] = [
  {
    title: 'editing against deleting',
    here: (s) => s.cid.statusOf('PATCH', payload(s), { text: 'another' }),
    there: (s) => there(s, s.bob, 'DELETE', payload(s)),
    legal: [
      ['200', '200'],
      ['409 message_deleted', '200'],
    ],
  },
  {
    title: 'deleting twice',
    here: (s) => s.cid.statusOf('DELETE', payload(s)),
    there: (s) => there(s, s.bob, 'DELETE', payload(s)),
    legal: [['200', '200']],
    after: async (s) => expect((await s.ana.gets(at(s))).rev).toBe((await s.ana.gets(payload(s))).rev),
  },
  {
    title: 'reacting against deleting',
    here: (s) => s.ana.statusOf('POST', payload(s, '/reactions'), { reaction: '👍' }),
    there: (s) => there(s, s.bob, 'DELETE', payload(s)),
    legal: [
      ['201', '200'],
      ['409 message_deleted', '200'],
    ],
  },
  {
    title: 'reacting twice',
    here: (s) => s.ana.statusOf('POST', payload(s, '/reactions'), { reaction: '👍' }),
    there: (s) => there(s, s.ana, 'POST', payload(s, '/reactions'), { reaction: '👍' }),
    legal: [
      ['201', '200'],
      ['200', '201'],
    ],
  },
  {
    title: 'reacting against taking it back',
    before: (s) => s.ana.posts(payload(s, '/reactions'), { reaction: '👍' }),
    here: (s) => s.ana.statusOf('POST', payload(s, '/reactions'), { reaction: '👍' }),
    there: (s) => there(s, s.ana, 'DELETE', payload(s, `/reactions?reaction=${encodeURIComponent('👍')}`)),
    legal: [
      ['200', '204'],
      ['201', '204'],
    ],
  },
  {
    title: 'pinning against deleting',
    here: (s) => s.ana.statusOf('PUT', payload(s, '/pin')),
    there: (s) => there(s, s.bob, 'DELETE', payload(s)),
    legal: [
      ['204', '200'],
      ['409 message_deleted', '200'],
    ],
  },
  {
    title: 'replying against deleting',
    here: (s) => s.ana.statusOf('POST', at(s, '/messages'), { text: 'yes', replyToId: s.message }),
    there: (s) => there(s, s.bob, 'DELETE', payload(s)),
    legal: [
      ['201', '200'],
      ['422 reply_not_found', '200'],
    ],
  },
  {
    title: 'reading against deleting',
    here: (s) => s.ana.statusOf('PUT', at(s, '/users/me/read'), { seq: 1_000 }),
    there: (s) => there(s, s.bob, 'DELETE', payload(s)),
    legal: [['200', '200']],
    after: async (s) => expect((await s.ana.gets(at(s))).membership.unreadCount).toBe(0),
  },
  {
    title: 'reporting twice',
    here: (s) => s.ana.statusOf('POST', payload(s, '/report'), { reason: 'rude' }),
    there: (s) => there(s, s.ana, 'POST', payload(s, '/report'), { reason: 'rude' }),
    legal: [
      ['201', '200'],
      ['200', '201'],
    ],
  },
];
