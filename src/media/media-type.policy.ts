import { fileTypeFromBuffer } from 'file-type';
import type { MediaKind } from './media.entity.js';
import { isImageType } from './decoders/decoders.types.js';

/** How many bytes from the beginning of a file {@link detectType} reads. */
export const HEAD_BYTES = 4_100;
const BINARY = 'application/octet-stream';
const ZIP = 'application/zip';
const TEXT = 'text/plain';
const TEXTUAL = /^(text\/.*|application\/(.+\+)?(json|xml)|application\/(java|ecma)script|image\/svg\+xml)$/;
/** Documents that are ZIP archives: allowed where archives are. */
const ZIPPED = /^application\/(vnd\.(openxmlformats-officedocument|oasis\.opendocument)\.[\w.-]+|epub\+zip)$/;
const CONTROL = /(?!\s)\p{Cc}/u;

export function kindOf(contentType: string): MediaKind {
  if (isImageType(contentType)) return 'image';
  if (contentType.startsWith('video/')) return 'video';
  return contentType.startsWith('audio/') ? 'audio' : 'file';
}

/** Only images, video and audio are shown in the browser: anything else might run there. */
export const dispositionOf = (contentType: string): 'inline' | 'attachment' => (kindOf(contentType) === 'file' ? 'attachment' : 'inline');

/**
 * Returns the content type by the first bytes, whatever the client declared; null when it is not among `allowed`. Markup and scripts are
 * plain text, so that no browser runs them.
 */
export async function detectType(head: Buffer, allowed: readonly string[]): Promise<string | null> {
  const found = await knownType(head);
  const type = found === undefined || !allowed.includes(found) ? (textOf(head) ?? found ?? BINARY) : found;
  return allowed.includes(type) || isZipped(type, allowed) ? type : null;
}

/** Whether a file declared as `type` may be detected as an allowed type. */
export const mayBecome = (type: string, allowed: readonly string[]): boolean =>
  allowed.includes(type) || isZipped(type, allowed) || (TEXTUAL.test(type) && allowed.includes(TEXT));

const isZipped = (type: string, allowed: readonly string[]): boolean => ZIPPED.test(type) && allowed.includes(ZIP);

/** UTF-16 text begins like an MPEG audio frame. */
const isWideText = ([first, second]: Buffer): boolean => (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);

async function knownType(head: Buffer): Promise<string | undefined> {
  if (isWideText(head)) return undefined;
  try {
    return (await fileTypeFromBuffer(head))?.mime.split(';', 1)[0];
  } catch {
    return undefined; // the first bytes of a known format, followed by something else
  }
}

/** UTF-8 without control characters; the last character may be cut off. */
function textOf(head: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: head.length >= HEAD_BYTES });
    return CONTROL.test(text) ? null : TEXT;
  } catch {
    return null;
  }
}
