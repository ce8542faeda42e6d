import type { Request } from 'express';
import { isStorable } from '../common/text.js';

const MAX_USER_AGENT = 255;

/** Where a session is used from, for its owner's list of devices. */
export interface Device {
  readonly userAgent: string | null;
  readonly ip: string | null;
}

export const UNKNOWN_DEVICE: Device = { userAgent: null, ip: null };

export function deviceOf(request: Pick<Request, 'headers' | 'ip'>): Device {
  const userAgent = request.headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null;
  return { userAgent: userAgent !== null && isStorable(userAgent) ? userAgent : null, ip: request.ip ?? null };
}
