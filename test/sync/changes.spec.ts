import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LogTrimming } from '../../src/sync/log-trimming.service.js';
import type { Json } from '../support/test-socket.js';
import type { Person } from '../support/world.js';
import { World } from '../support/world.js';

interface Cursor {
  seq: number;
  rev: number;
}

const cursorOf = ({ seq, rev }: Json): Cursor => ({ seq, rev });
const UP_TO_DATE = { messages: [], changes: [], hasMore: false, reset: false };

describe('changes', () => {
  let world: World;
  beforeAll(async () => void (world = await World.start({ LOG_RESET_AFTER: '30' })));
  afterAll(() => world.stop());

  const changes = (person: Person, room: Json, { seq, rev }: Cursor, more = ''): Promise<Json> =>
    person.gets(`/rooms/${room.id}/changes?seq=${seq}&rev=${rev}${more}`);
  const head = async (person: Person, room: Json): Promise<Cursor> => cursorOf(await person.page(room, '?limit=1'));
  const setUp = async () => {
    const people = await world.people('ana', 'bob', 'eva');
    const room = await people.ana.opensGroup(people.bob);
    await people.ana.befriends(people.eva);
    return { ...people, room, path: `/rooms/${room.id}/messages`, start: await head(people.bob, room) };
  };

  it('are empty for a client that is up to date, and contain the epoch', async () => {
    const { bob, room, start } = await setUp();
    const answer = await changes(bob, room, start);
    expect(answer).toEqual({ ...UP_TO_DATE, ...start, epoch: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it('contain the new messages, and every other changed entity once, in its current state', async () => {
    const { ana, bob, eva, room, path, start: early } = await setUp();
    const old = await ana.sends(room, 'old');
    const older = await ana.sends(room, 'older');
    const start = await head(bob, room);
    expect(start).toEqual({ seq: early.seq + 2, rev: early.rev });
    await ana.patches(`${path}/${old.id}`, { text: 'edited' });
    await ana.patches(`${path}/${old.id}`, { text: 'edited twice' });
    await bob.posts(`${path}/${old.id}/reactions`, { reaction: '👍' });
    await ana.puts(`${path}/${older.id}/pin`);
    await ana.patches(`/rooms/${room.id}`, { name: 'first name' });
    await ana.patches(`/rooms/${room.id}`, { name: 'second name' });
    await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
    await ana.patches(`/rooms/${room.id}/users/${eva.id}`, { role: 'admin' });
    const fresh = await eva.sends(room, 'fresh');
    await eva.patches(`${path}/${fresh.id}`, { text: 'fresher' });
    await ana.deletes(`${path}/${older.id}`);

    const answer = await changes(bob, room, start);
    expect(answer).toMatchObject({ ...(await head(bob, room)), hasMore: false, reset: false });
    // A message after the cursor is in `messages` only, in its current state, also when it was edited since.
    const { items } = await bob.page(room, `?after=${start.seq}`);
    expect(answer.messages).toEqual(items);
    expect(answer.messages.at(-1)).toMatchObject({ id: fresh.id, text: 'fresher' });
    expect(answer.changes.map(({ kind }: Json) => kind)).toEqual(['message', 'room', 'room-user', 'message']);
    const [first, name, user, second] = answer.changes;
    expect(first).toEqual({ rev: start.rev + 3, kind: 'message', message: await bob.gets(`${path}/${old.id}`) });
    expect(first.message).toMatchObject({
      rev: start.rev + 3,
      text: 'edited twice',
      reactions: [{ reaction: '👍', count: 1, mine: true }],
    });
    expect(name).toMatchObject({ rev: start.rev + 6, room: { id: room.id, name: 'second name', memberCount: 3 } });
    expect(user).toEqual({
      rev: start.rev + 8,
      kind: 'room-user',
      userId: eva.id,
      roomUser: await bob.gets(`/rooms/${room.id}/users/${eva.id}`),
    });
    expect(second).toMatchObject({ rev: answer.rev, message: { id: older.id, text: null, pinned: false } });

    await ana.deletes(`/rooms/${room.id}/users/${eva.id}`);
    const after = await changes(bob, room, answer);
    expect(after.changes).toEqual([{ rev: answer.rev + 1, kind: 'room-user', userId: eva.id, roomUser: null }]);
  });

  it('come in pages: the limit bounds each list, and each answer contains the next cursor', async () => {
    const { ana, bob, room, path, start } = await setUp();
    const messages: Json[] = [];
    for (const text of ['1', '2', '3', '4', '5']) messages.push(await ana.sends(room, text));
    const middle = await head(bob, room);
    for (const message of messages) await ana.puts(`${path}/${message.id}/pin`);
    for (const text of ['6', '7', '8']) messages.push(await ana.sends(room, text));

    const walk = async (from: Cursor): Promise<Json[]> => {
      const answers: Json[] = [];
      let cursor = from;
      for (;;) {
        const answer = await changes(bob, room, cursor, '&limit=2');
        expect(answer.messages.length).toBeLessThanOrEqual(2);
        expect(answer.changes.length).toBeLessThanOrEqual(2);
        answers.push(answer);
        if (!answer.hasMore) return answers;
        expect(answer.seq + answer.rev).toBeGreaterThan(cursor.seq + cursor.rev);
        cursor = answer;
      }
    };
    const answers = await walk(middle);
    expect(cursorOf(answers.at(-1))).toEqual(await head(bob, room));
    expect(answers.flatMap((answer) => answer.messages.map(({ text }: Json) => text))).toEqual(['6', '7', '8']);
    expect(answers.flatMap((answer) => answer.changes.map(({ message }: Json) => message.id))).toEqual(
      messages.slice(0, 5).map(({ id }) => id),
    );
    // An older cursor may receive a message twice, but never an older state of it.
    const all = await walk(start);
    expect(cursorOf(all.at(-1))).toEqual(await head(bob, room));
    expect(all.flatMap((answer) => answer.messages.map(({ text }: Json) => text))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(all.flatMap((answer) => answer.messages).every(({ pinned, text }: Json) => pinned === Number(text) <= 5)).toBe(true);
  });

  it('skip what the user may not see, and count its rev', async () => {
    const { ana, eva, room, path } = await setUp();
    const hidden = await ana.sends(room, 'before eva');
    await ana.patches(`/rooms/${room.id}`, { historyVisibility: 'since_joined' });
    await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
    const start = await head(eva, room);
    await ana.patches(`${path}/${hidden.id}`, { text: 'still before eva' });
    await ana.puts(`${path}/${hidden.id}/pin`);
    const reply = await ana.sends(room, 'a reply', { replyToId: hidden.id });
    const answer = await changes(eva, room, start);
    expect(answer).toMatchObject({ changes: [], seq: reply.seq, rev: start.rev + 2, hasMore: false, reset: false });
    expect(answer.messages.map(({ id, replyTo }: Json) => [id, replyTo.preview])).toEqual([[reply.id, null]]);
    expect(JSON.stringify(answer)).not.toContain('before eva');
  });

  it('begin at rev 0 for users who were added when the room was created', async () => {
    const { ana, bob, room } = await setUp();
    const message = await ana.sends(room, 'first');
    for (const person of [ana, bob]) {
      const answer = await changes(person, room, { seq: 0, rev: 0 });
      expect(answer).toMatchObject({ reset: false, hasMore: false, ...(await head(person, room)) });
      expect(answer.messages.at(-1).id).toBe(message.id);
    }
  });

  describe('are reset', () => {
    const RESET = { messages: [], changes: [], hasMore: false, reset: true };

    it('for a cursor ahead of the room', async () => {
      const { bob, room, start } = await setUp();
      expect(await changes(bob, room, { ...start, seq: start.seq + 1 })).toMatchObject({ ...RESET, ...start });
      expect(await changes(bob, room, { ...start, rev: start.rev + 1 })).toMatchObject({ ...RESET, ...start });
    });

    it('for a cursor from before the membership, also from an earlier one', async () => {
      const { ana, bob, eva, room } = await setUp();
      await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
      const first = await head(eva, room);
      expect(await changes(eva, room, first)).toMatchObject(UP_TO_DATE);
      expect(await changes(eva, room, { seq: 0, rev: 0 })).toMatchObject({ ...RESET, ...first });
      await ana.deletes(`/rooms/${room.id}/users/${eva.id}`);
      await bob.sends(room, 'meanwhile');
      await ana.posts(`/rooms/${room.id}/users`, { userId: eva.id });
      expect(await changes(eva, room, first)).toMatchObject({ ...RESET, ...(await head(eva, room)) });
    });

    it('for a cursor that is too far behind, in messages and changes', async () => {
      const { ana, bob, room, path, start } = await setUp();
      const message = await ana.sends(room, 'first');
      for (let n = 1; n < 15; n++) await ana.sends(room, `${n}`);
      for (let n = 0; n < 15; n++) await ana.patches(`${path}/${message.id}`, { text: `${n}` });
      expect(await changes(bob, room, start)).toMatchObject({ reset: false, hasMore: false });
      await ana.sends(room, 'one too many');
      expect(await changes(bob, room, start)).toMatchObject({ ...RESET, ...(await head(bob, room)) });
    });

    it('for a cursor below the log floor', async () => {
      const { ana, bob, room, path, start } = await setUp();
      const message = await ana.sends(room, 'first');
      await ana.patches(`${path}/${message.id}`, { text: 'edited' });
      await ana.puts(`${path}/${message.id}/pin`);
      const trimmed = await head(bob, room);
      await world.app.app.get(LogTrimming, { strict: false }).trimLogs(new Date(Date.now() + 1_000));
      await ana.patches(`${path}/${message.id}`, { text: 'edited again' });
      expect(await changes(bob, room, start)).toMatchObject(RESET);
      expect(await changes(bob, room, { ...trimmed, rev: trimmed.rev - 1 })).toMatchObject(RESET);
      expect(await changes(bob, room, trimmed)).toMatchObject({ reset: false, changes: [{ rev: trimmed.rev + 1, kind: 'message' }] });
    });
  });

  it('are refused to non-members', async () => {
    const { ana, bob, eva, room } = await setUp();
    const at = (id: string) => `/rooms/${id}/changes?seq=0&rev=0`;
    expect(await eva.statusOf('GET', at(room.id))).toBe('404 room_not_found');
    expect(await eva.statusOf('GET', at(randomUUID()))).toBe('404 room_not_found');
    await ana.patches(`/rooms/${room.id}`, { isPublic: true });
    expect(await eva.statusOf('GET', at(room.id))).toBe('403 not_member');
    await ana.patches(`/rooms/${room.id}`, { isPublic: false });
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    expect(await bob.statusOf('GET', at(room.id))).toBe('404 room_not_found');
    for (const query of ['', '?seq=1', '?rev=1', '?seq=-1&rev=0', '?seq=x&rev=0', '?seq=0&rev=0&limit=101', '?seq=0&rev=0&epoch=1']) {
      expect(await ana.statusOf('GET', `/rooms/${room.id}/changes${query}`)).toBe('400 validation_failed');
    }
  });

  it('never contain more than their cursor covers, under concurrent writes', async () => {
    const { ana, bob, room, path, start } = await setUp();
    const message = await ana.sends(room, 'busy');
    const writing = Promise.all([
      (async () => {
        for (let n = 0; n < 8; n++) await ana.sends(room, `${n}`);
      })(),
      (async () => {
        for (let n = 0; n < 8; n++) await ana.patches(`${path}/${message.id}`, { text: `${n}` });
      })(),
    ]);
    const answers: Json[] = [];
    let done = false;
    void writing.finally(() => (done = true));
    while (!done) answers.push(await changes(bob, room, start));
    await writing;
    for (const answer of answers.filter((one) => !one.hasMore)) {
      for (const received of [...answer.messages, ...answer.changes.map((change: Json) => change.message)]) {
        expect(received.seq).toBeLessThanOrEqual(answer.seq);
        expect(received.rev).toBeLessThanOrEqual(answer.rev);
      }
      expect(answer.messages.map(({ seq }: Json) => seq)).toEqual(answer.messages.map((_: Json, index: number) => start.seq + 1 + index));
    }
  });
});
