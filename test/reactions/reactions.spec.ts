import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { RunningApp } from '../support/app.js';
import type { Json } from '../support/test-socket.js';
import type { Person } from '../support/world.js';
import { World } from '../support/world.js';

/** The changes of a message, to compare its counts with. */
const countsOf = (message: Json): Record<string, number> =>
  Object.fromEntries(message.reactions.map((one: Json) => [one.reaction, one.count]));

describe('reactions', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ MESSAGE_MAX_REACTIONS: '3' })));
  afterAll(() => world.stop());

  const setUp = async (): Promise<{ ana: Person; bob: Person; room: Json; message: Json; path: string }> => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const message = await ana.sends(room, 'react');
    return { ana, bob, room, message, path: `/rooms/${room.id}/messages/${message.id}/reactions` };
  };

  it('are added once, counted, listed and removed', async () => {
    const { ana, bob, room, message, path } = await setUp();
    const first = await bob.call('POST', path, { reaction: '❤' });
    const again = await bob.call('POST', path, { reaction: '❤️' });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect(first.body).toMatchObject({ roomId: room.id, messageId: message.id, reaction: '❤️', user: { id: bob.id } });
    await ana.posts(path, { reaction: '👍' });
    await ana.posts(path, { reaction: '❤️' });
    const seen = (await bob.page(room)).items.at(-1);
    expect(seen.reactions).toEqual([
      { reaction: '❤️', count: 2, mine: true },
      { reaction: '👍', count: 1, mine: false },
    ]);
    const listed = await ana.gets(`${path}?limit=2`);
    const rest = await ana.gets(`${path}?limit=2&cursor=${listed.nextCursor}`);
    expect([...listed.items, ...rest.items].map((one: Json) => [one.user.id, one.reaction])).toEqual([
      [bob.id, '❤️'],
      [ana.id, '👍'],
      [ana.id, '❤️'],
    ]);
    expect((await ana.gets(`${path}?reaction=${encodeURIComponent('❤')}`)).items.length).toBe(2);
    expect(await ana.gets(`${path}/${first.body.id}`)).toEqual(first.body);
    expect((await bob.gets('/reactions')).items).toEqual([first.body]);
    expect((await ana.gets('/reactions?limit=1')).items.map((one: Json) => one.reaction)).toEqual(['❤️']);

    expect(await ana.statusOf('DELETE', `${path}/${first.body.id}`)).toBe('403 not_author');
    expect(await bob.statusOf('DELETE', `${path}/${first.body.id}`)).toBe('204');
    expect(await bob.statusOf('DELETE', `${path}/${first.body.id}`)).toBe('404 reaction_not_found');
    expect(await ana.statusOf('DELETE', `${path}?reaction=${encodeURIComponent('❤')}`)).toBe('204');
    expect(await ana.statusOf('DELETE', `${path}?reaction=${encodeURIComponent('❤')}`)).toBe('204');
    expect((await bob.page(room)).items.at(-1).reactions).toEqual([{ reaction: '👍', count: 1, mine: false }]);
  });

  it.each<[string, unknown, string]>([
    ['words', { reaction: 'nice' }, '422 invalid_reaction'],
    ['two', { reaction: '👍👍' }, '422 invalid_reaction'],
    ['none', {}, '400 validation_failed'],
    ['an empty one', { reaction: '' }, '400 validation_failed'],
    ['256 characters', { reaction: 'x'.repeat(256) }, '400 validation_failed'],
    ['a number', { reaction: 1 }, '400 validation_failed'],
    ['an unknown field', { reaction: '👍', userId: randomUUID() }, '400 validation_failed'],
  ])('are refused: %s', async (_, body, expected) => {
    const { bob, path } = await setUp();
    expect(await bob.statusOf('POST', path, body)).toBe(expected);
  });

  it('need the permission, and a message that is neither deleted nor a system message', async () => {
    const { ana, bob, room, path } = await setUp();
    const system = (await ana.page(room)).items[0];
    expect(await bob.statusOf('POST', `/rooms/${room.id}/messages/${system.id}/reactions`, { reaction: '👍' })).toBe('422 system_message');
    expect(await bob.statusOf('POST', `/rooms/${room.id}/messages/${randomUUID()}/reactions`, { reaction: '👍' })).toBe(
      '404 message_not_found',
    );
    await bob.posts(path, { reaction: '👍' });
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { permissions: ['can_create_messages'] });
    expect(await bob.statusOf('POST', path, { reaction: '🎉' })).toBe('403 not_granted');
    expect(await bob.statusOf('DELETE', `${path}?reaction=${encodeURIComponent('👍')}`)).toBe('204');
  });

  it('of different kinds have a maximum, more of a known kind do not', async () => {
    const { ana, bob, path } = await setUp();
    for (const reaction of ['👍', '🎉', '🚀']) await bob.posts(path, { reaction });
    expect(await ana.statusOf('POST', path, { reaction: '👀' })).toBe('422 too_many_reactions');
    expect(await ana.statusOf('POST', path, { reaction: '🚀' })).toBe('201');
  });

  it('have exact counts and take one rev each, also when many are added at once', async () => {
    const people = Object.values(await world.people('a', 'b', 'c', 'd', 'e', 'f'));
    const [ana, ...others] = people as [Person, ...Person[]];
    const room = await ana.opensGroup(...others);
    const message = await ana.sends(room, 'rush');
    const path = `/rooms/${room.id}/messages/${message.id}/reactions`;
    const before = (await ana.page(room)).rev as number;
    const answers = await Promise.all(people.flatMap((person) => [1, 2, 3].map(() => person.statusOf('POST', path, { reaction: '👍' }))));
    expect(answers.filter((status) => status === '201').length).toBe(people.length);
    expect(answers.filter((status) => status === '200').length).toBe(people.length * 2);
    const seen = await ana.gets(`/rooms/${room.id}/messages/${message.id}`);
    expect(countsOf(seen)).toEqual({ '👍': people.length });
    expect(seen.rev).toBe(before + people.length);
    await Promise.all(
      people.flatMap((person) => [1, 2].map(() => person.statusOf('DELETE', `${path}?reaction=${encodeURIComponent('👍')}`))),
    );
    expect((await ana.gets(`/rooms/${room.id}/messages/${message.id}`)).reactions).toEqual([]);
    expect((await ana.page(room)).rev).toBe(before + people.length * 2);
  });

  it('that were added under another setting are found and removed by their text', async () => {
    const { ana, bob, room, path } = await setUp();
    const [likes, texts] = [await world.node({ REACTIONS: 'like_dislike' }), await world.node({ REACTIONS: 'text' })];
    const named = (reaction: string): string => `${path}?reaction=${encodeURIComponent(reaction)}`;
    const who = async (reaction: string, on: RunningApp): Promise<string[]> =>
      (await ana.does('GET', named(reaction), undefined, on)).items.map((one: Json) => one.reaction);
    await bob.posts(path, { reaction: '❤' });
    expect(await who('❤️', likes)).toEqual(['❤️']);
    expect(await ana.statusOf('DELETE', named('❤️'), undefined, likes)).toBe('204');
    expect(await bob.statusOf('POST', path, { reaction: '❤️' }, likes)).toBe('422 invalid_reaction');
    expect(await bob.statusOf('DELETE', named('❤️'), undefined, likes)).toBe('204');
    expect((await bob.page(room)).items.at(-1).reactions).toEqual([]);

    for (const reaction of ['agreed', '❤']) await bob.does('POST', path, { reaction }, texts);
    expect(await who('agreed', world.app)).toEqual(['agreed']);
    expect(await who('❤', world.app)).toEqual(['❤']);
    expect(await who('nobody', world.app)).toEqual([]);
    const socket = await bob.connects();
    for (const reaction of ['agreed', '❤']) {
      expect(await socket.emits('reaction:remove', { roomId: room.id, messageId: path.split('/')[4], reaction })).toMatchObject({
        ok: true,
      });
    }
    expect((await bob.page(room)).items.at(-1).reactions).toEqual([]);
    expect(await bob.statusOf('DELETE', named('x'.repeat(256)))).toBe('400 validation_failed');
  });

  it('to a message that the user may no longer read are not listed', async () => {
    const { ana, bob, room, path } = await setUp();
    await bob.posts(path, { reaction: '👍' });
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    expect((await bob.gets('/reactions')).items).toEqual([]);
    expect(await bob.statusOf('GET', path)).toBe('404 room_not_found');
  });
});

