import { type IAudioMetadata, parseBuffer, parseStream } from 'music-metadata';
import { Readable } from 'node:stream';
import type { PipeReader } from './pipe-reader.js';
import { UNKNOWN_SOUND, READ_WHOLE_BYTES, type SoundFacts, type SoundDecodeRequest } from './decoders.types.js';

const MAX_INTEGER = 2_147_483_647;

/** Reads duration and dimensions of audio or video. */
export async function readSound(input: PipeReader, { type, size }: SoundDecodeRequest): Promise<SoundFacts> {
  const file = { mimeType: type, size };
  const options = { skipCovers: true, duration: size <= READ_WHOLE_BYTES };
  if (size > READ_WHOLE_BYTES)
    return factsOf(() => parseStream(Readable.from(input.readBytes(size), { objectMode: false }), file, options));
  const bytes = await input.readWhole(size);
  return factsOf(() => parseBuffer(bytes, file, options));
}

async function factsOf(parse: () => Promise<IAudioMetadata>): Promise<SoundFacts> {
  try {
    const { format } = await parse();
    const video = format.trackInfo?.find((track) => track.video)?.video;
    return {
      durationMs: integerOf((format.duration ?? NaN) * 1000),
      width: integerOf(video?.pixelWidth),
      height: integerOf(video?.pixelHeight),
      hasVideo: format.hasVideo ?? null,
    };
  } catch {
    return UNKNOWN_SOUND; // a damaged file is stored as it is
  }
}

const integerOf = (value = NaN): number | null => (value > 0 && value <= MAX_INTEGER ? Math.round(value) : null);
