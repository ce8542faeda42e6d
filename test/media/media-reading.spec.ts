import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { picture } from '../support/files.js';
import { call, World, type Person } from '../support/world.js';
import { fetched, uploaded } from './uploading.js';

let world: World;
let database: pg.Client;
let ana: Person;
let bob: Person;
let zoe: Person;

beforeAll(async () => {
  world = await World.start();
  database = await world.database();
});
afterAll(() => world.stop());
beforeEach(async () => {
  ({ ana, bob, zoe } = await world.people('ana', 'bob', 'zoe'));
});

const NOWHERE = '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11';
const image = async (who: Person): Promise<any> => uploaded(who, await picture.png(), 'a.png');
const ROUTES = ['', '/content', '/content?variant=thumbnail'];

/** Returns the user's access to a file by every route, as one word if all agree. */
async function sees(who: Person, media: { id: string }): Promise<string> {
  const seen = new Set<string>();
  for (const route of ROUTES) {
    const { status, body } = await who.call('GET', `/media/${media.id}${route}`);
    seen.add(status === 200 ? 'seen' : `${status} ${body.code}`);
    if (status !== 404) continue;
    const random = await who.call('GET', `/media/${NOWHERE}${route}`);
    expect({ ...body, requestId: '' }).toEqual({ ...random.body, requestId: '' });
  }
  return [...seen].join(', ');
}

const HIDDEN = '404 media_not_found';

describe('reading a file', () => {
  it('is allowed to its uploader, before it is used', async () => {
    const media = await image(ana);
    expect([await sees(ana, media), await sees(bob, media)]).toEqual(['seen', HIDDEN]);
  });

  it('is allowed to readers of a message with the file, as long as they may read it', async () => {
    const room = await ana.opensGroup(bob);
    const media = await image(ana);
    const message = await ana.sends(room, 'look', { mediaIds: [media.id] });
    expect(message.media).toEqual([media]);
    expect([await sees(bob, media), await sees(zoe, media)]).toEqual(['seen', HIDDEN]);
    await ana.deletes(`/rooms/${room.id}/users/${bob.id}`);
    expect([await sees(ana, media), await sees(bob, media)]).toEqual(['seen', HIDDEN]);
    await ana.posts(`/rooms/${room.id}/users`, { userId: bob.id });
    expect(await sees(bob, media)).toBe('seen');
    await ana.deletes(`/rooms/${room.id}/messages/${message.id}`);
    expect([await sees(ana, media), await sees(bob, media)]).toEqual(['seen', HIDDEN]);
  });

  it('is allowed to every user while it is the avatar of a user', async () => {
    const [first, second] = [await image(ana), await image(ana)];
    const me = await ana.patches('/users/me', { avatarMediaId: first.id });
    expect((me.me ?? me).avatarUrl).toBe(first.url);
    expect(await sees(zoe, first)).toBe('seen');
    await ana.patches('/users/me', { avatarMediaId: second.id });
    expect([await sees(zoe, first), await sees(zoe, second), await sees(ana, first)]).toEqual([HIDDEN, 'seen', 'seen']);
  });

  it('is allowed to the members of the room whose avatar it is, and to every user for a public room', async () => {
    const [shown, hidden] = [await image(ana), await image(ana)];
    await ana.posts('/rooms', { type: 'channel', name: 'c', isPublic: true, avatarMediaId: shown.id });
    await ana.befriends(bob);
    await ana.posts('/rooms', { type: 'group', name: 'g', userIds: [bob.id], avatarMediaId: hidden.id });
    expect([await sees(zoe, shown), await sees(bob, hidden), await sees(zoe, hidden)]).toEqual(['seen', 'seen', HIDDEN]);
  });

  it('is refused to deactivated users', async () => {
    const media = await image(ana);
    await database.query(`UPDATE users SET deactivated_at = now() WHERE id = $1`, [ana.id]);
    expect((await ana.call('GET', `/media/${media.id}`)).status).toBe(401);
  });
});

