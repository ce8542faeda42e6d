import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, link, mkdir, open, opendir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { MeteredBody } from './metered-body.js';
import {
  assertKey,
  assertPrefix,
  type ByteRange,
  type ListedObject,
  type ObjectContent,
  type ObjectHead,
  ObjectStore,
  type PutOptions,
  type UploadGrant,
  type UploadTarget,
  type VerifiedUpload,
} from './object-store.js';
import { ObjectMissing } from './storage.errors.js';
import { UploadTokens } from './upload-token.js';

/** Longer than any upload can take: an older draft belongs to a process that has ended. */
const STALE_MS = 24 * 3_600_000;

export interface DiskStoreOptions {
  readonly dir: string;
  /** Signs upload paths; the same in every process that shares the folder. */
  readonly secret: Buffer;
}

/**
 * Stores objects as files. A file is written as a draft, synced and renamed, so that it is complete or absent, even after a power failure.
 * A hash of the key selects one of 256 folders; the file name is the key with `%` instead of `/`.
 */
export class DiskStore extends ObjectStore {
  private readonly objects: string;
  private readonly incoming: string;
  private readonly tokens: UploadTokens;
  private hasFolders = false;

  constructor({ dir, secret }: DiskStoreOptions) {
    super();
    this.objects = path.join(dir, 'objects');
    this.incoming = path.join(dir, 'incoming');
    this.tokens = new UploadTokens(secret);
  }

  async put(key: string, body: Readable, { maxBytes }: PutOptions): Promise<{ size: number }> {
    const file = this.fileOf(key);
    const meter = new MeteredBody(body, maxBytes);
    try {
      await this.replaceFile(file, (draft) => writeFile(draft, meter.chunks(), { flag: 'wx', flush: true }));
    } catch (error) {
      body.destroy();
      throw meter.failure ?? this.toDomainError(error);
    }
    return { size: meter.size };
  }

  async get(key: string, range?: ByteRange): Promise<ObjectContent> {
    const file = this.fileOf(key);
    let handle: FileHandle | undefined;
    try {
      handle = await open(file);
      const { size } = await handle.stat();
      return { stream: handle.createReadStream(range), size };
    } catch (error) {
      await handle?.close();
      throw isMissing(error) ? new ObjectMissing() : this.toDomainError(error);
    }
  }

  async copy(from: string, to: string): Promise<void> {
    const [source, file] = [this.fileOf(from), this.fileOf(to)];
    try {
      // A hard link shares the bytes: a put replaces a file and never writes into one.
      await this.replaceFile(file, (draft) => link(source, draft));
    } catch (error) {
      throw isMissing(error) ? new ObjectMissing() : this.toDomainError(error);
    }
  }

  async head(key: string): Promise<ObjectHead | null> {
    return this.headOf(this.fileOf(key));
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const file of keys.map((key) => this.fileOf(key))) {
      await rm(file, { force: true }).catch((error: unknown) => {
        throw this.toDomainError(error);
      });
    }
  }

  signedUpload(key: string, grant: UploadGrant, expiresSeconds: number): Promise<UploadTarget> {
    assertKey(key);
    const token = this.tokens.signToken(key, grant, expiresSeconds);
    const url = `/v1/media/uploads/${encodeURIComponent(grant.mediaId)}/content?token=${token}`;
    return Promise.resolve({ method: 'PUT', url, headers: { 'content-type': grant.contentType } });
  }

  signedDownload(): Promise<null> {
    return Promise.resolve(null);
  }

  verifyUpload(mediaId: string, token: string): VerifiedUpload | null {
    return this.tokens.verifyToken(mediaId, token);
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    assertPrefix(prefix);
    for await (const shard of entries(this.objects)) {
      for await (const name of entries(path.join(this.objects, shard))) {
        const key = name.replaceAll('%', '/');
        const head = key.startsWith(prefix) ? await this.headOf(path.join(this.objects, shard, name)) : null;
        if (head) yield { key, ...head };
      }
    }
  }

  override async removeDrafts(): Promise<void> {
    try {
      for await (const name of entries(this.incoming)) {
        const draft = path.join(this.incoming, name);
        const head = await this.headOf(draft);
        if (head && head.modifiedAt.getTime() < Date.now() - STALE_MS) await rm(draft, { force: true });
      }
    } catch (error) {
      throw this.toDomainError(error);
    }
  }

  async check(): Promise<void> {
    try {
      await this.createFolders();
      await access(this.incoming, constants.W_OK);
    } catch (error) {
      throw this.toDomainError(error);
    }
  }

  private fileOf(key: string): string {
    assertKey(key);
    return path.join(this.objects, createHash('sha256').update(key).digest('hex').slice(0, 2), key.replaceAll('/', '%'));
  }

  private async headOf(file: string): Promise<ObjectHead | null> {
    try {
      const { size, mtime } = await stat(file);
      return { size, modifiedAt: mtime };
    } catch (error) {
      if (isMissing(error)) return null;
      throw this.toDomainError(error);
    }
  }

  private async replaceFile(file: string, writeDraft: (draft: string) => Promise<void>): Promise<void> {
    await this.createFolders();
    const draft = path.join(this.incoming, randomUUID());
    try {
      await writeDraft(draft);
      await moveDurably(draft, file);
    } finally {
      await rm(draft, { force: true });
    }
  }

  private async createFolders(): Promise<void> {
    if (this.hasFolders) return;
    await mkdir(this.objects, { recursive: true });
    await mkdir(this.incoming, { recursive: true });
    this.hasFolders = true;
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

async function* entries(folder: string): AsyncGenerator<string> {
  try {
    for await (const entry of await opendir(folder)) yield entry.name;
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function moveDurably(from: string, to: string): Promise<void> {
  const folder = path.dirname(to);
  if (await mkdir(folder, { recursive: true })) await syncFolder(path.dirname(folder));
  await rename(from, to);
  await syncFolder(folder);
}

/** A new name is durable only once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
