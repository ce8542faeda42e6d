import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { World, type Person } from '../support/world.js';

let world: World;
let ana: Person;
let bob: Person;
let zoe: Person;
let room: any;

beforeAll(async () => {
  world = await World.shared();
});
afterAll(() => world.stop());
beforeEach(async () => {
  ({ ana, bob, zoe } = await world.people('ana', 'bob', 'zoe'));
  room = await ana.opensGroup(bob);
});

const NOWHERE = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const reports = (who: Person, message: any, reason = 'Spam') =>
  who.call('POST', `/rooms/${room.id}/messages/${message.id}/report`, { reason });

describe('a report', () => {
  it('is listed for members who may delete messages, and resolved once', async () => {
    const message = await bob.sends(room, 'buy my things');
    const made = await reports(bob, message);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      roomId: room.id,
      messageId: message.id,
      user: expect.objectContaining({ id: bob.id }),
      reason: 'Spam',
      createdAt: expect.any(String),
      resolvedBy: null,
      resolvedAt: null,
      note: null,
    });
    expect((await ana.gets(`/rooms/${room.id}/reports`)).items).toEqual([made.body]);
    expect(await bob.statusOf('GET', `/rooms/${room.id}/reports`)).toBe('403 role_preset');
    expect(await bob.statusOf('POST', `/rooms/${room.id}/reports/${made.body.id}/resolve`, {})).toBe('403 role_preset');

    const resolved = await ana.posts(`/rooms/${room.id}/reports/${made.body.id}/resolve`, { note: 'talked to them' });
    expect(resolved).toMatchObject({
      id: made.body.id,
      note: 'talked to them',
      resolvedBy: { id: ana.id },
      resolvedAt: expect.any(String),
    });
    expect(await ana.statusOf('POST', `/rooms/${room.id}/reports/${made.body.id}/resolve`, {})).toBe('409 report_resolved');
    expect((await ana.gets(`/rooms/${room.id}/audit`)).items[0]).toMatchObject({
      action: 'report_resolved',
      user: { id: ana.id },
      targetUser: null,
      messageId: message.id,
      detail: { reportId: made.body.id },
    });
  });

  it('exists once for each user and message: a second one answers with the first, also under races', async () => {
    const message = await ana.sends(room, 'hm');
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((reason) => reports(bob, message, reason)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await reports(ana, message)).status).toBe(201);
    expect((await ana.gets(`/rooms/${room.id}/reports`)).items).toHaveLength(2);
  });

  it('is resolved by one of several concurrent requests', async () => {
    const { body } = await reports(bob, await ana.sends(room, 'hm'));
    const answers = await Promise.all([1, 2, 3].map(() => ana.statusOf('POST', `/rooms/${room.id}/reports/${body.id}/resolve`, {})));
    expect(answers.sort()).toEqual(['200', '409 report_resolved', '409 report_resolved']);
  });

  it('is refused for non-members, for unknown, deleted and system messages, and without a reason', async () => {
    const message = await ana.sends(room, 'hm');
    expect(await reports(zoe, message)).toMatchObject({ status: 404, body: { code: 'room_not_found' } });
    expect(await reports(bob, { id: NOWHERE })).toMatchObject({ status: 404, body: { code: 'message_not_found' } });
    const elsewhere = await ana.sends(await ana.opensGroup(), 'not here');
    expect(await reports(ana, elsewhere)).toMatchObject({ status: 404, body: { code: 'message_not_found' } });
    const [made] = (await ana.page(room)).items.filter(({ type }: any) => type === 'system');
    expect(await reports(bob, made)).toMatchObject({ status: 422, body: { code: 'not_reportable' } });
    expect((await bob.call('POST', `/rooms/${room.id}/messages/${message.id}/report`, {})).status).toBe(400);
    expect((await reports(bob, message, '')).status).toBe(400);
    expect((await reports(bob, message, 'x'.repeat(501))).status).toBe(400);
    expect((await reports(bob, message, '\0')).status).toBe(422);
    await ana.deletes(`/rooms/${room.id}/messages/${message.id}`);
    expect(await reports(bob, message)).toMatchObject({ status: 422, body: { code: 'not_reportable' } });
  });

  it('is not found in another room', async () => {
    const { body } = await reports(bob, await ana.sends(room, 'hm'));
    const other = await ana.opensGroup();
    expect(await ana.statusOf('POST', `/rooms/${other.id}/reports/${body.id}/resolve`, {})).toBe('404 report_not_found');
    expect((await ana.gets(`/rooms/${other.id}/reports`)).items).toEqual([]);
  });

  it('is listed by status, and page by page', async () => {
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) ids.unshift((await reports(bob, await ana.sends(room, text))).body.id);
    expect((await ana.does('POST', `/rooms/${room.id}/reports/${ids[1]}/resolve`)).note).toBeNull();
    const list = async (query: string) => (await ana.gets(`/rooms/${room.id}/reports?${query}`)).items.map(({ id }: any) => id);
    expect(await list('')).toEqual(ids);
    expect(await list('status=open')).toEqual([ids[0], ids[2]]);
    expect(await list('status=resolved')).toEqual([ids[1]]);
    const page = await ana.gets(`/rooms/${room.id}/reports?limit=2`);
    expect([...page.items.map(({ id }: any) => id), ...(await list(`limit=2&cursor=${page.nextCursor}`))]).toEqual(ids);
    expect(await ana.statusOf('GET', `/rooms/${room.id}/reports?status=old`)).toBe('400 validation_failed');
    expect(await ana.statusOf('GET', `/rooms/${room.id}/reports?cursor=WzFd`)).toBe('400 validation_failed');
  });
});

describe('the audit', () => {
  it('lists every action with its actor and target for members who may remove users', async () => {
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'admin' });
    await ana.patches(`/rooms/${room.id}/users/${bob.id}`, { role: 'member' });
    await ana.puts(`/rooms/${room.id}/bans/${bob.id}`, { reason: 'enough' });
    await ana.deletes(`/rooms/${room.id}/bans/${bob.id}`);
    const { items } = await ana.gets(`/rooms/${room.id}/audit`);
    expect(items.map(({ action }: any) => action)).toEqual(['ban_lifted', 'user_banned', 'role_changed', 'role_changed']);
    expect(items.every((entry: any) => entry.user.id === ana.id && entry.targetUser.id === bob.id && entry.roomId === room.id)).toBe(true);
    const page = await ana.gets(`/rooms/${room.id}/audit?limit=3`);
    const rest = await ana.gets(`/rooms/${room.id}/audit?limit=3&cursor=${page.nextCursor}`);
    expect([...page.items, ...rest.items]).toEqual(items);
  });

  it('is refused to plain members and to non-members, also of a public room', async () => {
    expect(await bob.statusOf('GET', `/rooms/${room.id}/audit`)).toBe('403 role_preset');
    expect(await zoe.statusOf('GET', `/rooms/${room.id}/audit`)).toBe('404 room_not_found');
    const open = await ana.posts('/rooms', { type: 'channel', name: 'open', isPublic: true });
    for (const path of ['audit', 'reports', 'invites'])
      expect(await zoe.statusOf('GET', `/rooms/${open.id}/${path}`)).toBe('403 not_member');
  });
});
