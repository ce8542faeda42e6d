import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/test-socket.js';
import { World } from '../support/world.js';

describe('a message', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ ROOM_MAX_PINS: '3', REALTIME_EPHEMERAL_MEMBERS: '3' })));
  afterAll(() => world.stop());

  it('has its replies counted and listed ascending, page by page', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const original = await ana.sends(room, 'original');
    const other = await ana.sends(room, 'other');
    const replies: Json[] = [];
    for (const text of ['1', '2', '3', '4', '5']) {
      replies.push(await bob.sends(room, text, { replyToId: original.id }));
      await bob.sends(room, 'beside', { replyToId: other.id });
    }
    const path = `/rooms/${room.id}/messages/${original.id}`;
    const first = await ana.gets(`${path}/replies?limit=3`);
    const second = await ana.gets(`${path}/replies?limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(replies);
    expect(second.nextCursor).toBeNull();
    expect((await ana.gets(path)).replyCount).toBe(5);
    await bob.deletes(`/rooms/${room.id}/messages/${replies[1].id}`);
    expect((await ana.gets(path)).replyCount).toBe(4);
    expect((await ana.gets(`${path}/replies`)).items.length).toBe(4);
    expect(await ana.statusOf('GET', `${path}/replies?cursor=nonsense`)).toBe('400 validation_failed');
  });

  it('lists as readers the members whose read mark has reached it and who share receipts with the reader of the list', async () => {
    const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
    const room = await ana.opensGroup(bob);
    const message = await ana.sends(room, 'read me');
    const path = `/rooms/${room.id}/messages/${message.id}/readers`;
    expect((await ana.gets(path)).items).toEqual([]);
    await bob.puts(`/rooms/${room.id}/users/me/read`, { seq: message.seq });
    expect((await ana.gets(path)).items).toEqual([{ user: expect.objectContaining({ id: bob.id }), seq: message.seq }]);
    await ana.befriends(eva);
    await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id }); // her mark is past it, but she came later
    expect((await ana.gets(path)).items.map((reader: Json) => reader.user.id)).toEqual([bob.id]);
    await bob.patches('/users/me', { privacy: { readReceipts: false } });
    expect((await ana.gets(path)).items).toEqual([]);
    await bob.patches('/users/me', { privacy: { readReceipts: true } });
    await ana.patches('/users/me', { privacy: { readReceipts: false } });
    expect((await ana.gets(path)).items).toEqual([]);
    await ana.patches('/users/me', { privacy: { readReceipts: true } });
    expect((await ana.gets(path)).items.length).toBe(1);
    await bob.puts(`/users/me/blocks/${ana.id}`);
    expect((await ana.gets(path)).items).toEqual([]);
  });

  it('lists no readers in a room that is too large for receipts', async () => {
    const { ana, bob, eva, tom } = await world.people('ana', 'bob', 'eva', 'tom');
    const room = await ana.opensGroup(bob, eva, tom);
    const message = await ana.sends(room, 'hi');
    await bob.puts(`/rooms/${room.id}/users/me/read`, { seq: message.seq });
    expect((await ana.gets(`/rooms/${room.id}/messages/${message.id}/readers`)).items).toEqual([]);
  });

  describe('with a pin', () => {
    it('is pinned and unpinned by members with the permission; each change takes one rev', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const message = await bob.sends(room, 'keep');
      const path = `/rooms/${room.id}/messages/${message.id}/pin`;
      const rev = (await ana.page(room)).rev as number;
      expect(await bob.statusOf('PUT', path)).toBe('403 role_preset');
      expect([await ana.statusOf('PUT', path), await ana.statusOf('PUT', path)]).toEqual(['204', '204']);
      expect((await bob.gets(`/rooms/${room.id}/messages/${message.id}`)).pinned).toBe(true);
      expect((await ana.page(room)).rev).toBe(rev + 1);
      expect([await ana.statusOf('DELETE', path), await ana.statusOf('DELETE', path)]).toEqual(['204', '204']);
      expect((await bob.gets(`/rooms/${room.id}/messages/${message.id}`)).pinned).toBe(false);
      expect((await ana.page(room)).rev).toBe(rev + 2);
      const system = (await ana.page(room)).items[0];
      expect(await ana.statusOf('PUT', `/rooms/${room.id}/messages/${system.id}/pin`)).toBe('422 system_message');
    });

    it('is refused beyond the maximum of the room, also under concurrent pins; the list is last pinned first', async () => {
      const ana = await world.person('ana');
      const room = await ana.opensGroup();
      const messages: Json[] = [];
      for (const text of ['1', '2', '3', '4', '5', '6']) messages.push(await ana.sends(room, text));
      const pin = (message: Json) => ana.statusOf('PUT', `/rooms/${room.id}/messages/${message.id}/pin`);
      const answers = await Promise.all(messages.map(pin));
      expect(answers.sort()).toEqual(['204', '204', '204', '422 too_many_pins', '422 too_many_pins', '422 too_many_pins']);
      const { items } = await ana.gets(`/rooms/${room.id}/pins`);
      expect(items.length).toBe(3);
      await ana.deletes(`/rooms/${room.id}/messages/${items[2].id}/pin`);
      const free = messages.find((message) => !items.some((item: Json) => item.id === message.id));
      expect(await pin(free)).toBe('204');
      const first = await ana.gets(`/rooms/${room.id}/pins?limit=2`);
      const second = await ana.gets(`/rooms/${room.id}/pins?limit=2&cursor=${first.nextCursor}`);
      expect([...first.items, ...second.items].map((item: Json) => item.id)).toEqual([free.id, items[0].id, items[1].id]);
    });
  });
});
