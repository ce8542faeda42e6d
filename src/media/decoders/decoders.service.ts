import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { Semaphore } from '../../common/semaphore.js';
import { Settings } from '../../config/settings.js';
import { StorageUnavailable } from '../../storage/storage.errors.js';
import { ImageUnreadable, TooManyPixels } from '../media.errors.js';
import { DecoderProcess } from './decoder-process.js';
import { type Dimensions, type ImageType, NOTHING_KNOWN, type DecodeRequest, READ_WHOLE, type SoundFacts } from './decoders.types.js';

/** An image or a sound that takes longer is given up. */
const PATIENCE_MS = 60_000;
/** A decoder with nothing to do ends after this. */
const REST_MS = 60_000;

const count = z.number().int().min(0);
const size = count.nullable();
const imageAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), width: count, height: count, image: count, thumbnail: count }),
  z.object({ ok: z.literal(false), why: z.enum(['unreadable', 'too_many_pixels']) }),
]);
const soundAnswer = z.object({ ok: z.literal(true), durationMs: size, width: size, height: size, hasVideo: z.boolean().nullable() });

/** A file as the store gives it. */
export interface Undecoded<T extends string = string> {
  readonly type: T;
  readonly size: number;
  readonly body: Readable;
}

/** To be read in this order, each to its end. */
export interface DecodedFiles extends Dimensions {
  readonly image: Readable;
  readonly thumbnail: Readable;
}

/** Decodes the files of strangers, a few at a time, in processes that may die of it. */
@Injectable()
export class Decoders implements OnApplicationShutdown {
  private readonly log = new Logger(Decoders.name);
  private readonly resting: { readonly decoder: DecoderProcess; readonly end: NodeJS.Timeout }[] = [];
  private readonly turns: Semaphore;

  constructor(private readonly settings: Settings) {
    this.turns = new Semaphore(settings.media.decoders);
  }

  async onApplicationShutdown(): Promise<void> {
    const resting = this.resting.splice(0);
    resting.forEach(({ end }) => clearTimeout(end));
    await Promise.all(resting.map(({ decoder }) => decoder.end()));
  }

  /** Writes an image anew, with a thumbnail, and hands both to `keep`. @throws ImageUnreadable, TooManyPixels, and what `keep` throws */
  image<T>({ type, size: bytes, body }: Undecoded<ImageType>, keep: (files: DecodedFiles) => Promise<T>): Promise<T> {
    const { maxPixels, thumbnailPixels } = this.settings.media;
    const order: DecodeRequest = { kind: 'image', type, size: bytes, maxPixels, thumbnailPixels };
    return this.lend(async (decoder) => {
      const answer = imageAnswer.safeParse(await this.ask(decoder, order, body)).data;
      if (!answer) throw new ImageUnreadable();
      if (!answer.ok) throw answer.why === 'too_many_pixels' ? new TooManyPixels() : new ImageUnreadable();
      const image = Readable.from(decoder.answers.bytes(answer.image), { objectMode: false });
      const thumbnail = Readable.from(decoder.answers.bytes(answer.thumbnail), { objectMode: false });
      return keep({ width: answer.width, height: answer.height, image, thumbnail });
    });
  }

  /** What audio or video says of itself; nothing when it cannot be read. */
  sound({ type, size: bytes, body }: Undecoded): Promise<SoundFacts> {
    return this.lend(async (decoder) => {
      const answer = soundAnswer.safeParse(await this.ask(decoder, { kind: 'sound', type, size: bytes }, body)).data;
      // It may have seen enough before the end of the file.
      if (!answer || bytes > READ_WHOLE) decoder.kill();
      return answer ?? NOTHING_KNOWN;
    });
  }

  /** The decoder's answer; null when it gave none. @throws StorageUnavailable when the file could not be read to its end */
  private async ask(decoder: DecoderProcess, order: DecodeRequest, body: Readable): Promise<unknown> {
    let unread = false;
    body.once('error', (error: NodeJS.ErrnoException) => (unread = error.code !== 'EPIPE' && !error.code?.startsWith('ERR_STREAM')));
    decoder.feed(JSON.stringify(order), body).catch(() => undefined);
    const patience = setTimeout(() => decoder.kill(), PATIENCE_MS);
    const line = await decoder.answers.line().catch(() => null);
    clearTimeout(patience);
    if (line === null && unread) throw new StorageUnavailable();
    if (line === null) this.log.warn(`a decoder ended with a file of type ${order.type}`);
    return wordsOf(line);
  }

  private lend<T>(work: (decoder: DecoderProcess) => Promise<T>): Promise<T> {
    return this.turns.run(async () => {
      const decoder = this.take();
      try {
        const result = await work(decoder);
        this.rest(decoder);
        return result;
      } catch (error) {
        decoder.kill();
        throw error;
      }
    });
  }

  private take(): DecoderProcess {
    for (let rested = this.resting.pop(); rested; rested = this.resting.pop()) {
      clearTimeout(rested.end);
      if (rested.decoder.alive) return rested.decoder;
    }
    return new DecoderProcess();
  }

  private rest(decoder: DecoderProcess): void {
    const end = setTimeout(() => {
      this.resting.splice(0, this.resting.length, ...this.resting.filter((one) => one.decoder !== decoder));
      decoder.kill();
    }, REST_MS);
    end.unref();
    if (decoder.alive) this.resting.push({ decoder, end });
  }
}

function wordsOf(line: string | null): unknown {
  try {
    return JSON.parse(line ?? 'null');
  } catch {
    return null;
  }
}
