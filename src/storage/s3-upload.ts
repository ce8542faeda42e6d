import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Semaphore } from '../common/semaphore.js';

/** The minimum of S3 for a part that is not the last. */
const PART_BYTES = 5 * 1024 * 1024;

export interface UploadPlace {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType: string;
}

/**
 * Streams a body of unknown length to S3 through one buffer: in one request if it is smaller than the buffer, otherwise in parts. Aborts the
 * upload on failure.
 */
export async function uploadStream(client: S3Client, place: UploadPlace, body: AsyncIterable<Buffer>, buffer: Buffer): Promise<void> {
  const upload = new PartUpload(client, place);
  try {
    for await (const part of parts(body, buffer)) await upload.addPart(part, part.length < buffer.length);
    await upload.complete();
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Yields full buffers and a last, possibly empty, partial one. All are the same memory: use each before asking for the next. */
async function* parts(body: AsyncIterable<Buffer>, buffer: Buffer): AsyncGenerator<Buffer> {
  let filled = 0;
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length;) {
      const copied = chunk.copy(buffer, filled, at);
      at += copied;
      filled = (filled + copied) % buffer.length;
      if (filled === 0) yield buffer;
    }
  }
  yield buffer.subarray(0, filled);
}

class PartUpload {
  private uploadId?: string;
  private readonly parts: { PartNumber: number; ETag: string | undefined }[] = [];

  constructor(
    private readonly client: S3Client,
    private readonly place: UploadPlace,
  ) {}

  async addPart(bytes: Buffer, last: boolean): Promise<void> {
    if (last && !this.uploadId) {
      await this.client.send(new PutObjectCommand({ ...this.place, Body: bytes }));
      return;
    }
    if (bytes.length === 0) return;
    const { Bucket, Key } = this.place;
    this.uploadId ??= (await this.client.send(new CreateMultipartUploadCommand(this.place))).UploadId;
    const PartNumber = this.parts.length + 1;
    const sent = await this.client.send(new UploadPartCommand({ Bucket, Key, UploadId: this.uploadId, PartNumber, Body: bytes }));
    this.parts.push({ PartNumber, ETag: sent.ETag });
  }

  async complete(): Promise<void> {
    if (!this.uploadId) return;
    const { Bucket, Key } = this.place;
    const MultipartUpload = { Parts: this.parts };
    await this.client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId: this.uploadId, MultipartUpload }));
  }

  async abort(): Promise<void> {
    if (!this.uploadId) return;
    const { Bucket, Key } = this.place;
    // The first error is the one to report. Remaining parts are invisible; a lifecycle rule of the bucket should remove them.
    await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId: this.uploadId })).catch(() => undefined);
  }
}

/** Lends buffers, at most `max` at a time. An upload that waits reads nothing from its client, so memory does not grow with the uploads. */
export class PartBuffers {
  private readonly free: Buffer[] = [];
  private readonly slots: Semaphore;

  constructor(max: number) {
    this.slots = new Semaphore(max);
  }

  withBuffer<T>(work: (buffer: Buffer) => Promise<T>): Promise<T> {
    return this.slots.run(async () => {
      const buffer = this.free.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES);
      try {
        return await work(buffer);
      } finally {
        this.free.push(buffer);
      }
    });
  }
}
