import type { Request } from 'express';
import type { Actor } from '../common/actor.js';
import { isStorable } from '../common/text.js';

const MAX_USER_AGENT = 255;

/** The actor of a verified access token or media ticket. */
export type VerifiedActor = Actor & {
  readonly sessionId: string;
  readonly expiresAt: Date;
};

/** The client that uses a session, for the user's list of sessions. */
export interface Device {
  readonly userAgent: string | null;
  readonly ip: string | null;
}

export const UNKNOWN_DEVICE: Device = { userAgent: null, ip: null };

export function deviceOf(request: Pick<Request, 'headers' | 'ip'>): Device {
  const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null;
  return { userAgent: userAgent !== null && isStorable(userAgent) ? userAgent : null, ip: request.ip ?? null };
}
