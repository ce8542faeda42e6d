import { createHmac } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { DiskStore } from './disk-store.js';
import { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';

/** Gives the {@link ObjectStore} that the settings ask for. */
@Global()
@Module({
  providers: [{ provide: ObjectStore, inject: [Settings], useFactory: storeOf }],
  exports: [ObjectStore],
})
export class StorageModule {}

function storeOf({ storage, auth }: Settings): ObjectStore {
  if (storage.kind === 's3') return new S3Store(storage);
  return new DiskStore({ dir: storage.dir, secret: createHmac('sha256', auth.jwtSecret).update('parley:upload').digest() });
}
