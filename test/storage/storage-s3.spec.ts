import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { S3Store } from '../../src/storage/s3-store.js';
import { StorageUnavailable } from '../../src/storage/storage.errors.js';
import { freePort } from '../support/free-port.js';
import { startRadosgw } from '../support/radosgw.js';
import { startS3rver, type S3Server } from '../support/s3.js';
import { testObjectStore, testSignedLinks } from './storage-conformance.js';

// The log of failures is expected here.
Logger.overrideLogger(false);

const txt = { contentType: 'text/plain' };

describe.each([
  ['s3rver', startS3rver, false],
  ['radosgw', startRadosgw, true],
])('a bucket of %s', (_, start, checksSignatures) => {
  let server: S3Server;
  let store: S3Store;

  beforeAll(async () => {
    server = await start();
    store = new S3Store(server.options);
  }, 300_000);
  afterAll(() => server?.stop());

  testObjectStore(() => store);
  testSignedLinks(() => store, checksSignatures);

  it('is unavailable if the bucket does not exist', async () => {
    const lost = new S3Store({ ...server.options, bucket: 'nowhere' });
    await expect(lost.get('x')).rejects.toBeInstanceOf(StorageUnavailable);
    await expect(lost.check()).rejects.toBeInstanceOf(StorageUnavailable);
    await expect(lost.put('x', Readable.from(['x']), txt)).rejects.toBeInstanceOf(StorageUnavailable);
  });

  if (!checksSignatures) return;

  it('removes the parts of a failed upload', async () => {
    const client = new S3Client(server.options as ConstructorParameters<typeof S3Client>[0] & object);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: server.options.bucket }));
    client.destroy();
    expect(Uploads).toEqual([]);
  });

  it('is unavailable with wrong credentials', async () => {
    const outsider = new S3Store({ ...server.options, credentials: { accessKeyId: 'test', secretAccessKey: 'wrong' } });
    await expect(outsider.head('x')).rejects.toBeInstanceOf(StorageUnavailable);
  });
});

describe('a bucket that does not answer', () => {
  const options = { bucket: 'b', region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, forcePathStyle: true };
  const attempts = (store: S3Store) => [
    store.put('x', Readable.from([Buffer.alloc(100_000)]), txt),
    store.put('x', Readable.from([Buffer.alloc(6_000_000)]), txt),
    store.get('x'),
    store.head('x'),
    store.delete(['x']),
    store.list('').next(),
    store.check(),
  ];
  const failures = async (store: S3Store) =>
    (await Promise.allSettled(attempts(store))).map((one) => one.status === 'rejected' && one.reason);

  it('because nothing listens is unavailable', async () => {
    const store = new S3Store({ ...options, endpoint: `http://127.0.0.1:${await freePort()}` });
    for (const failure of await failures(store)) expect(failure).toBeInstanceOf(StorageUnavailable);
  });

  it('because it hangs is unavailable within a bounded time', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const store = new S3Store({ ...options, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeoutMs: 300 });
    const began = performance.now();
    for (const failure of await failures(store)) expect(failure).toBeInstanceOf(StorageUnavailable);
    expect(performance.now() - began).toBeLessThan(5_000);
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
});