describe('an avatar', () => {
  it('is a complete image that the user uploaded', async () => {
    const foreign = await image(bob);
    const text = await uploaded(ana, Buffer.from('a text'));
    const pending = await ana.posts('/media/uploads', { filename: 'a', contentType: 'image/png', size: 10 });
    for (const id of [foreign.id, text.id, pending.mediaId, NOWHERE]) {
      expect(await ana.statusOf('PATCH', '/users/me', { avatarMediaId: id })).toBe('422 media_not_usable');
      expect(await ana.statusOf('POST', '/rooms', { type: 'group', name: 'g', avatarMediaId: id })).toBe('422 media_not_usable');
    }
  });
});

describe('deleting a file', () => {
  it('is allowed to its owner while nothing refers to it', async () => {
    const room = await ana.opensGroup(bob);
    const [unused, used, face] = [await image(ana), await image(ana), await image(ana)];
    const message = await ana.sends(room, '', { mediaIds: [used.id] });
    await ana.patches('/users/me', { avatarMediaId: face.id });
    expect(await bob.statusOf('DELETE', `/media/${unused.id}`)).toBe(HIDDEN);
    expect(await bob.statusOf('DELETE', `/media/${used.id}`)).toBe('403 not_author');
    expect(await ana.statusOf('DELETE', `/media/${used.id}`)).toBe('409 media_in_use');
    expect(await ana.statusOf('DELETE', `/media/${face.id}`)).toBe('409 media_in_use');
    expect(await ana.statusOf('DELETE', `/media/${unused.id}`)).toBe('204');
    expect(await ana.statusOf('DELETE', `/media/${unused.id}`)).toBe(HIDDEN);
    await ana.deletes(`/rooms/${room.id}/messages/${message.id}`);
    expect(await ana.statusOf('DELETE', `/media/${used.id}`)).toBe('204');
  });

  it('excludes sending it at the same time', async () => {
    const room = await ana.opensGroup(bob);
    for (let round = 0; round < 10; round++) {
      const media = await image(ana);
      const [sent, gone] = await Promise.all([
        ana.statusOf('POST', `/rooms/${room.id}/messages`, { mediaIds: [media.id] }),
        ana.statusOf('DELETE', `/media/${media.id}`),
      ]);
      expect(['201 / 409 media_in_use', '422 media_not_found / 204', '422 media_not_usable / 204']).toContain(`${sent} / ${gone}`);
    }
  });
});

