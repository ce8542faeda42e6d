import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { RunningApp } from '../support/app.js';
import type { Json } from '../support/test-socket.js';
import { call, type Person, World } from '../support/world.js';

let world: World;
let db: pg.Client;

beforeAll(async () => {
  world = await World.start();
  db = await world.database();
});

afterAll(() => world?.stop());

describe('the export', () => {
  const lines = async (person: Person, on?: RunningApp): Promise<any[]> => {
    const { status, headers, body } = await person.call('GET', '/users/me/export', undefined, on);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    expect(headers.get('content-disposition')).toBe('attachment; filename="parley-export.ndjson"');
    return (body as string)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('contains all data of the user, and none of others', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const mine = await ana.sends(room, 'mine, with a\nnew line');
    await ana.patches(`/rooms/${room.id}/messages/${mine.id}`, { text: 'mine, edited' });
    await bob.sends(room, 'not hers');
    await ana.posts(`/rooms/${room.id}/messages/${mine.id}/reactions`, { reaction: '🦜' });
    const all = await lines(ana);
    const of = (type: string) => all.filter((line) => line.type === type);
    expect(of('profile')).toMatchObject([{ id: ana.id, username: ana.username, privacy: { readReceipts: true } }]);
    expect(of('session')).toHaveLength(1);
    expect(of('friend')).toMatchObject([{ user: { id: bob.id } }]);
    expect(of('friendRequest')).toMatchObject([{ status: 'approved', fromUser: { id: ana.id } }]);
    expect(of('room')).toMatchObject([{ roomId: room.id, roomType: 'group', role: 'owner' }]);
    expect(of('message')).toMatchObject([{ id: mine.id, text: 'mine, edited', edits: [{ text: 'mine, with a\nnew line' }] }]);
    expect(of('reaction')).toMatchObject([{ messageId: mine.id, reaction: '🦜' }]);
    expect(all.at(-1)).toMatchObject({ type: 'end' });
    const text = JSON.stringify(all);
    for (const secret of ['not hers', 'argon2', 'passwordHash', 'password_hash']) expect(text).not.toContain(secret);
  });

  it("contains the user's reports, resolutions, bans and invites, and not their outcome", async () => {
    const { ana, bob, eve, zoe } = await world.people('ana', 'bob', 'eve', 'zoe');
    const room = await ana.opensGroup(bob, eve);
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin' });
    const [spam, rude] = [await ana.sends(room, 'spam'), await eve.sends(room, 'rude')];
    const path = `/rooms/${room.id}`;
    const reported = await bob.posts(`${path}/messages/${spam.id}/report`, { reason: 'bob calls it spam' });
    const complaint = await ana.posts(`${path}/messages/${rude.id}/report`, { reason: 'ana calls it rude' });
    await ana.posts(`${path}/reports/${reported.id}/resolve`, { note: 'ana leaves it' });
    const { resolvedAt } = await bob.posts(`${path}/reports/${complaint.id}/resolve`, { note: 'bob talked to eve' });
    await bob.puts(`${path}/bans/${zoe.id}`, { reason: 'bob had enough' });
    await ana.puts(`${path}/bans/${eve.id}`, { reason: 'ana had enough' });
    const invite = await bob.posts(`${path}/invites`, { maxUses: 3 });
    const own = async (person: Person) => {
      const all = await lines(person);
      return all.filter(({ type }) => ['report', 'reportResolution', 'ban', 'invite'].includes(type));
    };
    const { id: roomId } = room;
    const bobs = [
      { type: 'report', id: reported.id, roomId, messageId: spam.id, reason: 'bob calls it spam', createdAt: reported.createdAt },
      { type: 'reportResolution', reportId: complaint.id, roomId, messageId: rude.id, note: 'bob talked to eve', resolvedAt },
      { type: 'ban', roomId, userId: zoe.id, until: null, reason: 'bob had enough', createdAt: expect.any(String) },
      { type: 'invite', id: invite.id, roomId, maxUses: 3, expiresAt: null, createdAt: invite.createdAt },
    ];
    expect(await own(bob)).toEqual(bobs);
    expect((await own(ana)).map(({ type, reason, note }) => [type, reason ?? note])).toEqual([
      ['report', 'ana calls it rude'],
      ['reportResolution', 'ana leaves it'],
      ['ban', 'ana had enough'],
    ]);
    expect([...(await own(eve)), ...(await own(zoe))]).toEqual([]);
    await ana.deletes(`${path}/users/${bob.id}`);
    expect(await own(bob)).toEqual(bobs);
    await db.query('UPDATE rooms SET deleted_at = now() WHERE id = $1', [room.id]);
    expect(await own(bob)).toEqual([]);
  });

  const edit = (by: Person, { roomId, id }: Json, text: string, on?: RunningApp) =>
    by.does('PATCH', `/rooms/${roomId}/messages/${id}`, { text }, on);
  const messages = async (person: Person, on?: RunningApp) => {
    const all = (await lines(person, on)).filter(({ type }) => type === 'message');
    return all.map(({ text, edits, editedAt }) => ({ text, edits: edits.map((former: Json) => former.text), editedAt }));
  };

  describe.each<[string, (ana: Person, bob: Person, room: Json) => Promise<unknown>]>([
    ['was removed', (ana, bob, { id }) => ana.deletes(`/rooms/${id}/users/${bob.id}`)],
    ['was banned', (ana, bob, { id }) => ana.puts(`/rooms/${id}/bans/${bob.id}`)],
    ['has left', (_, bob, { id }) => bob.posts(`/rooms/${id}/leave`)],
    [
      'has rejoined a room whose history begins with the join',
      async (ana, bob, { id }) => {
        await ana.patches(`/rooms/${id}`, { historyVisibility: 'since_joined' });
        await ana.deletes(`/rooms/${id}/users/${bob.id}`);
        await ana.posts(`/rooms/${id}/users`, { userIds: [bob.id] });
      },
    ],
  ])('of a user who %s', (_, goes) => {
    it('contains the messages as the user wrote them last; of a member, as they are now', async () => {
      const { ana, bob, eve } = await world.people('ana', 'bob', 'eve');
      const room = await ana.opensGroup(bob, eve);
      const sends = async (by: Person) => {
        const [plain, own, both] = [await by.sends(room, 'plain'), await by.sends(room, 'own'), await by.sends(room, 'both')];
        const ownAt = (await edit(by, own, 'own, edited')).editedAt;
        await edit(ana, both, 'put right');
        const bothAt = (await edit(by, both, 'both, edited')).editedAt;
        return { messages: [plain, own, both], ownAt, bothAt };
      };
      const [bobs, eves] = [await sends(bob), await sends(eve)];
      const untouched = [
        { text: 'plain', edits: [], editedAt: null },
        { text: 'own, edited', edits: ['own'], editedAt: bobs.ownAt },
        { text: 'both, edited', edits: ['both', 'put right'], editedAt: bobs.bothAt },
      ];
      expect(await messages(bob)).toEqual(untouched);
      await goes(ana, bob, room);
      expect(await messages(bob)).toEqual(untouched);
      for (const message of [...bobs.messages, ...eves.messages]) {
        await edit(ana, message, 'a secret');
        await edit(ana, message, 'another secret');
      }
      expect(await messages(bob)).toEqual(untouched);
      expect(JSON.stringify(await lines(bob))).not.toContain('secret');
      const now = { text: 'another secret', editedAt: expect.any(String) };
      expect(await messages(eve)).toEqual([
        { ...now, edits: ['plain', 'a secret'] },
        { ...now, edits: ['own', 'own, edited', 'a secret'] },
        { ...now, edits: ['both', 'put right', 'both, edited', 'a secret'] },
      ]);
    });
  });

  it('leaves out a text whose author is unknown, since the oldest edits are deleted', async () => {
    const [few, none] = [await world.node({ MESSAGE_MAX_EDITS: '2' }), await world.node({ MESSAGE_MAX_EDITS: '0' })];
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    await bob.sends(room, 'plain');
    const [once, thrice, lost] = [await bob.sends(room, 'once'), await bob.sends(room, 'thrice'), await bob.sends(room, 'lost')];
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    await edit(ana, once, 'a secret', few);
    for (const text of ['a secret', 'a second', 'a third']) await edit(ana, thrice, text, few);
    await edit(ana, lost, 'a secret', none);
    const words = ['plain', 'once', null, null];
    expect(await messages(bob, few)).toEqual(words.map((text) => ({ text, edits: [], editedAt: null })));
  });

  it('contains nothing of a deleted room, and all of another room', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const [gone, stays] = [await ana.opensGroup(bob), await ana.opensGroup(bob)];
    for (const room of [gone, stays]) {
      const message = await ana.sends(room, 'here');
      await ana.posts(`/rooms/${room.id}/messages/${message.id}/reactions`, { reaction: '🦜' });
    }
    const rooms = async () => {
      const named = (await lines(ana)).filter(({ roomId }) => roomId).map(({ type, roomId }) => `${type} ${roomId}`);
      return named.sort();
    };
    const of = ({ id }: Json): string[] => ['message', 'reaction', 'room'].map((type) => `${type} ${id}`);
    expect(await rooms()).toEqual([...of(gone), ...of(stays)].sort());
    // By SQL: the purge after a request could end before this read.
    await db.query('UPDATE rooms SET deleted_at = now() WHERE id = $1', [gone.id]);
    expect(await rooms()).toEqual(of(stays));
  });

  it('contains each message once when there is more than one page', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    await db.query(
      `INSERT INTO messages (room_id, seq, id, n, type, text, user_id, created_at)
       SELECT $1, 1000 + g, gen_random_uuid(), 1000 + g, 'text', 'line ' || g, $2, now() FROM generate_series(1, 1250) g`,
      [room.id, ana.id],
    );
    const texts = (await lines(ana)).filter(({ type }) => type === 'message').map(({ text }) => text);
    expect(texts).toHaveLength(1250);
    expect(new Set(texts).size).toBe(1250);
  }, 20_000);

  it('needs a token', async () => {
    expect((await call(world.url, 'GET', '/users/me/export')).status).toBe(401);
  });
});
