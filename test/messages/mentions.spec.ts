import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/test-socket.js';
import type { Person } from '../support/world.js';
import { World } from '../support/world.js';

describe('mentions', () => {
  let world: World;
  beforeAll(async () => void (world = await World.shared()));
  afterAll(() => world.stop());

  const names = (message: Json): string[] => (message.mentions === 'all' ? ['all'] : message.mentions.map((one: Json) => one.username));
  const idsOf = async (person: Person, query = ''): Promise<string[]> =>
    (await person.gets(`/mentions${query}`)).items.map((one: Json) => one.id);
  const countOf = async (person: Person, room: Json): Promise<number> => (await person.gets(`/rooms/${room.id}`)).membership.mentionCount;

  it('are stored for members of the room only, by name or by id', async () => {
    const { ana, bob, eva, zoe } = await world.people('ana', 'bob', 'eva', 'zoe');
    const room = await ana.opensGroup(bob, eva);
    const message = await ana.sends(room, `@${bob.username}, and @${zoe.username} who is not here`, { mentions: [eva.id, zoe.id] });
    expect(names(message).sort()).toEqual([bob.username, eva.username].sort());
    expect(await idsOf(bob)).toEqual([message.id]);
    expect(await idsOf(eva)).toEqual([message.id]);
    expect(await idsOf(zoe)).toEqual([]);
    expect(await idsOf(ana)).toEqual([]);
  });

  it('follow an edit: names in the text change, ids given beside the text stay', async () => {
    const { ana, bob, eva, tom } = await world.people('ana', 'bob', 'eva', 'tom');
    const room = await ana.opensGroup(bob, eva, tom);
    const message = await ana.sends(room, `hi @${bob.username}`, { mentions: [eva.id] });
    expect([await countOf(bob, room), await countOf(eva, room), await countOf(tom, room)]).toEqual([1, 1, 0]);
    const edited = await ana.patches(`/rooms/${room.id}/messages/${message.id}`, { text: `hi @${tom.username}` });
    expect(names(edited).sort()).toEqual([eva.username, tom.username].sort());
    expect([await countOf(bob, room), await countOf(eva, room), await countOf(tom, room)]).toEqual([0, 1, 1]);
    expect(await idsOf(bob)).toEqual([]);
    expect(await idsOf(tom)).toEqual([message.id]);
  });

  it('of all members need the permission', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const room = await ana.opensGroup(bob);
    const message = await ana.sends(room, 'all of you', { mentions: 'all' });
    expect(message.mentions).toBe('all');
    expect(await idsOf(bob)).toEqual([message.id]);
    expect(await bob.statusOf('POST', `/rooms/${room.id}/messages`, { text: 'x', mentions: 'all' })).toBe('403 role_preset');
    const plain = await bob.sends(room, 'plain');
    expect(names(await bob.patches(`/rooms/${room.id}/messages/${plain.id}`, { text: 'now @all' }))).toEqual([]);
    const own = await ana.sends(room, 'plain');
    expect(names(await ana.patches(`/rooms/${room.id}/messages/${own.id}`, { text: 'now @all' }))).toEqual(['all']);
  });

  it('are listed newest first over all rooms of the user, page by page', async () => {
    const { ana, bob } = await world.people('ana', 'bob');
    const rooms = [await ana.opensGroup(bob), await ana.opensTeam(bob), await ana.opensPrivate(bob)];
    const payload: string[] = [];
    for (const turn of [1, 2, 3]) {
      for (const room of rooms) payload.unshift((await ana.sends(room, `${turn} @${bob.username}`)).id);
    }
    const first = await bob.gets('/mentions?limit=4');
    const second = await bob.gets(`/mentions?limit=4&cursor=${first.nextCursor}`);
    const third = await bob.gets(`/mentions?limit=4&cursor=${second.nextCursor}`);
    expect([first, second, third].flatMap((page: Json) => page.items.map((one: Json) => one.id))).toEqual(payload);
    expect(third.nextCursor).toBeNull();
    await ana.deletes(`/rooms/${rooms[0].id}/users/${bob.id}`);
    expect((await idsOf(bob)).length).toBe(6);
    expect(await bob.statusOf('GET', '/mentions?cursor=nonsense')).toBe('400 validation_failed');
  });
});
