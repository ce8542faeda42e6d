import type { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { create } from 'content-disposition';
import { DomainError } from '../common/domain-error.js';
import { StorageUnavailable } from './storage.errors.js';

export interface PutOptions {
  readonly contentType: string;
  /** A larger body fails with {@link ObjectTooLarge}. */
  readonly maxBytes?: number;
}

/** Both ends are inclusive, as in a `Range` header, and lie inside the object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectContent {
  /** Destroy it if you do not read it to its end. */
  readonly stream: Readable;
  /** Bytes of the whole object, also for a range. */
  readonly size: number;
}

export interface ObjectHead {
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface ListedObject extends ObjectHead {
  readonly key: string;
}

export interface UploadGrant {
  /** Identifies the upload in the path of our own API, for the disk store. */
  readonly mediaId: string;
  readonly contentType: string;
  /** The exact number of bytes. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256?: string | null;
}

export interface UploadTarget {
  readonly method: 'PUT';
  /** Absolute; for the disk store, a path of our own API. */
  readonly url: string;
  /** The client must send them unchanged. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface DownloadOptions {
  readonly seconds: number;
  readonly filename: string;
  readonly contentType: string;
  readonly disposition: 'inline' | 'attachment';
}

/** The upload that a signed path of our own API allows. */
export interface VerifiedUpload extends UploadGrant {
  readonly key: string;
  readonly sha256: string | null;
}

/**
 * Stores the bytes of media. A key is 1 to 5 words of `a-z 0-9 _ . -` joined by `/`, at most 200 characters; no word begins with a dot.
 * Every method throws {@link StorageUnavailable} within a bounded time if the store does not answer.
 */
export abstract class ObjectStore {
  private readonly log = new Logger(this.constructor.name);

  /**
   * Streams `body` into the object, with bounded memory, and replaces an object of that key atomically. If the body fails, stores nothing
   * and throws the error of the body.
   * @throws ObjectTooLarge
   */
  abstract put(key: string, body: Readable, options: PutOptions): Promise<{ size: number }>;

  /** @throws ObjectMissing */
  abstract get(key: string, range?: ByteRange): Promise<ObjectContent>;

  /** Copies the object `from` as it is now to `to`; a later put at `from` does not change the copy. @throws ObjectMissing */
  abstract copy(from: string, to: string): Promise<void>;

  /** Returns null if there is no such object. */
  abstract head(key: string): Promise<ObjectHead | null>;

  /** Deletes objects; ignores keys without one. */
  abstract delete(keys: readonly string[]): Promise<void>;

  /**
   * Returns a signed target to which a client may upload the granted object until it expires. The store enforces content type and size; only
   * some stores check `sha256`, so the caller must check it afterwards.
   */
  abstract signedUpload(key: string, grant: UploadGrant, expiresSeconds: number): Promise<UploadTarget>;

  /** Returns a link that works without a token until it expires, or null if the application must stream the object. */
  abstract signedDownload(key: string, options: DownloadOptions): Promise<string | null>;

  /** Verifies a path made by `signedUpload`. Returns null if it is forged, expired or of another upload, or if clients upload to the store. */
  abstract verifyUpload(mediaId: string, token: string): VerifiedUpload | null;

  /** Lists the objects whose key begins with `prefix`, in no order. Objects created or deleted meanwhile may be missing or listed. */
  abstract list(prefix: string): AsyncIterable<ListedObject>;

  /** Removes drafts that puts of ended processes left. Keeps drafts that may still be in use. */
  removeDrafts(): Promise<void> {
    return Promise.resolve();
  }

  /** Checks that the store is writable. @throws StorageUnavailable */
  abstract check(): Promise<void>;

  /** Returns a domain error unchanged; logs any other, and returns what it means for a client. */
  protected toDomainError(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    this.log.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return new StorageUnavailable();
  }
}

const WORD = '[a-z0-9_][a-z0-9_.-]*';
const KEY = new RegExp(`^${WORD}(/${WORD}){0,4}$`);
const PREFIX = /^[a-z0-9_./-]*$/;
const MAX_KEY = 200;

/** Keys are built by the application, never by a client: an invalid one is a defect. */
export function assertKey(key: string): void {
  if (key.length > MAX_KEY || !KEY.test(key)) throw new Error('not an object key');
}

export function assertPrefix(prefix: string): void {
  if (prefix.length > MAX_KEY || !PREFIX.test(prefix)) throw new Error('not a prefix of object keys');
}

/** The `Content-Disposition` of a download. The ASCII fallback for old clients needs no escapes, which some of them misread. */
export const contentDisposition = (type: 'inline' | 'attachment', filename: string): string =>
  create(filename, { type, fallback: filename.replace(/[^\x20-\x7e]|["\\%/]/g, '_') });
