import { fileTypeFromBuffer } from 'file-type';

/** Bytes from the beginning of a file that tell its type. */
export const HEAD_BYTES = 4_100;
const BINARY = 'application/octet-stream';
const ZIP = 'application/zip';
const TEXT = 'text/plain';
const TEXTUAL = /^(text\/.*|application\/(.+\+)?(json|xml)|application\/(java|ecma)script|image\/svg\+xml)$/;
/** Documents that are archives within: whoever takes archives takes them. */
const ZIPPED = /^application\/(vnd\.(openxmlformats-officedocument|oasis\.opendocument)\.[\w.-]+|epub\+zip)$/;
const CONTROL = /(?!\s)\p{Cc}/u;

/** Wide text, which would pass for a sound of long ago. */
const isWideText = ([first, second]: Buffer): boolean => (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

/**
 * The content type by the first bytes, whatever anybody says; null when it is not among `allowed`. Markup and scripts are text, and
 * nothing more: nobody's browser shall run them.
 */
export async function sniff(head: Buffer, allowed: readonly string[]): Promise<string | null> {
  const found = await knownType(head);
  const type = found === undefined || !allowed.includes(found) ? (textOf(head) ?? found ?? BINARY) : found;
  return allowed.includes(type) || isZipped(type, allowed) ? type : null;
}

/** Whether a file that is said to be of the type may turn out to be of one that is allowed. */
export const mayBecome = (type: string, allowed: readonly string[]): boolean =>
  allowed.includes(type) || isZipped(type, allowed) || (TEXTUAL.test(type) && allowed.includes(TEXT));

const isZipped = (type: string, allowed: readonly string[]): boolean => ZIPPED.test(type) && allowed.includes(ZIP);

async function knownType(head: Buffer): Promise<string | undefined> {
  if (isWideText(head)) return undefined;
  try {
    return (await fileTypeFromBuffer(head))?.mime.split(';', 1)[0];
  } catch {
    return undefined; // a beginning of something that does not go on as it should
  }
}

/** UTF-8 without control characters, as far as it can be seen; the last character may be cut off. */
function textOf(head: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length >= HEAD_BYTES });
    return CONTROL.test(text) ? null : TEXT;
  } catch {
    return null;
  }
}
