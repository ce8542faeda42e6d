import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Json } from '../support/test-socket.js';
import { World } from '../support/world.js';

const seqs = (page: Json): number[] => page.items.map((message: Json) => message.seq);
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

describe('messages', () => {
  let world: World;
  beforeAll(async () => void (world = await World.shared()));
  afterAll(() => world.stop());

  describe('a page of history', () => {
    it('returns any part of a room, with the head of the same snapshot', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const first = (await ana.page(room)).seq as number; // the system messages
      for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await ana.sends(room, text);
      const last = first + 8;
      const page = async (query: string) => {
        const { items, hasOlder, hasNewer, seq } = await bob.page(room, query);
        expect(seq).toBe(last);
        return [seqs({ items }), hasOlder, hasNewer];
      };
      expect(await page('')).toEqual([range(1, last), false, false]);
      expect(await page('?limit=3')).toEqual([range(last - 2, last), true, false]);
      expect(await page(`?before=${last - 2}&limit=3`)).toEqual([range(last - 5, last - 3), true, true]);
      expect(await page('?before=1')).toEqual([[], false, true]);
      expect(await page(`?after=${last - 2}`)).toEqual([[last - 1, last], true, false]);
      expect(await page('?after=0&limit=2')).toEqual([[1, 2], false, true]);
      expect(await page(`?after=${last}`)).toEqual([[], true, false]);
      expect(await page(`?after=${last + 100}`)).toEqual([[], true, false]);
      expect(await page(`?around=5&limit=4`)).toEqual([range(3, 6), true, true]);
      expect(await page(`?around=1&limit=4`)).toEqual([[1, 2], false, true]);
    });

    it.each([
      '?limit=0',
      '?limit=101',
      '?limit=x',
      '?before=1&after=1',
      '?around=-1',
      '?before=1.5',
      '?page=2',
      '?before=99999999999999999999',
    ])('refuses %s', async (query) => {
      const ana = await world.person('ana');
      const room = await ana.opensGroup();
      expect(await ana.statusOf('GET', `/rooms/${room.id}/messages${query}`)).toBe('400 validation_failed');
    });

    it('contains each message in the same form as when it is read alone', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const original = await ana.sends(room, `hello @${bob.username}`);
      await bob.sends(room, 'a reply', { replyToId: original.id });
      await ana.sends(room, '@all come', { mentions: 'all' });
      await bob.posts(`/rooms/${room.id}/messages/${original.id}/reactions`, { reaction: '👍' });
      await ana.puts(`/rooms/${room.id}/messages/${original.id}/pin`);
      const gone = await ana.sends(room, 'never mind');
      await ana.deletes(`/rooms/${room.id}/messages/${gone.id}`);
      const { items } = await bob.page(room);
      expect(items.length).toBeGreaterThan(4);
      for (const message of items) expect(await bob.gets(`/rooms/${room.id}/messages/${message.id}`)).toEqual(message);
    });

    it('answers non-members as if the room did not exist', async () => {
      const { ana, zoe } = await world.people('ana', 'zoe');
      const room = await ana.opensGroup();
      const message = await ana.sends(room, 'secret');
      for (const id of [room.id, randomUUID()]) {
        expect(await zoe.statusOf('GET', `/rooms/${id}/messages`)).toBe('404 room_not_found');
        expect(await zoe.statusOf('GET', `/rooms/${id}/messages/${message.id}`)).toBe('404 room_not_found');
        expect(await zoe.statusOf('POST', `/rooms/${id}/messages`, { text: 'hi' })).toBe('404 room_not_found');
        expect(await zoe.statusOf('GET', `/rooms/${id}/pins`)).toBe('404 room_not_found');
      }
      expect(await ana.statusOf('GET', '/rooms/nonsense/messages')).toBe('400 validation_failed');
    });
  });

  describe('sending', () => {
    it('answers 201, for the same message again 200, and for another body or sender 409', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const path = `/rooms/${room.id}/messages`;
      const id = randomUUID();
      const first = await ana.call('POST', path, { id, text: 'once' });
      const again = await ana.call('POST', path, { text: 'once', id: id.toUpperCase() });
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.body).toEqual(first.body);
      expect(first.body).toMatchObject({ id, roomId: room.id, type: 'text', text: 'once', rev: 0, editedAt: null, deletedAt: null });
      expect(await ana.statusOf('POST', path, { id, text: 'twice' })).toBe('409 message_conflict');
      expect(await bob.statusOf('POST', path, { id, text: 'once' })).toBe('409 message_conflict');
      await ana.patches(`${path}/${id}`, { text: 'edited' });
      expect((await ana.posts(path, { id, text: 'once' })).text).toBe('edited');
      await ana.deletes(`${path}/${id}`);
      expect(await ana.posts(path, { id, text: 'anything' })).toMatchObject({ text: null, deletedAt: expect.any(String) });
    });

    it.each<[string, unknown, string]>([
      ['no body', undefined, '400 validation_failed'],
      ['a list', [], '400 validation_failed'],
      ['the room twice', { roomId: randomUUID(), text: 'x' }, '400 validation_failed'],
      ['an unknown field', { text: 'x', seq: 1 }, '400 validation_failed'],
      ['nothing', {}, '422 empty_message'],
      ['NUL', { text: 'a\0b' }, '422 unstorable_text'],
      ['10,001 characters', { text: 'x'.repeat(10_001) }, '400 validation_failed'],
      ['a reply to nothing', { text: 'x', replyToId: randomUUID() }, '422 reply_not_found'],
      ['an unknown medium', { mediaIds: [randomUUID()] }, '422 media_not_usable'],
    ])('refuses %s', async (_, body, expected) => {
      const ana = await world.person('ana');
      const room = await ana.opensGroup();
      expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, body)).toBe(expected);
    });
  });

  describe('deleting', () => {
    it('leaves a tombstone without any content', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const path = `/rooms/${room.id}/messages`;
      const original = await ana.sends(room, 'the original');
      const reply = await bob.sends(room, `to @${ana.username}`, { replyToId: original.id });
      await bob.patches(`${path}/${reply.id}`, { text: `now to @${ana.username}` });
      await ana.posts(`${path}/${reply.id}/reactions`, { reaction: '👍' });
      await ana.puts(`${path}/${reply.id}/pin`);
      expect((await ana.gets(`${path}/${original.id}`)).replyCount).toBe(1);
      expect((await ana.gets('/mentions')).items.map((message: Json) => message.id)).toEqual([reply.id]);

      const tombstone = await bob.deletes(`${path}/${reply.id}`);
      expect(tombstone).toMatchObject({ id: reply.id, seq: reply.seq, text: null, media: [], reactions: [], mentions: [], pinned: false });
      expect(tombstone.deletedAt).not.toBeNull();
      expect(await bob.deletes(`${path}/${reply.id}`)).toEqual(tombstone);
      expect((await ana.gets(`${path}/${original.id}`)).replyCount).toBe(0);
      expect((await ana.gets(`${path}/${original.id}/replies`)).items).toEqual([]);
      for (const list of [
        `${path}/${reply.id}/reactions`,
        `${path}/${reply.id}/history`,
        `/rooms/${room.id}/pins`,
        '/mentions',
        '/reactions',
      ]) {
        expect((await ana.gets(list)).items).toEqual([]);
      }
      expect((await ana.gets(`/rooms/${room.id}`)).lastMessage).toEqual(await ana.gets(`${path}/${reply.id}`));
      // The request hash would reveal a short text.
      const db = await world.database();
      const { rows } = await db.query('SELECT text, request_hash FROM messages WHERE id = $1', [reply.id]);
      await db.end();
      expect(rows).toEqual([{ text: null, request_hash: null }]);
      expect(await bob.statusOf('PATCH', `${path}/${reply.id}`, { text: 'back' })).toBe('409 message_deleted');
      expect(await ana.statusOf('POST', `${path}/${reply.id}/reactions`, { reaction: '👍' })).toBe('409 message_deleted');
      expect(await ana.statusOf('PUT', `${path}/${reply.id}/pin`)).toBe('409 message_deleted');
      expect(await ana.statusOf('POST', path, { text: 'x', replyToId: reply.id })).toBe('422 reply_not_found');
    });

    it('removes the text of an original from the previews in its replies', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const original = await ana.sends(room, 'words that must go');
      const reply = await bob.sends(room, 'a reply', { replyToId: original.id });
      expect(reply.replyTo.preview).toMatchObject({ text: 'words that must go', user: { id: ana.id } });
      await ana.deletes(`/rooms/${room.id}/messages/${original.id}`);
      const { replyTo } = await bob.gets(`/rooms/${room.id}/messages/${reply.id}`);
      expect(replyTo).toMatchObject({ id: original.id, seq: original.seq, preview: { text: null } });
    });

    it('needs the permission, for messages of others a second one, and audits moderation', async () => {
      const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
      const room = await ana.opensGroup(bob, eva);
      await ana.patches(`/rooms/${room.id}/users/${eva.id}`, { role: 'admin' });
      const mine = await bob.sends(room, 'mine');
      const hers = await ana.sends(room, 'hers');
      expect(await bob.statusOf('DELETE', `/rooms/${room.id}/messages/${hers.id}`)).toBe('403 role_preset');
      expect(await eva.statusOf('DELETE', `/rooms/${room.id}/messages/${mine.id}`)).toBe('200');
      const { items } = await ana.gets(`/rooms/${room.id}/audit`);
      expect(items[0]).toMatchObject({ action: 'message_deleted' });
      expect(JSON.stringify(items[0])).toContain(bob.id);
      const system = (await ana.page(room)).items[0];
      expect(await ana.statusOf('DELETE', `/rooms/${room.id}/messages/${system.id}`)).toBe('422 system_message');
    });

    it('is allowed in inactive rooms and to silenced members', async () => {
      const { ana, bob } = await world.people('ana', 'bob');
      const room = await ana.opensGroup(bob);
      const message = await bob.sends(room, 'old');
      await ana.patches(`/rooms/${room.id}`, { active: false });
      const path = `/rooms/${room.id}/messages`;
      expect(await bob.statusOf('POST', path, { text: 'new' })).toBe('403 room_inactive');
      expect(await bob.statusOf('PATCH', `${path}/${message.id}`, { text: 'new' })).toBe('403 room_inactive');
      expect(await bob.statusOf('POST', `${path}/${message.id}/reactions`, { reaction: '👍' })).toBe('403 room_inactive');
      expect(await ana.statusOf('PUT', `${path}/${message.id}/pin`)).toBe('403 room_inactive');
      expect(await bob.statusOf('DELETE', `${path}/${message.id}`)).toBe('200');
    });
  });
});
