import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { z } from 'zod';
import { isId } from '../common/ids.js';
import { Settings } from '../config/settings.js';
import type { TicketView } from './auth.view.js';
import { Sessions } from './sessions.service.js';
import { ACCESS_ALGORITHM, tokenErrorOf, type VerifiedActor } from './token.service.js';
import { TokenInvalid } from './auth.errors.js';

const claims = z.object({ typ: z.literal('ticket'), sub: z.string().refine(isId), sid: z.string().refine(isId), exp: z.number() });

/** Short words that stand in an address for the token of one session. Good for reading media, and nothing else. */
@Injectable()
export class Tickets {
  constructor(
    private readonly jwt: JwtService,
    private readonly sessions: Sessions,
    private readonly settings: Settings,
  ) {}

  issueMediaTicket({ userId, sessionId }: VerifiedActor): TicketView {
    const { auth, media } = this.settings;
    const { issuer, audience } = auth;
    const expiresIn = media.ticketSeconds;
    const ticket = this.jwt.sign(
      { typ: 'ticket', sub: userId, sid: sessionId },
      { algorithm: ACCESS_ALGORITHM, issuer, audience, expiresIn },
    );
    return { ticket, expiresIn };
  }

  /** Who it is good for, now: it ends with its session. @throws TokenInvalid, TokenExpired, SessionInvalid */
  async verifyMediaTicket(ticket: string): Promise<VerifiedActor> {
    const { issuer, audience } = this.settings.auth;
    let payload: object;
    try {
      payload = await this.jwt.verifyAsync<object>(ticket, { algorithms: [ACCESS_ALGORITHM], issuer, audience });
    } catch (error) {
      throw tokenErrorOf(error);
    }
    const { data } = claims.safeParse(payload);
    if (!data) throw new TokenInvalid();
    const { admin } = await this.sessions.requireSession(data.sid, data.sub);
    return { userId: data.sub, sessionId: data.sid, admin, expiresAt: new Date(data.exp * 1000) };
  }
}
