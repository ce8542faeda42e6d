import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { ImportRunner, type ImportCounts } from '../../src/manage/transfer/import-runner.js';
import { readLines } from '../../src/manage/transfer/reading.js';
import type { World } from './world.js';

export const AT = '2020-05-01T10:00:00.000Z';
export const user = (username: string, id: string = randomUUID()) => ({ record: 'user', id, username, createdAt: AT });
export const group = (createdBy: string, id: string = randomUUID()) => ({
  record: 'room',
  id,
  type: 'group',
  name: 'old days',
  createdBy,
  createdAt: AT,
});
export const line = (roomId: string, userId: string, text: string, more: object = {}) => ({
  record: 'message',
  id: randomUUID(),
  roomId,
  userId,
  text,
  createdAt: AT,
  ...more,
});
export const member = (roomId: string, userId: string, role = 'member') => ({ record: 'room-user', roomId, userId, role, joinedAt: AT });

export const ndjson = (...records: object[]): string =>
  [{ record: 'header', format: 'parley', version: 1 }, ...records].map((record) => `${JSON.stringify(record)}\n`).join('');

/** What the command `import` does, without a process for it; in pieces, as a file comes. */
export const takes = (world: World, text: string): Promise<ImportCounts> =>
  new ImportRunner(world.app.app).importLines(readLines(Readable.from(pieces(Buffer.from(text)))));

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_535) yield bytes.subarray(at, at + 65_535);
}
