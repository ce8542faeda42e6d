import { once } from 'node:events';
import type { DecodeAnswer } from './decoders.service.js';
import type { DecodeRequest } from './decoders.types.js';
import { PipeReader } from './pipe-reader.js';
import { prepareImages, reencodeImage } from './image-decoder.js';
import { readSound } from './sound-decoder.js';

// The program of a decoder process: untrusted files are decoded here, so that a crash or a full memory ends nothing else. It reads requests,
// each followed by its file, from stdin, answers on stdout, and ends when its stdin ends.

async function answer(head: DecodeAnswer, ...files: Buffer[]): Promise<void> {
  for (const bytes of [Buffer.from(`${JSON.stringify(head)}\n`), ...files]) {
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
  }
}

async function decode(request: DecodeRequest, input: PipeReader): Promise<void> {
  if (request.kind === 'sound') return answer({ ok: true, ...(await readSound(input, request)) });
  const decoded = await reencodeImage(await input.readWhole(request.size), request);
  if ('ok' in decoded) return answer(decoded);
  const { image, thumbnail, width, height } = decoded;
  return answer({ ok: true, width, height, image: image.length, thumbnail: thumbnail.length }, image, thumbnail);
}

prepareImages();
const input = new PipeReader(process.stdin);
for (let line = await input.readLine(); line !== null; line = await input.readLine()) {
  await decode(JSON.parse(line) as DecodeRequest, input);
}
