import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { UploadGrant, VerifiedUpload } from './object-store.js';

const MAX_TOKEN = 2_000;

const claims = z.object({
  key: z.string(),
  mediaId: z.string(),
  contentType: z.string(),
  size: z.number(),
  sha256: z.string().nullable(),
  /** Milliseconds since 1970. */
  expires: z.number(),
});

/** Signs and verifies the permission to upload one object. */
export class UploadTokens {
  constructor(private readonly secret: Buffer) {}

  signToken(key: string, { mediaId, contentType, size, sha256 = null }: UploadGrant, expiresSeconds: number): string {
    const expires = Date.now() + expiresSeconds * 1000;
    const body = Buffer.from(JSON.stringify({ key, mediaId, contentType, size, sha256, expires })).toString('base64url');
    return `${body}.${this.signature(body).toString('base64url')}`;
  }

  verifyToken(mediaId: string, token: string): VerifiedUpload | null {
    const [body, signature, ...rest] = token.length <= MAX_TOKEN ? token.split('.') : [];
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
