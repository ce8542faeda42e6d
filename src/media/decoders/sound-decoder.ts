import { type IAudioMetadata, parseBuffer, parseStream } from 'music-metadata';
import { Readable } from 'node:stream';
import type { PipeReader } from './pipe-reader.js';
import { NOTHING_KNOWN, READ_WHOLE, type SoundFacts, type SoundDecodeRequest } from './decoders.types.js';

const MOST = 2_147_483_647;

export async function decodeSound(frames: PipeReader, { type, size }: SoundDecodeRequest): Promise<SoundFacts> {
  const file = { mimeType: type, size };
  const options = { skipCovers: true, duration: size <= READ_WHOLE };
  if (size > READ_WHOLE) return facts(() => parseStream(Readable.from(frames.bytes(size), { objectMode: false }), file, options));
  const bytes = await frames.whole(size);
  return facts(() => parseBuffer(bytes, file, options));
}

async function facts(parse: () => Promise<IAudioMetadata>): Promise<SoundFacts> {
  try {
    const { format } = await parse();
    const video = format.trackInfo?.find((track) => track.video)?.video;
    return {
      durationMs: whole((format.duration ?? NaN) * 1000),
      width: whole(video?.pixelWidth),
      height: whole(video?.pixelHeight),
      hasVideo: format.hasVideo ?? null,
    };
  } catch {
    return NOTHING_KNOWN; // a file may be damaged, and is kept as it is
  }
}

const whole = (value = NaN): number | null => (value > 0 && value <= MOST ? Math.round(value) : null);
