import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'content-disposition';
import type pg from 'pg';
import { ObjectStore } from '../../src/storage/object-store.js';
import { bomb, noise, picture } from '../support/files.js';
import { until } from '../support/until.js';
import { call, World, type Person } from '../support/world.js';
import { BOUNDARY, END, filePart, part, RawUpload } from './raw-form.js';
import { completes, direct, draftsOf, fetched, put, upload, uploaded } from './uploading.js';

const MIB = 1024 * 1024;
let world: World;
let database: pg.Client;
let ana: Person;

beforeAll(async () => {
  world = await World.start({ MEDIA_MAX_BYTES: String(20 * MIB), MEDIA_QUOTA_BYTES: String(200 * MIB) });
  database = await world.database();
  ana = await world.person('ana');
});
afterAll(() => world.stop());

const objects = async (of = world): Promise<number> => {
  let count = 0;
  for await (const _ of of.app.app.get(ObjectStore).list('')) count++;
  return count;
};
const rows = async (): Promise<number> => (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM media')).rows[0]!.n;
/** Expects no additional row in the database and no additional object in the store. */
async function leavesNothing(work: () => Promise<void>): Promise<void> {
  const before = [await rows(), await objects()];
  await work();
  await until('nothing left behind', async () => (await rows()) === before[0] && (await objects()) === before[1]);
}
const png = (): Promise<Buffer> => picture.png();

describe('an upload form', () => {
  it.each<[string, () => Promise<Buffer>, string]>([
    ['without a file', async () => END, '400 validation_failed'],
    ['with the file in another field', async () => Buffer.concat([filePart('a.png', await png(), 'image'), END]), '400 validation_failed'],
    [
      'with a field beside it',
      async () => Buffer.concat([part('content-disposition: form-data; name="a"', 'b'), filePart('a.png', await png()), END]),
      '400 validation_failed',
    ],
    [
      'with two files',
      async () => Buffer.concat([filePart('a.png', await png()), filePart('b.png', await png()), END]),
      '400 validation_failed',
    ],
    [
      'with 10,000 fields',
      async () =>
        Buffer.concat([...Array.from({ length: 10_000 }, (_, i) => part(`content-disposition: form-data; name="f${i}"`, 'x')), END]),
      '400 malformed_request|400 validation_failed',
    ],
    [
      'with an endlessly nested name',
      async () => Buffer.concat([part(`content-disposition: form-data; name="${'a[b]'.repeat(5_000)}"`, 'x'), END]),
      '400 malformed_request|400 validation_failed',
    ],
    [
      'with a prototype as a name',
      async () => Buffer.concat([part('content-disposition: form-data; name="__proto__[x]"', 'x'), END]),
      '400 malformed_request|400 validation_failed',
    ],
    ['without its end', async () => filePart('a.png', await png()), '400 malformed_request'],
    [
      'with endless headers',
      async () => Buffer.concat([part(`x: ${'y'.repeat(100_000)}`, 'x'), END]),
      '400 malformed_request|400 validation_failed',
    ],
    ['of garbage', async () => Buffer.alloc(100_000, 'x'), '400 malformed_request'],
  ])('%s is refused and leaves nothing', async (_, body, expected) => {
    await leavesNothing(async () => {
      const sent = await RawUpload.send(ana, await body());
      expect(expected.split('|')).toContain(await sent.answer());
    });
  });

  it.each([[null], ['another']])('whose boundary is %s is refused', async (boundary) => {
    await leavesNothing(async () => {
      const sent = await RawUpload.send(ana, Buffer.concat([filePart('a.png', await png()), END]), boundary);
      expect(await sent.answer()).toBe('400 malformed_request');
    });
  });

  it('of another content type is refused', async () => {
    expect(await ana.statusOf('POST', '/media', { file: 'x' })).toBe('415 unsupported_media_type');
    expect(await ana.statusOf('POST', '/media')).toBe('415 unsupported_media_type');
    const answer = await fetch(`${world.url}/v1/media`, { method: 'POST', body: new FormData() });
    expect(answer.status).toBe(401);
  });

  it('that is interrupted leaves nothing', async () => {
    await leavesNothing(async () => {
      for (const bytes of [noise(100), noise(8 * MIB)]) {
        const sent = await RawUpload.begin(ana, { length: 30 * MIB - 100 });
        sent.socket.destroy();
        const cut = await RawUpload.begin(ana);
        cut.chunk(Buffer.concat([filePart('a.bin', bytes)]));
        await until('the bytes are under way', () => cut.socket.writableLength === 0);
        cut.socket.destroy();
      }
    });
    expect((await upload(ana, await png())).status).toBe(201);
  });

  it('that is interrupted right after its file leaves nothing', async () => {
    // The first upload creates the folder.
    await uploaded(ana, noise(10));
    const drafts = draftsOf(world);
    await leavesNothing(async () => {
      for (let round = 0; round < 5; round++) {
        const cut = await RawUpload.begin(ana);
        cut.chunk(filePart('a.bin', noise(100_000)).subarray(0, -'\r\n'.length));
        await until('the file is being written', () => readdirSync(drafts).length > 0);
        cut.chunk(Buffer.from(`\r\n--${BOUNDARY}`));
        await until('its end is under way', () => cut.socket.writableLength === 0);
        cut.socket.destroy();
        await until('it is written, or given up', () => readdirSync(drafts).length === 0);
      }
    });
  });

  it('with a refused file is answered while it is still being sent, and disconnected if it does not end', async () => {
    await leavesNothing(async () => {
      const sent = await RawUpload.begin(ana);
      sent.chunk(filePart('a.exe', Buffer.concat([Buffer.from('MZ'), noise(10_000)])));
      const endless = setInterval(() => sent.chunk(Buffer.alloc(1_000)), 20);
      await until('the answer', () => /^HTTP\/1\.1 415 [^]*media_type_refused/.exec(sent.received));
      await until('the end of the connection', () => sent.closed, 15_000);
      clearInterval(endless);
    });
  });

  it('with too large a Content-Length is refused before its file', async () => {
    const sent = await RawUpload.begin(ana, { length: 21 * MIB });
    expect(await sent.answer()).toBe('413 file_too_large');
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['..\\\\..\\\\boot.ini', 'boot.ini'],
    ['..', null],
    ['a%0D%0Aset-cookie: x=1.png', 'aset-cookie: x=1.png'],
    ['a%22; filename=%22b.html', 'a"; filename="b.html'],
    ['日本 émoji 😀.png', '日本 émoji 😀.png'],
    ['a\u202Egnp.exe', 'agnp.exe'],
    ['nul\u0000.png', null],
    [`${'x'.repeat(300)}.png`, `${'x'.repeat(251)}.png`],
    ['<img src=x onerror=alert(1)>.png', '<img src=x onerror=alert(1)>.png'],
  ])('stores a safe filename for %j', async (sent, kept) => {
    const body = Buffer.concat([filePart(sent, 'a text'), END]);
    const response = await fetch(`${world.url}/v1/media`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ana.accessToken}`, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
      body,
    });
    const media = (await response.json()) as any;
    expect([response.status, media.filename]).toEqual(kept === null ? [400, undefined] : [201, kept]);
    if (kept === null) return;
    const { status, headers } = await fetched(ana, media.url);
    expect(status).toBe(200);
    const disposition = headers.get('content-disposition')!;
    expect(disposition).toMatch(/^attachment; filename=("[^"\\]*"|[\w.!~-]+)(; filename\*=UTF-8''[\w.%!~-]+)?$/);
    expect(parse(disposition)).toMatchObject({ type: 'attachment', parameters: { filename: kept } });
  });
});

describe('content that a browser could run', () => {
  it.each([
    ['a page', '<!doctype html><script>alert(1)</script>', 'text/plain'],
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'text/plain'],
    ['a drawing with a head', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'text/plain'],
    ['a script', 'import("/v1/users/me")', 'text/plain'],
    ['a document', '%PDF-1.7\n%âãÏÓ\n/JS (app.alert(1))', 'application/pdf'],
    ['a page that begins with control characters', `\u0001\u0002<html><script>alert(1)</script>`, 'application/octet-stream'],
    ['a page in UTF-16', Buffer.from('\ufeff<html><script>alert(1)</script>', 'utf16le'), 'application/octet-stream'],
  ])('(%s) is served as an attachment, whatever its name is', async (_, content, type) => {
    const media = await uploaded(ana, Buffer.from(content), 'holiday.png');
    expect(media).toMatchObject({ kind: 'file', contentType: type, thumbnailUrl: null });
    const { headers } = await fetched(ana, media.url);
    expect(headers.get('content-type')).toBe(type === 'text/plain' ? 'text/plain; charset=utf-8' : type);
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(await ana.statusOf('GET', `/media/${media.id}/content?variant=thumbnail`)).toBe('404 thumbnail_missing');
  });

  it('is removed from the end of an image', async () => {
    for (const bytes of [await picture.png(), await picture.jpeg(), await picture.gif()]) {
      const media = await uploaded(ana, Buffer.concat([bytes, Buffer.from('<script>CANARY</script>')]), 'polyglot.html');
      expect(media.kind).toBe('image');
      expect((await fetched(ana, media.url)).bytes.includes('CANARY')).toBe(false);
    }
  });
});

describe('an image', () => {
  it.each([
    ['of 900 million pixels', () => bomb(30_000), '422 too_many_pixels'],
    ['of 900 million pixels without data', () => bomb(30_000).subarray(0, 60), '422 too_many_pixels|422 image_unreadable'],
    ['that is truncated', async () => (await picture.jpeg(800, 800)).subarray(0, 3_000), '422 image_unreadable'],
    [
      'with only the first bytes of one',
      () => Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), noise(5_000)]),
      '422 image_unreadable|415 media_type_refused|201',
    ],
  ])('%s is refused', async (_, make, expected) => {
    await leavesNothing(async () => {
      const { status, body } = await upload(ana, await make(), 'a.png');
      expect(expected.split('|')).toContain(status === 201 ? '201' : `${status} ${body.code}`);
      if (status === 201) await ana.deletes(`/media/${body.id}`);
    });
  });

  it('that is refused does not affect other uploads', async () => {
    const bad = (await picture.jpeg(800, 800)).subarray(0, 3_000);
    const answers = await Promise.all([bad, await png(), bad, await picture.gif(), bad, await png()].map((bytes) => upload(ana, bytes)));
    expect(answers.map(({ status }) => status)).toEqual([422, 201, 422, 201, 422, 201]);
  });
});

describe('a decoder process', () => {
  /** Returns the pids of this process's decoders. */
  const decoders = (): number[] => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
    return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('decoder-program'));
  };

  it('that crashes fails its own file only', async () => {
    expect((await upload(ana, await png())).status).toBe(201);
    const large = await picture.jpeg(6_000, 6_000);
    await leavesNothing(async () => {
      let answered = false;
      const sent = upload(ana, large).finally(() => (answered = true));
      await until('its end', () => {
        decoders().forEach((pid) => process.kill(pid, 'SIGKILL'));
        return answered;
      });
      expect((await sent).body).toMatchObject({ status: 422, code: 'image_unreadable' });
    });
    const answers = await Promise.all([1, 2, 3].map(async () => upload(ana, await png())));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  });
});

describe('upload limits', () => {
  it('refuse types that are not allowed, by the bytes', async () => {
    expect((await upload(ana, Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(100)]), 'a.png')).body.code).toBe(
      'media_type_refused',
    );
    const strict = await World.start({ MEDIA_TYPES: 'image/png' });
    const bob = await strict.person('bob');
    expect((await upload(bob, await png(), 'a.txt')).status).toBe(201);
    expect((await upload(bob, await picture.jpeg(), 'a.png')).body).toMatchObject({ status: 415, code: 'media_type_refused' });
    expect((await upload(bob, noise(10), 'a.png')).status).toBe(415);
    expect(await bob.statusOf('POST', '/media/uploads', { filename: 'a', contentType: 'image/jpeg', size: 1 })).toBe(
      '415 media_type_refused',
    );
    await strict.stop();
  });

  it('keep the files of a user within the quota, also at once', async () => {
    const small = await World.start({ MEDIA_QUOTA_BYTES: '3500' });
    const { bob, eva } = await small.people('bob', 'eva');
    const answers = await Promise.all(Array.from({ length: 8 }, () => upload(bob, noise(1_000))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 422, 422, 422, 422, 422]);
    expect(answers.find(({ status }) => status === 422)!.body.code).toBe('quota_exceeded');
    expect(await objects(small)).toBe(3);
    expect((await upload(eva, noise(1_000))).status).toBe(201);
    const begun = await Promise.all(
      Array.from({ length: 5 }, () => bob.statusOf('POST', '/media/uploads', { filename: 'a', contentType: 'text/plain', size: 200 })),
    );
    expect(begun.sort()).toEqual(['201', '201', '422 quota_exceeded', '422 quota_exceeded', '422 quota_exceeded']);
    await bob.deletes(`/media/${answers.find(({ status }) => status === 201)!.body.id}`);
    expect((await upload(bob, noise(900))).status).toBe(201);
    await small.stop();
  });

  it('apply to the size of re-encoded images, also at once', async () => {
    const bytes = await picture.coarse();
    const { size } = await uploaded(ana, bytes);
    expect(size).toBeGreaterThan(bytes.length);
    const small = await World.start({ MEDIA_QUOTA_BYTES: String(size + bytes.length) });
    const bob = await small.person('bob');
    const targets = [await direct(bob, bytes, 'image/jpeg'), await direct(bob, bytes, 'image/jpeg')];
    for (const target of targets) await put(bob, target, bytes);
    const answers = await Promise.all(targets.map(({ mediaId }) => completes(bob, mediaId)));
    expect(answers.map(({ status, body }) => body.code ?? status).sort()).toEqual([200, 'quota_exceeded']);
    // One image with its thumbnail, and the upload of the other: it can be completed when there is space.
    expect(await objects(small)).toBe(3);
    const refused = targets[answers.findIndex(({ status }) => status === 422)]!.mediaId;
    await bob.deletes(`/media/${targets.find(({ mediaId }) => mediaId !== refused)!.mediaId}`);
    expect((await completes(bob, refused)).status).toBe(200);
    await small.stop();
  });

  it('refuse an upload beyond the maximum at once, with Retry-After', async () => {
    const narrow = await World.start({ MEDIA_UPLOADS_AT_ONCE: '1' });
    const bob = await narrow.person('bob');
    const slow = [await RawUpload.begin(bob, { length: 1_000 }), await RawUpload.begin(bob, { length: 1_000 })];
    await until('one of them has the slot', () => slow.some(({ received }) => received.startsWith('HTTP/1.1 503')));
    const busy = await upload(bob, noise(10));
    expect(busy.body).toMatchObject({ status: 503, code: 'overloaded', retryAfter: 2 });
    expect(busy.headers.get('retry-after')).toBe('2');
    slow.forEach(({ socket }) => socket.destroy());
    await until('a free slot', async () => (await upload(bob, noise(10))).status === 201);
    await narrow.stop();
  });
});

describe('a direct upload', () => {
  const text = Buffer.from('a promise');

  it.each([
    ['too large', { size: 21 * MIB }, '413 file_too_large'],
    ['of a negative size', { size: -1 }, '400 validation_failed'],
    ['of half a byte', { size: 1.5 }, '400 validation_failed'],
    ['of a type that is not allowed', { contentType: 'application/x-msdownload' }, '415 media_type_refused'],
    ['of a type that is a kind of text', { contentType: 'text/markdown; charset=utf-8' }, '201'],
    ['of a type that is a kind of archive', { contentType: 'application/vnd.oasis.opendocument.text' }, '201'],
    ['of a malformed type', { contentType: 'text' }, '400 validation_failed'],
    ['of a type with a line break', { contentType: 'text/plain\r\nx: y' }, '400 validation_failed'],
    ['with a malformed checksum', { sha256: 'abc' }, '400 validation_failed'],
    ['without a name', { filename: '' }, '400 validation_failed'],
    ['under a name that cannot be stored', { filename: 'a\u0000b' }, '422 unstorable_text'],
    ['with an object key', { objectKey: '../x' }, '400 validation_failed'],
  ])('%s is answered before its bytes are sent', async (_, more, expected) => {
    expect(await ana.statusOf('POST', '/media/uploads', { filename: 'a', contentType: 'text/plain', size: 10, ...more })).toBe(expected);
  });

  it('accepts its bytes only at its own URL, and only as announced', async () => {
    const target = await direct(ana, text, 'text/plain');
    const other = await direct(ana, text, 'text/plain');
    const token = new URL(target.url, world.url).searchParams.get('token')!;
    const at = (mediaId: string, word: string) => ({ ...target, url: `/v1/media/uploads/${mediaId}/content?token=${word}` });
    expect(await put(ana, at(other.mediaId, token), text)).toBe(404);
    expect(await put(ana, at(target.mediaId, `${token}x`), text)).toBe(404);
    expect(await put(ana, at(target.mediaId, ''), text)).toBe(404);
    expect(await put(ana, at(target.mediaId, 'e30.e30'), text)).toBe(404);
    expect(await put(ana, { ...target, headers: { 'content-type': 'text/html' } }, text)).toBe(422);
    expect(await put(ana, target, text.subarray(1))).toBe(422);
    expect(await put(ana, target, Buffer.concat([text, text]))).toBe(413);
    expect((await completes(ana, target.mediaId)).body.code).toBe('upload_missing');
    expect(await put(ana, target, text)).toBe(204);
    expect((await completes(ana, target.mediaId)).status).toBe(200);
    expect(await put(ana, target, text)).toBe(404);
  });

  it('expires', async () => {
    const target = await direct(ana, text, 'text/plain');
    await put(ana, target, text);
    await database.query(`UPDATE media SET expires_at = now() WHERE id = $1`, [target.mediaId]);
    expect((await completes(ana, target.mediaId)).body.code).toBe('upload_expired');
  });

  it('of another user is answered like an unknown id', async () => {
    const eva = await world.person('eva');
    const target = await direct(ana, text, 'text/plain');
    const unknown = await completes(eva, '0199f3a1-5d0e-7c3a-9b1f-2f6d1f0c8a11');
    const foreign = await completes(eva, target.mediaId);
    expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    expect((await call(world.url, 'POST', '/media/uploads/nothing/complete', { token: eva.accessToken })).status).toBe(400);
  });
});