describe('a ticket', () => {
  const content = (media: any, ticket: string) => call(world.url, 'GET', `${media.url}?ticket=${encodeURIComponent(ticket)}`);

  it('allows what its user may read, without a header', async () => {
    const media = await image(ana);
    const { ticket, expiresIn } = await ana.posts('/media/ticket');
    expect(expiresIn).toBe(900);
    const { status, headers } = await content(media, ticket);
    expect([status, headers.get('content-type'), headers.get('vary')]).toEqual([200, 'image/png', expect.stringMatching(/authorization/i)]);
    const small = await call(world.url, 'GET', `${media.thumbnailUrl}&ticket=${ticket}`);
    expect([small.status, small.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const { ticket: foreign } = await bob.posts('/media/ticket');
    expect((await content(media, foreign)).body.code).toBe('media_not_found');
  });

  it('is refused by other routes and as a token', async () => {
    const media = await image(ana);
    const { ticket } = await ana.posts('/media/ticket');
    for (const path of [`/media/${media.id}`, '/users/me', '/rooms']) {
      expect((await call(world.url, 'GET', `${path}?ticket=${ticket}`)).status).toBe(401);
    }
    expect((await call(world.url, 'GET', '/users/me', { token: ticket })).body.code).toBe('token_invalid');
    expect((await content(media, ana.accessToken)).body.code).toBe('token_invalid');
    expect((await call(world.url, 'POST', '/media/ticket')).status).toBe(401);
  });

  it('ends with its session, with the deactivation of its user, and with its time', async () => {
    const media = await image(ana);
    const { ticket } = await ana.posts('/media/ticket');
    await ana.posts('/auth/logout');
    expect((await content(media, ticket)).body.code).toBe('session_ended');
    const own = await image(bob);
    const { ticket: other } = await bob.posts('/media/ticket');
    await database.query(`UPDATE users SET deactivated_at = now() WHERE id = $1`, [bob.id]);
    expect((await content(own, other)).body.code).toBe('session_ended');
    const brief = await world.node({ MEDIA_TICKET_SECONDS: '1' });
    const seen = await image(zoe);
    const { ticket: short } = await zoe.does('POST', '/media/ticket', undefined, brief);
    const end = performance.now() + 5_000;
    let code = '';
    while (code !== 'token_expired' && performance.now() < end) code = (await content(seen, short)).body.code ?? '';
    expect(code).toBe('token_expired');
  });

  it.each(['', 'x', 'a.b.c', 'x'.repeat(3_000), '\u0000'])('is refused when forged (%j)', async (word) => {
    const media = await image(ana);
    expect([400, 401]).toContain((await content(media, word)).status);
  });
});

describe('the content of a file', () => {
  it('may be cached only by the browser of its user', async () => {
    const { headers } = await fetched(ana, (await image(ana)).url);
    expect(headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    expect(headers.get('vary')).toMatch(/authorization/i);
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/sandbox/);
  });

  it.each([
    ['bytes=0-0', 206, 'bytes 0-0/10'],
    ['bytes=5-', 206, 'bytes 5-9/10'],
    ['bytes=-3', 206, 'bytes 7-9/10'],
    ['bytes=-10', 206, 'bytes 0-9/10'],
    ['bytes=-100', 206, 'bytes 0-9/10'],
    [`bytes=-${'9'.repeat(20)}`, 206, 'bytes 0-9/10'],
    ['bytes=-0', 416, 'bytes */10'],
    ['bytes=0-100', 206, 'bytes 0-9/10'],
    ['bytes=10-', 416, 'bytes */10'],
    ['bytes=5-2', 416, 'bytes */10'],
    ['bytes=0-1,3-4', 200, null],
    ['lines=0-1', 200, null],
    ['bytes', 200, null],
    ['bytes=a-b', 200, null],
  ])('is served for the range %j with status %d', async (range, expected, where) => {
    const { url } = await uploaded(ana, Buffer.from('0123456789'));
    const { status, headers, bytes } = await fetched(ana, url, { range });
    expect([status, headers.get('content-range')]).toEqual([expected, where]);
    if (status === 416)
      expect([headers.get('cache-control'), JSON.parse(bytes.toString()).code]).toEqual(['no-store', 'range_not_satisfiable']);
    else expect(bytes.length).toBe(Number(headers.get('content-length')));
  });

  it('is not satisfiable for any range of an empty file', async () => {
    const { url } = await uploaded(ana, Buffer.alloc(0));
    for (const range of ['bytes=0-', 'bytes=-0', 'bytes=-1']) {
      const { status, headers } = await fetched(ana, url, { range });
      expect([status, headers.get('content-range')]).toEqual([416, 'bytes */0']);
    }
  });

  it('is served whole for a condition on other bytes', async () => {
    const { url } = await uploaded(ana, Buffer.from('0123456789'));
    const etag = (await fetched(ana, url)).headers.get('etag')!;
    expect((await fetched(ana, url, { range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await fetched(ana, url, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    expect((await fetched(ana, url, { 'if-none-match': `"other", W/${etag}` })).status).toBe(304);
    expect((await fetched(ana, url, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('is refused with 400 for an unknown variant or a malformed id', async () => {
    const { id } = await image(ana);
    expect(await ana.statusOf('GET', `/media/${id}/content?variant=huge`)).toBe('400 validation_failed');
    expect(await ana.statusOf('GET', '/media/nothing')).toBe('400 validation_failed');
    expect(await ana.statusOf('DELETE', '/media/nothing')).toBe('400 validation_failed');
  });
});

describe('a message with media', () => {
  it('has several files of its author, in the given order', async () => {
    const room = await ana.opensGroup(bob);
    const files = [await image(ana), await uploaded(ana, Buffer.from('a text')), await image(ana)];
    const ids = [2, 0, 1].map((at) => files[at].id);
    const message = await ana.sends(room, 'three', { mediaIds: ids });
    expect(message.media.map(({ id }: any) => id)).toEqual(ids);
    expect((await bob.page(room)).items.at(-1).media.map(({ id }: any) => id)).toEqual(ids);
    const foreign = await image(bob);
    expect(await ana.statusOf('POST', `/rooms/${room.id}/messages`, { mediaIds: [foreign.id] })).toMatch(/^422/);
  });
});
