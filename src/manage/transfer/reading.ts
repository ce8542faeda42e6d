import { CommandError } from '../command-context.js';
import { faultIn } from './consistency.policy.js';
import { type ImportLine, schemas, type TransferRecord } from './records.js';

/** No record that is within its bounds comes near it. */
const LONGEST_LINE = 1_048_576;
const NEWLINE = 0x0a;

/** A refusal of one line: its number in the file, the field, and what is wrong with it. */
export function rejectLine(number: number, field: string, why: string): never {
  throw new CommandError(`line ${number}: ${field ? `${field} ` : ''}${why}`);
}

interface RawLine {
  number: number;
  bytes: Buffer;
}

// By bytes, not by what a text calls a line: U+2028 may stand in a message.
async function* rawLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of chunks) {
    let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE)) {
      yield { number: ++number, bytes: bytes.subarray(0, at) };
      bytes = bytes.subarray(at + 1);
    }
    if (bytes.length > LONGEST_LINE) rejectLine(number + 1, '', `is longer than ${LONGEST_LINE} bytes`);
    rest = bytes;
  }
  if (rest.length > 0) yield { number: number + 1, bytes: rest };
}

/**
 * The records of a file, each judged by itself; holds one at a time. @throws CommandError naming line and field
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<ImportLine> {
  let records = 0;
  let ended = false;
  for await (const { number, bytes } of rawLines(chunks)) {
    const text = textOf(number, bytes);
    // What `npm run` says of itself before the first line is no part of the file.
    if (text.trim() === '' || (records === 0 && text.startsWith('>'))) continue;
    if (ended) rejectLine(number, '', 'stands behind the end');
    const record = recordOf(number, text);
    if ((record.record === 'header') !== (records === 0))
      rejectLine(number, 'record', 'must be "header" in the first line, and there alone');
    ended = record.record === 'end';
    if (record.record === 'end' && record.records !== records) rejectLine(number, 'records', `says ${record.records}, but ${records} came`);
    records++;
    yield { number, bytes: bytes.length, record };
  }
  if (records === 0) throw new CommandError('the file holds no record');
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
    rejectLine(number, field, issue?.code === 'unrecognized_keys' ? 'is not known' : sentence(issue?.message ?? 'is wrong'));
  }
  const fault = faultIn(data);
  if (fault) rejectLine(number, fault.field, fault.why);
  return data;
}

/** "Invalid input: expected string, received number" as the end of a sentence that begins with the field. */
const sentence = (message: string): string => (message.startsWith('Invalid') ? `is wrong (${message.toLowerCase()})` : message);
