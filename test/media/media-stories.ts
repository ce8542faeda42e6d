import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { ObjectStore } from '../../src/storage/object-store.js';
import { noise, picture, wav, webm } from '../support/files.js';
import { World, type Person } from '../support/world.js';
import { completes, direct, fetched, put, sha256, upload, uploaded } from './uploading.js';

export interface StoreUnderTest {
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** Tests uploads and downloads with a store. */
export function describeMedia(start: () => Promise<StoreUnderTest>): void {
  let store: StoreUnderTest;
  let world: World;
  let ana: Person;
  let bob: Person;

  beforeAll(async () => {
    store = await start();
    world = await World.start({ MEDIA_MAX_BYTES: String(20 * 1024 * 1024), MEDIA_MAX_PIXELS: '1000000', ...store.env });
  }, 120_000);
  afterAll(async () => {
    await world.stop();
    await store.stop();
  });
  beforeEach(async () => {
    ({ ana, bob } = await world.people('ana', 'bob'));
  });

  const objects = async (mediaId?: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of world.app.app.get(ObjectStore).list('')) if (!mediaId || key.includes(mediaId)) found.push(key);
    return found;
  };

  describe('a file', () => {
    it.each([
      ['a few bytes', noise(1_000)],
      ['more than one part of S3', noise(11 * 1024 * 1024)],
      ['nothing', Buffer.alloc(0)],
    ])('of %s is returned unchanged', async (_, bytes) => {
      const media = await uploaded(ana, bytes, 'naïve 日本.bin');
      expect(media).toEqual({
        id: expect.any(String),
        kind: 'file',
        filename: 'naïve 日本.bin',
        contentType: bytes.length === 0 ? 'text/plain' : 'application/octet-stream',
        size: bytes.length,
        sha256: sha256(bytes),
        width: null,
        height: null,
        durationMs: null,
        url: `/v1/media/${media.id}/content`,
        thumbnailUrl: null,
        createdAt: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      });
      expect(await ana.gets(`/media/${media.id}`)).toEqual(media);
      const { status, headers, bytes: back } = await fetched(ana, media.url);
      expect(status).toBe(200);
      expect(sha256(back)).toBe(sha256(bytes));
      expect(headers.get('content-disposition')).toMatch(/^attachment; .*filename\*=UTF-8''na%C3%AFve%20%E6%97%A5%E6%9C%AC\.bin$/);
      expect(headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
      expect(await objects(media.id)).toHaveLength(1);
    });

    it('is served in ranges, and with 304 to a client that has it', async () => {
      const bytes = noise(1_000);
      const { url } = await uploaded(ana, bytes);
      const part = await fetched(ana, url, { range: 'bytes=10-19' });
      expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 10-19/1000']);
      expect(part.bytes.equals(bytes.subarray(10, 20))).toBe(true);
      expect((await fetched(ana, url, { range: 'bytes=2000-' })).status).toBe(416);
      const etag = part.first.headers.get('etag')!;
      const again = await fetched(ana, url, { 'if-none-match': etag });
      expect([again.first.status, again.bytes.length, again.first.headers.get('etag')]).toEqual([304, 0, etag]);
      const head = await fetched(ana, url, {}, 'HEAD');
      expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000']);
    });

    it('is deleted by its owner, with its objects', async () => {
      const media = await uploaded(ana, await picture.png());
      expect(await objects(media.id)).toHaveLength(2);
      await ana.deletes(`/media/${media.id}`);
      expect(await objects(media.id)).toEqual([]);
      expect(await ana.statusOf('GET', `/media/${media.id}`)).toBe('404 media_not_found');
    });
  });

  describe('an image', () => {
    it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('(%s) has dimensions and a thumbnail', async (type) => {
      const media = await uploaded(ana, await picture[type](), `a.${type}`);
      expect(media).toMatchObject({ kind: 'image', contentType: `image/${type}`, width: 60, height: 40, durationMs: null });
      const { bytes, headers } = await fetched(ana, media.url);
      expect([bytes.length, sha256(bytes)]).toEqual([media.size, media.sha256]);
      expect(headers.get('content-type')).toBe(`image/${type}`);
      expect(headers.get('content-disposition')).toMatch(/^inline;/);
      expect((await sharp(bytes).metadata()).pages ?? 1).toBe(type === 'gif' ? 3 : 1);
      const small = await fetched(ana, media.thumbnailUrl);
      expect(small.headers.get('content-type')).toBe('image/webp');
      expect(await sharp(small.bytes).metadata()).toMatchObject({ format: 'webp', width: 60, height: 40 });
    });

    it('is rotated to its orientation and loses its metadata', async () => {
      const photo = await picture.photo();
      expect(photo.includes('CANARY')).toBe(true);
      const media = await uploaded(ana, photo, 'photo.jpg');
      expect(media).toMatchObject({ width: 40, height: 60 });
      const { bytes } = await fetched(ana, media.url);
      const { exif, icc, orientation, xmp } = await sharp(bytes).metadata();
      expect({ exif, icc, orientation, xmp }).toEqual({});
      expect(bytes.includes('CANARY')).toBe(false);
      expect(await objects(media.id)).toHaveLength(2);
    });

    it('that is large gets a small thumbnail', async () => {
      const media = await uploaded(ana, await picture.jpeg(1_200, 600));
      const { bytes } = await fetched(ana, media.thumbnailUrl);
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 320, height: 160 });
    });
  });

  it.each([
    ['a sound', wav(1_500), { kind: 'audio', contentType: 'audio/wav', durationMs: 1_500, width: null }],
    ['a film', webm(2_500, 'video'), { kind: 'video', contentType: 'video/webm', durationMs: 2_500, width: 320, height: 240 }],
    ['a voice', webm(3_500, 'audio'), { kind: 'audio', contentType: 'audio/webm', durationMs: 3_500, width: null }],
  ])('%s has a duration', async (_, bytes, expected) => {
    expect(await uploaded(ana, bytes)).toMatchObject({ ...expected, sha256: sha256(bytes) });
  });

  describe('a direct upload', () => {
    it('is sent and completed; completing it again returns the same file', async () => {
      const bytes = Buffer.from('as announced');
      const target = await direct(ana, bytes, 'text/plain', { sha256: sha256(bytes) });
      expect(target).toEqual({
        mediaId: expect.any(String),
        method: 'PUT',
        url: expect.any(String),
        headers: expect.objectContaining({ 'content-type': 'text/plain' }),
        expiresAt: expect.any(String),
      });
      expect(await ana.statusOf('GET', `/media/${target.mediaId}`)).toBe('404 media_not_found');
      expect((await completes(ana, target.mediaId)).body.code).toBe('upload_missing');
      expect(await put(ana, target, bytes)).toBeLessThan(300);
      expect((await completes(bob, target.mediaId)).body.code).toBe('upload_not_found');
      const answers = await Promise.all(Array.from({ length: 5 }, () => completes(ana, target.mediaId)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      const media = answers[0]!.body;
      expect(answers.every(({ body }) => body.id === target.mediaId && body.sha256 === sha256(bytes))).toBe(true);
      expect((await completes(ana, target.mediaId)).body).toEqual(media);
      expect((await fetched(ana, media.url)).bytes.equals(bytes)).toBe(true);
      expect(await objects(media.id)).toHaveLength(1);
    });

    it('of an image is re-encoded like any other', async () => {
      const photo = await picture.photo();
      const target = await direct(ana, photo, 'image/jpeg');
      await put(ana, target, photo);
      const { body: media } = await completes(ana, target.mediaId);
      expect(media).toMatchObject({ kind: 'image', width: 40, height: 60, thumbnailUrl: expect.any(String) });
      expect((await fetched(ana, media.url)).bytes.includes('CANARY')).toBe(false);
      expect(await objects(media.id)).toHaveLength(2);
    });

    it('cannot be changed by its URL after its completion', async () => {
      const [first, second] = [Buffer.from('first'), Buffer.from('other')];
      const target = await direct(ana, first, 'text/plain');
      await put(ana, target, first);
      const { body: media } = await completes(ana, target.mediaId);
      await put(ana, target, second);
      expect((await fetched(ana, media.url)).bytes.toString()).toBe('first');
    });

    it('of other bytes than announced is refused', async () => {
      const [promised, sent] = [Buffer.from('promised'), Buffer.from('whatever')];
      const target = await direct(ana, promised, 'text/plain', { sha256: sha256(promised) });
      await put(ana, target, sent);
      // A store that checks the bytes refuses them: then they are missing.
      expect(['upload_mismatch', 'upload_missing']).toContain((await completes(ana, target.mediaId)).body.code);
      await put(ana, target, promised);
      expect((await completes(ana, target.mediaId)).status).toBe(200);
    });

    it('of fewer or more bytes than announced is refused', async () => {
      for (const bytes of [Buffer.from('promise'), Buffer.from('promised!')]) {
        const target = await direct(ana, Buffer.from('promised'), 'text/plain');
        await put(ana, target, bytes);
        expect(['upload_mismatch', 'upload_missing']).toContain((await completes(ana, target.mediaId)).body.code);
      }
    });

    it('has the type of its bytes, not the announced one', async () => {
      const png = await picture.png();
      const target = await direct(ana, png, 'text/plain');
      await put(ana, target, png);
      expect((await completes(ana, target.mediaId)).body).toMatchObject({ kind: 'image', contentType: 'image/png' });
    });
  });

  it('leaves nothing of refused uploads', async () => {
    const before = await objects();
    const cut = (await picture.jpeg(600, 600)).subarray(0, 2_000);
    expect((await upload(ana, cut)).body).toMatchObject({ status: 422, code: 'image_unreadable' });
    expect((await upload(ana, Buffer.concat([Buffer.from('MZ'), noise(9_000_000)]))).body).toMatchObject({ status: 415 });
    expect((await upload(ana, noise(21 * 1024 * 1024))).body).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(await objects()).toEqual(before);
  });
}