describe('with REACTIONS=like_dislike', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ REACTIONS: 'like_dislike' })));
  afterAll(() => world.stop());

  it('a like replaces a dislike and the other way round', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const message = await ana.sends(room, 'vote');
    const path = `/rooms/${room.id}/messages/${message.id}/reactions`;
    const rev = (await ana.page(room)).rev as number;
    expect(await bob.statusOf('POST', path, { reaction: 'like' })).toBe('201');
    expect(await bob.statusOf('POST', path, { reaction: 'dislike' })).toBe('201');
    expect(await ana.statusOf('POST', path, { reaction: 'dislike' })).toBe('201');
    expect(await bob.statusOf('POST', path, { reaction: '👍' })).toBe('422 invalid_reaction');
    expect((await ana.page(room)).items.at(-1)).toMatchObject({
      rev: rev + 4,
      reactions: [{ reaction: 'dislike', count: 2, mine: true }],
    });
    expect((await bob.gets('/reactions')).items.length).toBe(1);
  });
});

describe('with REACTIONS=text', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ REACTIONS: 'text' })));
  afterAll(() => world.stop());

  it('any text of up to 255 characters is a reaction', async () => {
    const ana = await world.person('ana');
    const room = await ana.opensGroup();
    const message = await ana.sends(room, 'anything');
    const path = `/rooms/${room.id}/messages/${message.id}/reactions`;
    expect(await ana.statusOf('POST', path, { reaction: '😀'.repeat(255) })).toBe('201');
    expect(await ana.statusOf('POST', path, { reaction: '+1 agreed' })).toBe('201');
    expect(await ana.statusOf('POST', path, { reaction: '😀'.repeat(256) })).toBe('400 validation_failed');
    expect(await ana.statusOf('POST', path, { reaction: '   ' })).toBe('422 invalid_reaction');
    expect(await ana.statusOf('POST', path, { reaction: 'a\0' })).toBe('422 unstorable_text');
  });
});
