import { once } from 'node:events';
import type { ImageAnswer, DecodeRequest, DecodeFailure, SoundAnswer } from './decoders.types.js';
import { PipeReader } from './pipe-reader.js';
import { decodeImage, prepareImages } from './image-decoder.js';
import { decodeSound } from './sound-decoder.js';

// A process of its own: files of strangers are decoded here, so that what breaks or fills a decoder breaks nothing else. It reads orders,
// each with its file, from stdin, answers on stdout, and ends with its stdin.

async function say(answer: ImageAnswer | SoundAnswer | DecodeFailure, ...files: Buffer[]): Promise<void> {
  for (const bytes of [Buffer.from(`${JSON.stringify(answer)}\n`), ...files]) {
    if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
  }
}

async function carryOut(order: DecodeRequest, frames: PipeReader): Promise<void> {
  if (order.kind === 'sound') return say({ ok: true, ...(await decodeSound(frames, order)) });
  const decoded = await decodeImage(await frames.whole(order.size), order);
  if ('ok' in decoded) return say(decoded);
  const { image, thumbnail, width, height } = decoded;
  return say({ ok: true, width, height, image: image.length, thumbnail: thumbnail.length }, image, thumbnail);
}

prepareImages();
const orders = new PipeReader(process.stdin);
for (let line = await orders.line(); line !== null; line = await orders.line()) await carryOut(JSON.parse(line) as DecodeRequest, orders);
