import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';

// Files of every kind that people, or attackers, may send: made here, none is kept in the repository.

const PIXELS = { create: { width: 60, height: 40, channels: 3, background: '#3366cc' } } as const;

export const picture = {
  jpeg: (width = 60, height = 40): Promise<Buffer> =>
    sharp({ create: { ...PIXELS.create, width, height } })
      .jpeg()
      .toBuffer(),
  /** So much was left out of it that it grows when it is written anew. */
  coarse: (): Promise<Buffer> =>
    sharp(randomBytes(300 * 300 * 3), { raw: { width: 300, height: 300, channels: 3 } })
      .jpeg({ quality: 10 })
      .toBuffer(),
  png: (): Promise<Buffer> => sharp(PIXELS).png().toBuffer(),
  webp: (): Promise<Buffer> => sharp(PIXELS).webp().toBuffer(),
  avif: (): Promise<Buffer> => sharp(PIXELS).avif({ effort: 0 }).toBuffer(),
  /** Three frames. */
  gif: (): Promise<Buffer> =>
    sharp(Buffer.concat([0, 100, 200].map((grey) => Buffer.alloc(60 * 40 * 3, grey))), {
      raw: { width: 60, height: 120, channels: 3, pageHeight: 40 },
    })
      .gif({ delay: [100, 100, 100] })
      .toBuffer(),
  /** A photo as a phone makes it: lying on its side, with the place where it was taken. */
  photo: (): Promise<Buffer> =>
    sharp(PIXELS)
      .withExif({ IFD0: { Copyright: 'CANARY' }, IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer(),
};

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, sum]);
};

function crc(bytes: Buffer): number {
  let value = ~0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

/** A PNG of one bit per pixel with these dimensions; a few kilobytes decompress into it. */
export function bomb(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(Math.ceil(side / 8 + 1) * side), { level: 9 });
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Silence of so many milliseconds. */
export function wav(ms: number): Buffer {
  const data = Buffer.alloc(Math.round(ms * 8));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(8000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

const element = (id: string, data: Buffer): Buffer => {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(0x0100_0000_0000_0000n | BigInt(data.length));
  return Buffer.concat([Buffer.from(id, 'hex'), size, data]);
};
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
};
const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A WebM with one track: a film, or what a browser records of a voice. */
export function webm(ms: number, track: 'video' | 'audio'): Buffer {
  const about =
    track === 'video'
      ? element('e0', Buffer.concat([element('b0', word(320)), element('ba', word(240))]))
      : element('e1', Buffer.concat([element('b5', float(48_000)), element('9f', word(1))]));
  const entry = Buffer.concat([
    element('d7', word(1)),
    element('73c5', word(1)),
    element('83', Buffer.from([track === 'video' ? 1 : 2])),
    element('86', Buffer.from(track === 'video' ? 'V_VP8' : 'A_OPUS')),
    about,
  ]);
  const info = element('1549a966', Buffer.concat([element('2ad7b1', word(1_000_000)), element('4489', float(ms))]));
  const head = element('1a45dfa3', Buffer.concat([element('4282', Buffer.from('webm')), element('4287', word(4))]));
  return Buffer.concat([head, element('18538067', Buffer.concat([info, element('1654ae6b', element('ae', entry))]))]);
}

/** What is of no known kind. */
export const noise = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from([0x93, 0x12, 0, 1]), randomBytes(Math.max(bytes - 4, 0))]).subarray(0, bytes);
