import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ListedObject, ObjectStore } from '../../src/storage/object-store.js';
import { ObjectMissing, ObjectTooLarge } from '../../src/storage/storage.errors.js';

const KIB = 1024;
const MIB = KIB * KIB;
const png = { contentType: 'image/png' };

/** The tests of every object store. */
export function testObjectStore(store: () => ObjectStore): void {
  let folder: string;
  beforeEach(() => {
    folder = `t/${randomUUID()}`;
  });
  const key = (name = 'object') => `${folder}/${name}`;
  const listed = () => all(store().list(`${folder}/`));
  const put = (name: string, bytes: Buffer) => store().put(key(name), Readable.from(pieces(bytes)), png);
  const read = async (name: string) => buffer((await store().get(key(name))).stream);

  describe('an object', () => {
    it.each([0, 1, 100 * KIB, 5 * MIB, 12 * MIB + 1])('of %d bytes is read as it was written', async (size) => {
      const bytes = randomBytes(size);
      expect(await put('object', bytes)).toEqual({ size });
      expect((await read('object')).equals(bytes)).toBe(true);
      const head = await store().head(key());
      expect(head!.size).toBe(size);
      expect(Math.abs(head!.modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
    });

    it('returns a range, and its whole size', async () => {
      const bytes = randomBytes(1000);
      await put('object', bytes);
      const { stream, size } = await store().get(key(), { start: 10, end: 19 });
      expect(size).toBe(1000);
      expect((await buffer(stream)).equals(bytes.subarray(10, 20))).toBe(true);
    });

    it('is replaced by a later put', async () => {
      await put('object', randomBytes(1000));
      await put('object', Buffer.from('second'));
      expect((await read('object')).toString()).toBe('second');
    });

    it('is copied: a later put does not change the copy', async () => {
      await put('object', Buffer.from('first'));
      await store().copy(key(), key('copy'));
      await store().copy(key(), key('copy'));
      await put('object', Buffer.from('second'));
      expect((await read('copy')).toString()).toBe('first');
      await store().delete([key()]);
      expect((await read('copy')).toString()).toBe('first');
      await expect(store().copy(key(), key('other'))).rejects.toBeInstanceOf(ObjectMissing);
      expect((await listed()).map((object) => object.key)).toEqual([key('copy')]);
    });

    it('is one complete body after twenty concurrent puts', async () => {
      const bodies = Array.from({ length: 20 }, () => randomBytes(70 * KIB));
      await Promise.all(bodies.map((body) => put('object', body)));
      const stored = await read('object');
      expect(bodies.some((body) => body.equals(stored))).toBe(true);
    });

    it('that does not exist is missing', async () => {
      expect(await store().head(key())).toBeNull();
      await expect(store().get(key())).rejects.toBeInstanceOf(ObjectMissing);
    });
  });

  describe('a body that fails', () => {
    it.each([
      ['early', 10 * KIB],
      ['late', 7 * MIB],
    ])('%s stores nothing, and its error is thrown', async (_, size) => {
      const body = Readable.from(cutOff(randomBytes(size), new Error('the client went away')));
      await expect(store().put(key(), body, png)).rejects.toThrow('the client went away');
      expect(await store().head(key())).toBeNull();
      expect(await listed()).toEqual([]);
    });

    it('because it was destroyed stores nothing', async () => {
      const body = new Readable({ read: () => undefined });
      body.push(randomBytes(10 * KIB));
      const storing = store().put(key(), body, png);
      body.once('resume', () => body.destroy());
      setImmediate(() => body.destroy());
      await expect(storing).rejects.toThrow('Premature close');
      expect(await listed()).toEqual([]);
    });

    it('while it waits does not affect others', async () => {
      const slow = Array.from({ length: 20 }, () => new Readable({ read: () => undefined }));
      const puts = slow.map((body, i) => store().put(key(`slow${i}`), body, png));
      slow.forEach((body) => body.destroy(new Error('gone')));
      const ends = await Promise.allSettled(puts);
      expect(ends.map((end) => end.status === 'rejected' && (end.reason as Error).message)).toEqual(slow.map(() => 'gone'));
      expect(await put('after', Buffer.from('x'))).toEqual({ size: 1 });
    });

    it('keeps the previous object', async () => {
      await put('object', Buffer.from('first'));
      await expect(store().put(key(), Readable.from(cutOff(randomBytes(KIB), new Error('cut'))), png)).rejects.toThrow('cut');
      expect((await read('object')).toString()).toBe('first');
    });

    it.each([100 * KIB, 11 * MIB])('the maximum of %d bytes stores nothing and stops reading', async (maxBytes) => {
      const body = Readable.from(endless());
      await expect(store().put(key(), body, { ...png, maxBytes })).rejects.toBeInstanceOf(ObjectTooLarge);
      expect(body.destroyed).toBe(true);
      expect(await listed()).toEqual([]);
    });
  });

  it('deletes many, and ignores missing ones', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    for (const name of names) await put(name, Buffer.from(name));
    await store().delete([...names.slice(2), 'never-was'].map((name) => key(name)));
    expect((await listed()).map((object) => object.key).sort()).toEqual([key('n0'), key('n1')]);
    await store().delete([]);
  });

  it('lists the keys with a prefix', async () => {
    await put('a/one', Buffer.alloc(1));
    await put('a/two', Buffer.alloc(2));
    await put('b', Buffer.alloc(3));
    const found = await all(store().list(`${folder}/a/`));
    expect(found.map(({ key: name, size }) => [name, size]).sort()).toEqual([
      [key('a/one'), 1],
      [key('a/two'), 2],
    ]);
    expect(found[0]!.modifiedAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it.each([
    '',
    '/',
    '../up',
    'a/../b',
    'a//b',
    '/etc/passwd',
    'a/.hidden',
    'a\\b',
    'a%2fb',
    'A',
    'a\0b',
    'a/b/c/d/e/f',
    `${'a'.repeat(201)}`,
  ])('refuses the key %j', async (bad) => {
    await expect(store().put(bad, Readable.from([]), png)).rejects.toThrow('not an object key');
    await expect(store().get(bad)).rejects.toThrow('not an object key');
    await expect(store().delete([bad])).rejects.toThrow('not an object key');
  });

  it('can be checked', () => expect(store().check()).resolves.toBeUndefined());
}

/** The tests of every S3 service; those of refused requests need one that checks signatures. */
export function testSignedLinks(store: () => ObjectStore, checksSignatures: boolean): void {
  const bytes = Buffer.from('what was granted');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const grant = { mediaId: randomUUID(), contentType: 'text/plain', size: bytes.length, sha256 };
  const key = () => `t/${randomUUID()}`;
  const upload = async (name: string, body: Buffer, headers: Record<string, string> = {}) => {
    const target = await store().signedUpload(name, grant, 60);
    return fetch(target.url, { method: target.method, body: new Uint8Array(body), headers: { ...target.headers, ...headers } });
  };

  it('accepts the granted bytes at a signed link', async () => {
    const name = key();
    expect((await upload(name, bytes)).status).toBe(200);
    expect((await buffer((await store().get(name)).stream)).equals(bytes)).toBe(true);
    expect(store().verifyUpload(grant.mediaId, 'any')).toBeNull();
  });

  it('serves a signed link with the requested name and type', async () => {
    const name = key();
    await store().put(name, Readable.from([bytes]), { contentType: 'application/octet-stream' });
    const link = await store().signedDownload(name, {
      seconds: 60,
      filename: 'naïve "x".txt',
      contentType: 'text/plain',
      disposition: 'attachment',
    });
    const answer = await fetch(link!);
    expect(await answer.text()).toBe(bytes.toString());
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="na_ve _x_.txt"; filename*=UTF-8''na%C3%AFve%20%22x%22.txt`,
    );
  });

  if (!checksSignatures) return;

  it.each([
    ['more bytes', Buffer.concat([bytes, bytes]), {}],
    ['fewer bytes', bytes.subarray(1), {}],
    ['another type', bytes, { 'content-type': 'text/html' }],
    ['another checksum', bytes, { 'x-amz-checksum-sha256': Buffer.alloc(32).toString('base64') }],
  ])('refuses %s at that link', async (_, body, headers) => {
    const name = key();
    expect((await upload(name, body, headers)).status).toBe(403);
    expect(await store().head(name)).toBeNull();
  });

  it('refuses a link for another object, and one that has expired', async () => {
    const [mine, other] = [key(), key()];
    for (const name of [mine, other]) await store().put(name, Readable.from([bytes]), png);
    const options = { filename: 'x', contentType: 'text/plain', disposition: 'inline' as const };
    const link = (await store().signedDownload(mine, { ...options, seconds: 60 }))!;
    expect((await fetch(link.replace(mine, other))).status).toBe(403);
    const brief = (await store().signedDownload(mine, { ...options, seconds: 1 }))!;
    expect(await statusAfter(brief, 1_500)).toBe(403);
  });
}

async function statusAfter(link: string, ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (await fetch(link)).status;
}

const all = async (objects: AsyncIterable<ListedObject>): Promise<ListedObject[]> => {
  const found: ListedObject[] = [];
  for await (const object of objects) found.push(object);
  return found;
};

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 64 * KIB) yield bytes.subarray(at, at + 64 * KIB);
}

function* cutOff(bytes: Buffer, error: Error): Generator<Buffer> {
  yield* pieces(bytes);
  throw error;
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * KIB);
}
