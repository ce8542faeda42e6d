import { createHmac } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { DiskStore } from './disk-store.js';
import { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';

/** Provides the {@link ObjectStore} of the settings. */
@Global()
@Module({
  providers: [{ provide: ObjectStore, inject: [Settings], useFactory: createStore }],
  exports: [ObjectStore],
})
export class StorageModule {}

function createStore({ storage, auth }: Settings): ObjectStore {
  if (storage.kind === 's3') return new S3Store(storage);
  return new DiskStore({ dir: storage.dir, secret: createHmac('sha256', auth.jwtSecret).update('parley:upload').digest() });
}
