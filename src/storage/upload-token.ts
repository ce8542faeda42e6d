import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { UploadGrant, VerifiedUpload } from './object-store.js';

const MAX_LENGTH = 2_000;

const claims = z.object({
  key: z.string(),
  mediaId: z.string(),
  contentType: z.string(),
  size: z.number(),
  sha256: z.string().nullable(),
  /** Milliseconds of the epoch. */
  expires: z.number(),
});

/** The right to upload one object, in a word that only holders of the secret can make. */
export class UploadTokens {
  constructor(private readonly secret: Buffer) {}

  sign(key: string, { mediaId, contentType, size, sha256 = null }: UploadGrant, expiresSeconds: number): string {
    const expires = Date.now() + expiresSeconds * 1000;
    const body = Buffer.from(JSON.stringify({ key, mediaId, contentType, size, sha256, expires })).toString('base64url');
    return `${body}.${this.signature(body).toString('base64url')}`;
  }

  verify(mediaId: string, token: string): VerifiedUpload | null {
    const [body, signature, ...rest] = token.length <= MAX_LENGTH ? token.split('.') : [];
    if (!body || !signature || rest.length > 0) return null;
    const given = Buffer.from(signature, 'base64url');
    const right = this.signature(body);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
    const { expires, ...upload } = claims.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
    return upload.mediaId === mediaId && expires > Date.now() ? upload : null;
  }

  private signature(body: string): Buffer {
    return createHmac('sha256', this.secret).update(body).digest();
  }
}
