import type { Readable } from 'node:stream';
import { create } from 'content-disposition';

export interface PutOptions {
  readonly contentType: string;
  /** A body that is larger ends the put with {@link ObjectTooLarge}. */
  readonly maxBytes?: number;
}

/** Both ends are included, as in a `Range` header; both lie inside the object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectContent {
  /** Destroy it when it is not read to its end. */
  readonly stream: Readable;
  /** Bytes of the whole object, whatever the range. */
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
  /** Names the upload in our own API, where the store is a folder. */
  readonly mediaId: string;
  readonly contentType: string;
  /** Bytes, exactly. */
  readonly size: number;
  /** 64 hexadecimal digits. */
  readonly sha256?: string | null;
}

export interface UploadTarget {
  readonly method: 'PUT';
  /** Absolute; or, where the store is a folder, a path of our own API. */
  readonly url: string;
  /** To be sent as they are. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface DownloadOptions {
  readonly seconds: number;
  readonly filename: string;
  readonly contentType: string;
  readonly disposition: 'inline' | 'attachment';
}

/** The upload that a signed path of our own API admits. */
export interface VerifiedUpload extends UploadGrant {
  readonly key: string;
  readonly sha256: string | null;
}

/**
 * Where the bytes of media are kept. A key is 1 to 5 words of `a-z 0-9 _ . -` joined by `/`, 200 characters at most, no word beginning
 * with a dot. Every method throws {@link StorageUnavailable} when the store does not answer, and within a bound.
 */
export abstract class ObjectStore {
  /**
   * Streams `body` into the object, with bounded memory; an object that stood there is replaced at once. When the body fails or is cut off
   * nothing is left, and the body's own error is thrown.
   * @throws ObjectTooLarge
   */
  abstract put(key: string, body: Readable, options: PutOptions): Promise<{ size: number }>;

  /** @throws ObjectMissing */
  abstract get(key: string, range?: ByteRange): Promise<ObjectContent>;

  /** Makes `to` the same object as `from` is now; what is put at `from` later does not change it. @throws ObjectMissing */
  abstract copy(from: string, to: string): Promise<void>;

  /** null: there is no such object. */
  abstract head(key: string): Promise<ObjectHead | null>;

  /** Keys that are not there are deleted already. */
  abstract delete(keys: readonly string[]): Promise<void>;

  /**
   * A place where a client may put just these bytes, until it expires. The store binds content type and size; a `sha256` is checked by some
   * stores only, so whoever takes the upload over checks it again.
   */
  abstract signedUpload(key: string, grant: UploadGrant, expiresSeconds: number): Promise<UploadTarget>;

  /** A link that anybody may follow until it expires, or null: the application streams. */
  abstract signedDownload(key: string, options: DownloadOptions): Promise<string | null>;

  /** What a path made by `signedUpload` admits; null: forged, expired, of another upload, or the store takes uploads itself. */
  abstract verifyUpload(mediaId: string, token: string): VerifiedUpload | null;

  /** Every object whose key begins with `prefix`, in no order; one that comes or goes meanwhile may be told or not. */
  abstract list(prefix: string): AsyncIterable<ListedObject>;

  /** Removes what puts of dead processes left behind, where nothing else does. Drafts that may still be written stay. */
  removeDrafts(): Promise<void> {
    return Promise.resolve();
  }

  /** Resolves when the store can be written to. @throws StorageUnavailable */
  abstract check(): Promise<void>;
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
