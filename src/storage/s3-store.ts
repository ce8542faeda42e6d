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
import { chunks } from '../common/chunks.js';
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
import { ObjectMissing } from './storage.errors.js';
import { PartBuffers, uploadStream } from './s3-upload.js';

/** The limit of S3 for one request. */
const DELETES_PER_REQUEST = 1_000;
/** Uploads at the same time; more wait. Bounds the memory of all uploads together. */
const MAX_PUTS = 8;

export interface S3StoreOptions {
  readonly bucket: string;
  readonly endpoint: string | null;
  /** The endpoint in signed links, if clients do not reach the store at `endpoint`. */
  readonly publicEndpoint?: string | null;
  readonly region: string;
  /** null: the default credential chain of the SDK. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  readonly forcePathStyle: boolean;
  /** A connection without data for this long is closed; the request is tried once more. */
  readonly timeoutMs?: number;
}

/** Stores objects in a bucket of S3 or a compatible service. Needs permission to get, put, delete, list and abort uploads. */
export class S3Store extends ObjectStore {
  private readonly buffers = new PartBuffers(MAX_PUTS);
  private readonly bucket: string;
  private readonly client: S3Client;
  /** Signs links only. */
  private readonly signer: S3Client;

  constructor(options: S3StoreOptions) {
    super();
    this.bucket = options.bucket;
    this.client = createS3Client(options, options.endpoint);
    this.signer = options.publicEndpoint ? createS3Client(options, options.publicEndpoint) : this.client;
  }

  async put(key: string, body: Readable, { contentType, maxBytes }: PutOptions): Promise<{ size: number }> {
    assertKey(key);
    const meter = new MeteredBody(body, maxBytes);
    try {
      const place = { Bucket: this.bucket, Key: key, ContentType: contentType };
      await this.buffers.withBuffer((buffer) => uploadStream(this.client, place, meter.chunks(), buffer));
    } catch (error) {
      body.destroy();
      throw meter.failure ?? this.toDomainError(error);
    }
    return { size: meter.size };
  }

  async get(key: string, range?: ByteRange): Promise<ObjectContent> {
    assertKey(key);
    const Range = range && `bytes=${range.start}-${range.end}`;
    const found = await this.ofObject(this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key, Range })));
    const whole = /\/(\d+)$/.exec(found.ContentRange ?? '')?.[1];
    return { stream: found.Body as Readable, size: Number(whole ?? found.ContentLength) };
  }

  async copy(from: string, to: string): Promise<void> {
    assertKey(from);
    assertKey(to);
    await this.ofObject(this.client.send(new CopyObjectCommand({ Bucket: this.bucket, Key: to, CopySource: `${this.bucket}/${from}` })));
  }

  async head(key: string): Promise<ObjectHead | null> {
    assertKey(key);
    try {
      const found = await this.ofObject(this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key })));
      return { size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) };
    } catch (error) {
      if (error instanceof ObjectMissing) return null;
      throw error;
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    keys.forEach(assertKey);
    for (const batch of chunks(keys, DELETES_PER_REQUEST)) {
      const Objects = batch.map((Key) => ({ Key }));
      try {
        const { Errors = [] } = await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects, Quiet: true } }));
        if (Errors.length > 0) throw new Error(`${Errors.length} objects not deleted, first error: ${Errors[0]?.Code}`);
      } catch (error) {
        throw this.toDomainError(error);
      }
    }
  }

  async signedUpload(key: string, { contentType, size, sha256 }: UploadGrant, expiresSeconds: number): Promise<UploadTarget> {
    assertKey(key);
    const ChecksumSHA256 = sha256 ? Buffer.from(sha256, 'hex').toString('base64') : undefined;
    const put = new PutObjectCommand({ Bucket: this.bucket, Key: key, ContentType: contentType, ContentLength: size, ChecksumSHA256 });
    const url = await getSignedUrl(this.signer, put, {
      expiresIn: expiresSeconds,
      // Signed headers: another type, length or checksum invalidates the signature.
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
        yield* (page.Contents ?? []).map(toListedObject);
      }
    } catch (error) {
      throw this.toDomainError(error);
    }
  }

  async check(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      throw this.toDomainError(error);
    }
  }

  private async ofObject<T>(request: Promise<T>): Promise<T> {
    try {
      return await request;
    } catch (error) {
      throw ['NoSuchKey', 'NotFound'].includes((error as Error).name) ? new ObjectMissing() : this.toDomainError(error);
    }
  }
}

function createS3Client({ region, credentials, forcePathStyle, timeoutMs = 10_000 }: S3StoreOptions, endpoint: string | null): S3Client {
  return new S3Client({
    region,
    forcePathStyle,
    ...(endpoint && { endpoint }),
    // A copy, since the SDK writes to it and settings are frozen.
    ...(credentials && { credentials: { ...credentials } }),
    // Optional checksums break streamed bodies and signed uploads on services other than Amazon.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    // Slow downloads must not use up the connections of other requests.
    requestHandler: {
      connectionTimeout: Math.min(3_000, timeoutMs),
      socketTimeout: timeoutMs,
      httpAgent: { maxSockets: 500 },
      httpsAgent: { maxSockets: 500 },
    },
  });
}

const toListedObject = ({ Key = '', Size = 0, LastModified = new Date(0) }: ObjectOfS3): ListedObject => ({
  key: Key,
  size: Size,
  modifiedAt: LastModified,
});
