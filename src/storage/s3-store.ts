import type { Readable } from 'node:stream';
import {
  type _Object as ObjectOfS3,
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Logger } from '@nestjs/common';
import { chunks } from '../common/chunks.js';
import { DomainError } from '../common/domain-error.js';
import {
  assertKey,
  assertPrefix,
  type ByteRange,
  contentDisposition,
  type DownloadOptions,
  type ListedObject,
  type ObjectContent,
  type ObjectHead,
  ObjectStore,
  type PutOptions,
  type UploadGrant,
  type UploadTarget,
} from './object-store.js';
import { MeteredBody } from './metered-body.js';
import { PartBuffers } from './part-buffers.js';
import { ObjectMissing, StorageUnavailable } from './storage.errors.js';
import { PART_BYTES, uploadStream } from './s3-upload.js';

/** The most that S3 deletes in one request. */
const DELETE_AT_ONCE = 1_000;
/** Streams that are sent at the same time; more wait. Bounds the memory of all uploads together. */
const PUTS_AT_ONCE = 8;

export interface S3StoreOptions {
  readonly bucket: string;
  readonly endpoint: string | null;
  /** Where clients reach the same store, if not at `endpoint`: signed links name it. */
  readonly publicEndpoint?: string | null;
  readonly region: string;
  /** null: found by the SDK's own chain. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  readonly forcePathStyle: boolean;
  /** A connection on which nothing moves for so long is given up; one more attempt is made. */
  readonly timeoutMs?: number;
}

/** A bucket of S3, or of what speaks like it. Needs the rights to get, put, delete and list, and to abort uploads. */
export class S3Store extends ObjectStore {
  private readonly log = new Logger(S3Store.name);
  private readonly buffers = new PartBuffers(PART_BYTES, PUTS_AT_ONCE);
  private readonly bucket: string;
  private readonly client: S3Client;
  /** Makes links only. */
  private readonly signer: S3Client;

  constructor(options: S3StoreOptions) {
    super();
    this.bucket = options.bucket;
    this.client = clientOf(options, options.endpoint);
    this.signer = options.publicEndpoint ? clientOf(options, options.publicEndpoint) : this.client;
  }

  async put(key: string, body: Readable, { contentType, maxBytes }: PutOptions): Promise<{ size: number }> {
    assertKey(key);
    const meter = new MeteredBody(body, maxBytes);
    try {
      const place = { Bucket: this.bucket, Key: key, ContentType: contentType };
      await this.buffers.lend((buffer) => uploadStream(this.client, place, meter.chunks(), buffer));
    } catch (error) {
      body.destroy();
      throw meter.failure ?? this.refusal(error);
    }
    return { size: meter.size };
  }

  async get(key: string, range?: ByteRange): Promise<ObjectContent> {
    assertKey(key);
    const Range = range && `bytes=${range.start}-${range.end}`;
    try {
      const found = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, Range }));
      const whole = /\/(\d+)$/.exec(found.ContentRange ?? '')?.[1];
      return { stream: found.Body as Readable, size: Number(whole ?? found.ContentLength) };
    } catch (error) {
      throw isMissing(error) ? new ObjectMissing() : this.refusal(error);
    }
  }

  async copy(from: string, to: string): Promise<void> {
    assertKey(from);
    assertKey(to);
    try {
      await this.client.send(new CopyObjectCommand({ Bucket: this.bucket, Key: to, CopySource: `${this.bucket}/${from}` }));
    } catch (error) {
      throw isMissing(error) ? new ObjectMissing() : this.refusal(error);
    }
  }

  async head(key: string): Promise<ObjectHead | null> {
    assertKey(key);
    try {
      const found = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return { size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
    } catch (error) {
      if (isMissing(error)) return null;
      throw this.refusal(error);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    keys.forEach(assertKey);
    for (const some of chunks(keys, DELETE_AT_ONCE)) {
      const Objects = some.map((Key) => ({ Key }));
      try {
        const { Errors = [] } = await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } }));
        if (Errors.length > 0) throw new Error(`${Errors.length} not deleted, the first: ${Errors[0]?.Code}`);
      } catch (error) {
        throw this.refusal(error);
      }
    }
  }

  async signedUpload(key: string, { contentType, size, sha256 }: UploadGrant, expiresSeconds: number): Promise<UploadTarget> {
    assertKey(key);
    const ChecksumSHA256 = sha256 ? Buffer.from(sha256, 'hex').toString('base64') : undefined;
    const put = new PutObjectCommand({ Bucket: this.bucket, Key: key, ContentType: contentType, ContentLength: size, ChecksumSHA256 });
    const url = await getSignedUrl(this.signer, put, {
      expiresIn: expiresSeconds,
      // Signed as headers: another type, another length or other bytes do not fit the signature.
      signableHeaders: new Set(['host', 'content-type', 'content-length', 'x-amz-checksum-sha256']),
      unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
    });
    return {
      method: 'PUT',
      url,
      headers: { 'content-type': contentType, ...(ChecksumSHA256 && { 'x-amz-checksum-sha256': ChecksumSHA256 }) },
    };
  }

  signedDownload(key: string, { seconds, filename, contentType, disposition }: DownloadOptions): Promise<string> {
    assertKey(key);
    const get = new GetObjectCommand({
      Bucket: this.bucket,
      Key: key,
      ResponseContentType: contentType,
      ResponseContentDisposition: contentDisposition(disposition, filename),
      ResponseCacheControl: 'private, max-age=31536000, immutable',
    });
    return getSignedUrl(this.signer, get, { expiresIn: seconds });
  }

  verifyUpload(): null {
    return null;
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    assertPrefix(prefix);
    try {
      for await (const page of paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix: prefix })) {
        yield* (page.Contents ?? []).map(listed);
      }
    } catch (error) {
      throw this.refusal(error);
    }
  }

  async check(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      throw this.refusal(error);
    }
  }

  private refusal(error: unknown): DomainError {
    if (error instanceof DomainError) return error;
    this.log.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    return new StorageUnavailable();
  }
}

function clientOf({ region, credentials, forcePathStyle, timeoutMs = 10_000 }: S3StoreOptions, endpoint: string | null): S3Client {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint && { endpoint }),
    // A copy: the SDK writes on it, and settings are frozen.
    ...(credentials && { credentials: { ...credentials } }),
    // Checksums beyond the required ones break streamed bodies and signed uploads on every server but Amazon's.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    // Downloads that are read slowly must not use up the connections of everything else.
    requestHandler: {
      connectionTimeout: Math.min(3_000, timeoutMs),
      socketTimeout: timeoutMs,
      httpAgent: { maxSockets: 500 },
      httpsAgent: { maxSockets: 500 },
    },
  });
}

const listed = ({ Key = '', Size = 0, LastModified = new Date(0) }: ObjectOfS3): ListedObject => ({
  key: Key,
  size: Size,
  modifiedAt: LastModified,
});

const isMissing = (error: unknown): boolean => ['NoSuchKey', 'NotFound'].includes((error as Error).name);
