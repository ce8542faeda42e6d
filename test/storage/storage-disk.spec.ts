import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DiskStore } from '../../src/storage/disk-store.js';
import { StorageUnavailable } from '../../src/storage/storage.errors.js';
import { testObjectStore } from './storage-conformance.js';

// The log of failures is expected here.
Logger.overrideLogger(false);

describe('the disk store', () => {
  const secret = randomBytes(32);
  let dir: string;
  let store: DiskStore;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'parley-disk-'));
    await chmod(dir, 0o700);
    store = new DiskStore({ dir: path.join(dir, 'media'), secret });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  testObjectStore(() => store);

  it('removes the draft of a failed put', async () => {
    expect(await readdir(path.join(dir, 'media', 'incoming'))).toEqual([]);
  });

  it('removes old drafts of ended processes, and keeps new ones', async () => {
    const incoming = path.join(dir, 'other', 'incoming');
    const other = new DiskStore({ dir: path.join(dir, 'other'), secret });
    await other.removeDrafts();
    await other.check();
    await writeFile(path.join(incoming, 'left'), 'x');
    await writeFile(path.join(incoming, 'new'), 'x');
    await other.removeDrafts();
    expect((await readdir(incoming)).sort()).toEqual(['left', 'new']);
    await utimes(path.join(incoming, 'left'), 0, 0);
    await other.removeDrafts();
    expect(await readdir(incoming)).toEqual(['new']);
  });

  it('has no signed links: the application streams', async () => {
    expect(await store.signedDownload()).toBeNull();
  });

  describe('an upload through our own API', () => {
    const grant = { mediaId: '0198c0de-0000-7000-8000-000000000001', contentType: 'image/png', size: 3, sha256: null };
    const tokenOf = async (seconds: number) => {
      const { method, url, headers } = await store.signedUpload('m/one', grant, seconds);
      expect([method, headers]).toEqual(['PUT', { 'content-type': 'image/png' }]);
      const [, mediaId, token] = /^\/v1\/media\/uploads\/([^/]+)\/content\?token=(.+)$/.exec(url)!;
      expect(mediaId).toBe(grant.mediaId);
      return token!;
    };

    it('is verified as it was granted', async () => {
      expect(store.verifyUpload(grant.mediaId, await tokenOf(60))).toEqual({ key: 'm/one', ...grant });
    });

    it.each([
      ['of another upload', (token: string) => ['0198c0de-0000-7000-8000-000000000002', token]],
      ['whose claims were changed', (token: string) => [grant.mediaId, token.replace(/^./, (c) => (c === 'a' ? 'b' : 'a'))]],
      ['without signature', (token: string) => [grant.mediaId, token.split('.')[0]!]],
      ['that is empty', () => [grant.mediaId, '']],
      ['that is huge', () => [grant.mediaId, `${'a'.repeat(1e6)}.a`]],
    ])('is refused for a token %s', async (_, change) => {
      const [mediaId, token] = change(await tokenOf(60)) as [string, string];
      expect(store.verifyUpload(mediaId, token)).toBeNull();
    });

    it('is refused after it expired, or if another server signed it', async () => {
      expect(store.verifyUpload(grant.mediaId, await tokenOf(0))).toBeNull();
      const outsider = new DiskStore({ dir, secret: randomBytes(32) });
      expect(outsider.verifyUpload(grant.mediaId, await tokenOf(60))).toBeNull();
    });
  });

  it('is unavailable if the folder cannot be used', async () => {
    const file = path.join(dir, 'a-file');
    await writeFile(file, '');
    const broken = new DiskStore({ dir: file, secret });
    const body = Readable.from([Buffer.from('x')]);
    await expect(broken.put('x', body, { contentType: 'text/plain' })).rejects.toBeInstanceOf(StorageUnavailable);
    expect(body.destroyed).toBe(true);
    await expect(broken.get('x')).rejects.toBeInstanceOf(StorageUnavailable);
    await expect(broken.head('x')).rejects.toBeInstanceOf(StorageUnavailable);
    await expect(broken.removeDrafts()).rejects.toBeInstanceOf(StorageUnavailable);
    await expect(broken.check()).rejects.toBeInstanceOf(StorageUnavailable);
  });
});
