import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { World } from '../support/world.js';

let world: World;
beforeAll(async () => (world = await World.shared()));
afterAll(() => world.stop());

it('a frame to the whole room is a message, and arrives as a frame at sockets that asked for frames', async () => {
  const { ana, bob } = await world.people('ana', 'bob');
  const team = await ana.opensTeam(bob);
  const thin = await ana.connects({ frames: true });
  const full = await bob.connects();
  const id = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
  const { message } = await thin.emits('message', { channel_id: team.id, to: '*', type: 'text', data: 'hello', id });
  expect(message).toMatchObject({ id, roomId: team.id, text: 'hello', user: { id: ana.id } });
  expect(await thin.receives('message', (frame) => frame.id === id)).toEqual({
    channel_id: team.id,
    to: '*',
    type: 'text',
    data: 'hello',
    ts: message.createdAt,
    from: ana.id,
    id,
    room_id: team.id,
    seq: message.seq,
  });
  expect((await full.receivesText('hello')).id).toBe(id);
  await thin.flushes();
  expect(thin.all('messages:created')).toEqual([]);
  expect(full.all('message')).toEqual([]);
  await bob.sends(team, 'and back');
  expect(await thin.receives('message', ({ data }) => data === 'and back')).toMatchObject({ from: bob.id, to: '*' });
});

it('a frame to a member goes to the private room of the two inside the team', async () => {
  const { ana, bob, eva } = await world.people('ana', 'bob', 'eva');
  const team = await ana.opensTeam(bob, eva);
  const [a, b, e] = await Promise.all([ana, bob, eva].map((person) => person.connects({ frames: true })));
  const { message } = await a!.emits('message', { channel_id: team.id, to: bob.id, type: 'text', data: 'between us' });
  expect(message.roomId).not.toBe(team.id);
  for (const socket of [a!, b!]) {
    const frame = await socket.receives('message', ({ data }) => data === 'between us');
    expect(frame).toMatchObject({ channel_id: team.id, to: bob.id, from: ana.id, room_id: message.roomId, seq: message.seq });
  }
  expect((await bob.gets(`/rooms/${message.roomId}`)).teamId).toBe(team.id);
  await e!.flushes();
  expect(e!.all('message').filter(({ data }) => data === 'between us')).toEqual([]);
  await bob.posts(`/rooms/${team.id}/leave`);
  expect(await a!.emits('message', { channel_id: team.id, to: bob.id, type: 'text', data: 'gone' })).toMatchObject({
    ok: false,
    error: { status: 403, reason: 'room_inactive' },
  });
});

it('frames to a member are numbered in the order sent, and a refused one delays no other', async () => {
  const { ana, bob } = await world.people('ana', 'bob');
  const team = await ana.opensTeam(bob);
  const socket = await ana.connects({ frames: true });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      socket.emits('message', { channel_id: team.id, to: n === 20 ? 'nobody' : bob.id, type: 'text', data: `word ${n}` }),
    ),
  );
  expect(answers[20]).toMatchObject({ ok: false, error: { status: 400 } });
  const numbered = answers.filter(({ ok }) => ok).map(({ message }) => message);
  expect(numbered).toHaveLength(49);
  expect([...numbered].sort((a, b) => a.seq - b.seq).map(({ text }) => text)).toEqual(numbered.map(({ text }) => text));
});

it.each([
  ['a time of its own', { ts: '2026-01-01T00:00:00.000Z' }],
  ['a sender of its own', { from: '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11' }],
  ['no recipient', { to: '' }],
  ['a type of the server', { type: 'system' }],
  ['a medium without a valid id', { type: 'image' }],
])('refuses a frame with %s', async (_, wrong) => {
  const { ana, bob } = await world.people('ana', 'bob');
  const team = await ana.opensTeam(bob);
  const socket = await ana.connects({ frames: true });
  const answer = await socket.emits('message', { channel_id: team.id, to: '*', type: 'text', data: 'hello', ...wrong });
  expect(answer).toMatchObject({ ok: false, error: { status: 400, code: 'validation_failed' } });
});
