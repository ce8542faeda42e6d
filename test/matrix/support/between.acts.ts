import { until } from '../../support/until.js';
import type { PairFixture } from './pair-fixture.js';
import { on } from './between.rows.js';

type Json = any;

/** Something that the other does. */
export interface PeerAction {
  readonly what: string;
  /** Whether it sends its event between a blocked pair, too. */
  readonly shut: boolean;
  /** No privacy keeps it away, only a block. */
  readonly byBlock?: true;
  /** Ends when a user in the same position has received it. */
  readonly does: (pair: PairFixture) => Promise<unknown>;
  readonly isIt: (pair: PairFixture, event: string, payload: Json) => boolean;
}

const room = ({ ids }: PairFixture): { id: string } => ({ id: ids.group! });
const byThem = ({ other }: PairFixture, payload: Json): boolean => payload.userId === other.id;
const messages = (what: string, does: (pair: PairFixture) => Promise<Json>): PeerAction => ({
  what,
  shut: true,
  does: async (pair) => {
    const { rev } = await pair.third.gets(`/rooms/${pair.ids.group}`);
    const received = pair.sockets.third.messages().length;
    await does(pair);
    await until(
      'the event arrives',
      () =>
        pair.sockets.third.messages().length > received || pair.sockets.third.all('messages:updated').some((packet) => packet.rev > rev),
    );
  },
  isIt: (_, event) => event.startsWith('messages:'),
});

export const ACTS: readonly PeerAction[] = [
  messages('their message arrives', (p) => p.other.sends(room(p), 'hello')),
  messages('their mention of me arrives', (p) => p.other.sends(room(p), `@${p.me.username}`)),
  messages('their edit arrives', (p) => p.other.patches(on('theirs in group')(p), { text: 'changed' })),
  messages('their reaction arrives', (p) => p.other.posts(on('mine in group', '/reactions')(p), { reaction: '👍' })),
  {
    what: 'their new name arrives',
    shut: true,
    does: async (p) => {
      await p.other.patches('/users/me', { displayName: 'renamed' });
      await p.sockets.me.receives('user:updated', ({ user }) => user.displayName === 'renamed');
    },
    isIt: (_, event) => event === 'user:updated',
  },
  {
    what: 'their joining by my invite arrives',
    shut: true,
    does: async (p) => {
      const { id } = await p.me.posts('/rooms', { type: 'group', name: 'open' });
      const { code } = await p.me.posts(`/rooms/${id}/invites`);
      await p.other.posts(`/invites/${code}/join`);
      await p.sockets.me.receives('room-user:added', ({ roomId }) => roomId === id);
    },
    isIt: (_, event) => event === 'room-user:added',
  },
  {
    what: 'their typing arrives',
    shut: false,
    byBlock: true,
    does: async (p) => {
      await p.sockets.other.emits('typing', { roomId: p.ids.group, typing: true });
      await p.sockets.third.receives('typing', (payload) => byThem(p, payload));
    },
    isIt: (p, event, payload) => event === 'typing' && byThem(p, payload),
  },
  {
    what: 'their read mark arrives',
    shut: false,
    does: async (p) => {
      const { seq } = await p.third.sends(room(p), 'read this');
      await p.sockets.other.emits('room:read', { roomId: p.ids.group, seq });
      if (p.state !== 'nobody') await p.sockets.third.receives('room:read', (payload) => byThem(p, payload) && payload.seq === seq);
    },
    isIt: (p, event, payload) => event === 'room:read' && byThem(p, payload),
  },
  {
    what: 'their presence arrives',
    shut: false,
    does: async (p) => {
      const times = (online: boolean): number =>
        p.sockets.third.all('presence').filter((payload) => byThem(p, payload) && payload.online === online).length;
      const before = times(true);
      p.sockets.other.close();
      if (p.state !== 'nobody') await until('they are gone', () => times(false) > 0);
      p.sockets.other = await p.other.connects();
      if (p.state !== 'nobody') await until('they are there', () => times(true) > before);
    },
    isIt: (p, event, payload) => event === 'presence' && byThem(p, payload),
  },
];
