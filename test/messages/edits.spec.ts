import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/test-socket.js';
import type { Person } from '../support/world.js';
import { World } from '../support/world.js';

describe('editing', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ MESSAGE_MAX_EDITS: '3' })));
  afterAll(() => world.stop());

  const setUp = async (): Promise<{ ana: Person; bob: Person; eva: Person; room: Json; path: string }> => {
    const people = await world.people('ana', 'bob', 'eva');
    const room = await people.ana.opensGroup(people.bob, people.eva);
    await people.ana.patches(`/rooms/${room.id}/users/${people.eva.id}`, { role: 'admin' });
    return { ...people, room, path: `/rooms/${room.id}/messages` };
  };
  const revOf = async (person: Person, room: Json): Promise<number> => (await person.page(room)).rev;

  it('takes one rev and stores the former text, for its author and members who may delete it', async () => {
    const { ana, bob, eva, room, path } = await setUp();
    const message = await bob.sends(room, 'helo');
    const before = await revOf(ana, room);
    const edited = await bob.patches(`${path}/${message.id}`, { text: 'hello' });
    expect(edited).toMatchObject({ id: message.id, seq: message.seq, rev: before + 1, text: 'hello', editedAt: expect.any(String) });
    expect(await revOf(ana, room)).toBe(before + 1);
    const { items } = await bob.gets(`${path}/${message.id}/history`);
    expect(items).toEqual([{ text: 'helo', user: expect.objectContaining({ id: bob.id }), editedAt: edited.editedAt }]);
    expect((await eva.gets(`${path}/${message.id}/history`)).items).toEqual(items);
    const other = await ana.sends(room, 'of ana');
    expect(await bob.statusOf('GET', `${path}/${other.id}/history`)).toBe('403 role_preset');
  });

  it('changes nothing when the text is the same', async () => {
    const { bob, room, path } = await setUp();
    const message = await bob.sends(room, 'same');
    const before = await revOf(bob, room);
    expect(await bob.patches(`${path}/${message.id}`, { text: 'same' })).toEqual(message);
    expect(await revOf(bob, room)).toBe(before);
  });

  it('stores at most the maximum number of edits, listed newest first, page by page', async () => {
    const { bob, room, path } = await setUp();
    const message = await bob.sends(room, '0');
    for (const text of ['1', '2', '3', '4', '5']) await bob.patches(`${path}/${message.id}`, { text });
    const first = await bob.gets(`${path}/${message.id}/history?limit=2`);
    const second = await bob.gets(`${path}/${message.id}/history?limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map((edit: Json) => edit.text)).toEqual(['4', '3', '2']);
    expect(second.nextCursor).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ['no text', {}, '400 validation_failed'],
    ['blanks', { text: '  ' }, '422 empty_message'],
    ['null for a text message', { text: null }, '422 empty_message'],
    ['too much', { text: 'x'.repeat(10_001) }, '400 validation_failed'],
    ['NUL', { text: '\0' }, '422 unstorable_text'],
    ['another field', { text: 'x', seq: 1 }, '400 validation_failed'],
  ])('refuses %s', async (_, body, expected) => {
    const { bob, room, path } = await setUp();
    const message = await bob.sends(room, 'fine');
    expect(await bob.statusOf('PATCH', `${path}/${message.id}`, body)).toBe(expected);
    expect((await bob.gets(`${path}/${message.id}`)).text).toBe('fine');
  });

  it('is allowed to the author and to members who may edit messages of others', async () => {
    const { ana, bob, eva, room, path } = await setUp();
    const message = await bob.sends(room, 'of bob');
    expect(await eva.statusOf('PATCH', `${path}/${message.id}`, { text: 'of eva' })).toBe('403 role_preset');
    expect(await ana.statusOf('PATCH', `${path}/${message.id}`, { text: 'by the owner' })).toBe('200');
    expect((await ana.gets(`/rooms/${room.id}/audit`)).items[0]).toMatchObject({ action: 'message_edited' });
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { permissions: ['can_create_messages'] });
    expect(await bob.statusOf('PATCH', `${path}/${message.id}`, { text: 'mine again' })).toBe('403 not_granted');
    const system = (await ana.page(room)).items[0];
    expect(await ana.statusOf('PATCH', `${path}/${system.id}`, { text: 'x' })).toBe('422 system_message');
  });

  it('is refused to silenced members and across a block', async () => {
    const { ana, bob, room, path } = await setUp();
    const message = await bob.sends(room, 'quiet');
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { silencedUntil: new Date(Date.now() + 60_000).toISOString() });
    const answer = await bob.call('PATCH', `${path}/${message.id}`, { text: 'loud' });
    expect(answer).toMatchObject({ status: 403, body: { reason: 'silenced' } });
    expect(answer.body.retryAfter).toBeGreaterThan(50);
    expect(await bob.statusOf('POST', `${path}/${message.id}/reactions`, { reaction: '👍' })).toBe('403 silenced');

    const { eva, tom } = await world.people('eva', 'tom');
    const pair = await eva.opensPrivate(tom);
    const payload = await tom.sends(pair, 'hi');
    await eva.puts(`/users/me/blocks/${tom.id}`);
    expect(await tom.statusOf('PATCH', `/rooms/${pair.id}/messages/${payload.id}`, { text: 'insult' })).toBe('403 privacy');
    expect(await tom.statusOf('POST', `/rooms/${pair.id}/messages/${payload.id}/reactions`, { reaction: '👍' })).toBe('403 privacy');
    expect(await eva.statusOf('POST', `/rooms/${pair.id}/messages/${payload.id}/reactions`, { reaction: '👍' })).toBe('403 blocked');
  });

  it('updates the previews in replies', async () => {
    const { bob, room, path } = await setUp();
    const message = await bob.sends(room, 'first');
    const reply = await bob.sends(room, 'reply', { replyToId: message.id });
    await bob.patches(`${path}/${message.id}`, { text: 'second' });
    expect(await bob.gets(`${path}/${reply.id}`)).toMatchObject({ rev: 0, replyTo: { preview: { text: 'second' } } });
  });
});
