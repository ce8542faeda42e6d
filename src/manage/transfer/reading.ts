import { CommandError } from '../command-context.js';
import { contradictionIn } from './consistency.policy.js';
import { type ImportLine, schemas, type TransferRecord } from './records.js';

/** Far longer than any valid record. */
const MAX_LINE_BYTES = 1_048_576;
const NEWLINE = 0x0a;

/** Ends the import with the number of a line, a field (empty: the whole line), and what is wrong with it. */
export function rejectLine(number: number, field: string, why: string): never {
  throw new CommandError(`line ${number}: ${field ? `${field} ` : ''}${why}`);
}

interface RawLine {
  number: number;
  bytes: Buffer;
}

// By bytes, not by the line breaks of Unicode: a message may contain U+2028.
async function* rawLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of chunks) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE)) {
      yield { number: ++number, bytes: bytes.subarray(0, at) };
      bytes = bytes.subarray(at + 1);
    }
    if (bytes.length > MAX_LINE_BYTES) rejectLine(number + 1, '', `is longer than ${MAX_LINE_BYTES} bytes`);
    rest = bytes;
  }
  if (rest.length > 0) yield { number: number + 1, bytes: rest };
}

/** Reads and validates the records of a file one at a time. @throws CommandError naming line and field */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<ImportLine> {
  let records = 0;
  let ended = false;
  for await (const { number, bytes } of rawLines(chunks)) {
    const text = textOf(number, bytes);
    // Lines that `npm run` prints before the file.
    if (text.trim() === '' || (records === 0 && text.startsWith('>'))) continue;
    if (ended) rejectLine(number, '', 'follows the end record');
    const record = recordOf(number, text);
    if ((record.record === 'header') !== (records === 0))
      rejectLine(number, 'record', 'must be "header" in the first line, and only there');
    ended = record.record === 'end';
    if (record.record === 'end' && record.records !== records)
      rejectLine(number, 'records', `is ${record.records}, but ${records} records precede it`);
    records++;
    yield { number, bytes: bytes.length, record };
  }
  if (records === 0) throw new CommandError('the file contains no records');
}

function textOf(number: number, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return rejectLine(number, '', 'is not UTF-8');
  }
}

function recordOf(number: number, text: string): TransferRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    rejectLine(number, '', 'is not JSON');
  }
  const { data, error } = schemas.safeParse(value);
  if (error) {
    const [issue] = error.issues;
    const field = issue?.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : (issue?.path.join('.') ?? '');
    rejectLine(number, field, issue?.code === 'unrecognized_keys' ? 'is not a known field' : predicateOf(issue?.message ?? 'is invalid'));
  }
  const contradiction = contradictionIn(data);
  if (contradiction) rejectLine(number, contradiction.field, contradiction.why);
  return data;
}

/** Rewrites "Invalid input: expected string, received number" as the end of a sentence that begins with the field. */
const predicateOf = (message: string): string => (message.startsWith('Invalid') ? `is invalid (${message.toLowerCase()})` : message);
