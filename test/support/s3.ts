import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import S3rver from 's3rver';
import type { S3StoreOptions } from '../../src/storage/s3-store.js';

export interface S3Server {
  readonly options: S3StoreOptions;
  /** Whether a wrong signature is refused. */
  readonly checksSignatures: boolean;
  stop(): Promise<void>;
}

const BUCKET = 'parley-test';

/** S3 in this process, from npm: always at hand, but it believes every signature. */
export async function startS3rver(): Promise<S3Server> {
  const directory = await mkdtemp(path.join(tmpdir(), 'parley-s3-'));
  const configureBuckets = [{ name: BUCKET, configs: [] }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, resetOnClose: false, configureBuckets });
  const { port } = await server.run();
  return {
    options: {
      bucket: BUCKET,
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      forcePathStyle: true,
    },
    checksSignatures: false,
    stop: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
