import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { Semaphore } from '../../common/semaphore.js';
import { Settings } from '../../config/settings.js';
import { StorageUnavailable } from '../../storage/storage.errors.js';
import { ImageUnreadable, TooManyPixels } from '../media.errors.js';
import { DecoderProcess } from './decoder-process.js';
import { type Dimensions, type ImageType, UNKNOWN_SOUND, type DecodeRequest, READ_WHOLE_BYTES, type SoundFacts } from './decoders.types.js';

const TIMEOUT_MS = 60_000;
/** An idle decoder process ends after this time. */
const IDLE_MS = 60_000;

const count = z.number().int().min(0);
const size = count.nullable();
const imageAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), width: count, height: count, image: count, thumbnail: count }),
  z.object({ ok: z.literal(false), why: z.enum(['unreadable', 'too_many_pixels']) }),
]);
const soundAnswer = z.object({ ok: z.literal(true), durationMs: size, width: size, height: size, hasVideo: z.boolean().nullable() });

/** What a decoder process answers. After an image answer follow two files of the sizes `image` and `thumbnail`. */
export type DecodeAnswer = z.output<typeof imageAnswer> | z.output<typeof soundAnswer>;

/** A file that is to be decoded. */
export interface DecodeInput<T extends string = string> {
  readonly type: T;
  readonly size: number;
  readonly body: Readable;
}

/** Read the image to its end, then the thumbnail. */
export interface ReencodedImage extends Dimensions {
  readonly image: Readable;
  readonly thumbnail: Readable;
}

interface IdleDecoder {
  readonly decoder: DecoderProcess;
  readonly timer: NodeJS.Timeout;
}

/** Decodes untrusted files in child processes, a few at a time. */
@Injectable()
export class Decoders implements OnApplicationShutdown {
  private readonly log = new Logger(Decoders.name);
  private readonly idle: IdleDecoder[] = [];
  private readonly semaphore: Semaphore;

  constructor(private readonly settings: Settings) {
    this.semaphore = new Semaphore(settings.media.decoders);
  }

  async onApplicationShutdown(): Promise<void> {
    const idle = this.idle.splice(0);
    idle.forEach(({ timer }) => clearTimeout(timer));
    await Promise.all(idle.map(({ decoder }) => decoder.end()));
  }

  /** Re-encodes an image, and passes it with a thumbnail to `store`. @throws ImageUnreadable, TooManyPixels, and what `store` throws */
  reencodeImage<T>({ type, size: bytes, body }: DecodeInput<ImageType>, store: (image: ReencodedImage) => Promise<T>): Promise<T> {
    const { maxPixels, thumbnailPixels } = this.settings.media;
    const request: DecodeRequest = { kind: 'image', type, size: bytes, maxPixels, thumbnailPixels };
    return this.withDecoder(async (decoder) => {
      const answer = imageAnswer.safeParse(await this.request(decoder, request, body)).data;
      if (!answer) throw new ImageUnreadable();
      if (!answer.ok) throw answer.why === 'too_many_pixels' ? new TooManyPixels() : new ImageUnreadable();
      const image = Readable.from(decoder.answers.readBytes(answer.image), { objectMode: false });
      const thumbnail = Readable.from(decoder.answers.readBytes(answer.thumbnail), { objectMode: false });
      return store({ width: answer.width, height: answer.height, image, thumbnail });
    });
  }

  /** Reads the metadata of audio or video; all unknown for a damaged file. */
  readSound({ type, size: bytes, body }: DecodeInput): Promise<SoundFacts> {
    return this.withDecoder(async (decoder) => {
      const answer = soundAnswer.safeParse(await this.request(decoder, { kind: 'sound', type, size: bytes }, body)).data;
      // Of a large file the decoder may have left a part unread, which would be taken for the next request.
      if (!answer || bytes > READ_WHOLE_BYTES) decoder.kill();
      return answer ?? UNKNOWN_SOUND;
    });
  }

  /** Returns the decoder's answer; null when it crashed or timed out. @throws StorageUnavailable when the body could not be read to its end */
  private async request(decoder: DecoderProcess, request: DecodeRequest, body: Readable): Promise<unknown> {
    let bodyFailed = false;
    let answered = false;
    body.once('error', (error: NodeJS.ErrnoException) => (bodyFailed = error.code !== 'EPIPE' && !error.code?.startsWith('ERR_STREAM')));
    // Without the rest of the body, the decoder would wait until the timeout.
    decoder.send(JSON.stringify(request), body).catch(() => answered || decoder.kill());
    const timeout = setTimeout(() => decoder.kill(), TIMEOUT_MS);
    const line = await decoder.answers.readLine().catch(() => null);
    answered = true;
    clearTimeout(timeout);
    if (line === null && bodyFailed) throw new StorageUnavailable();
    if (line === null) this.log.warn(`a decoder process ended while decoding a file of type ${request.type}`);
    return parseAnswer(line);
  }

  private withDecoder<T>(work: (decoder: DecoderProcess) => Promise<T>): Promise<T> {
    return this.semaphore.run(async () => {
      const decoder = this.takeIdle() ?? new DecoderProcess();
      try {
        const result = await work(decoder);
        this.release(decoder);
        return result;
      } catch (error) {
        decoder.kill();
        throw error;
      }
    });
  }

  private takeIdle(): DecoderProcess | null {
    for (let last = this.idle.pop(); last; last = this.idle.pop()) {
      clearTimeout(last.timer);
      if (last.decoder.alive) return last.decoder;
    }
    return null;
  }

  private release(decoder: DecoderProcess): void {
    if (!decoder.alive) return;
    const timer = setTimeout(() => {
      this.idle.splice(this.idle.indexOf(entry), 1);
      decoder.kill();
    }, IDLE_MS).unref();
    const entry = { decoder, timer };
    this.idle.push(entry);
  }
}

function parseAnswer(line: string | null): unknown {
  try {
    return JSON.parse(line ?? 'null');
  } catch {
    return null;
  }
}
