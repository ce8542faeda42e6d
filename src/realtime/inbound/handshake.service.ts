import { Injectable } from '@nestjs/common';
import type { VerifiedActor } from '../../auth/session.types.js';
import { TokenService } from '../../auth/token.service.js';
import { TokenInvalid } from '../../auth/auth.errors.js';
import { newId } from '../../common/ids.js';
import { Settings } from '../../config/settings.js';
import { RateLimits } from '../../limits/rate-limits.js';
import type { ChatSocket } from '../hub/connection.js';
import { Drain } from './drain.service.js';
import { UserHub } from '../hub/user-hub.service.js';
import { problemOfAny } from '../adapter/acks.js';
import { ProtocolUnsupported, TooManySockets } from './realtime.errors.js';

interface HandshakeAuth {
  token?: unknown;
  protocol?: unknown;
  frames?: unknown;
}

/** Authenticates sockets. A refused client receives the problem in `err.data` of its `connect_error`. */
@Injectable()
export class Handshake {
  constructor(
    private readonly tokens: TokenService,
    private readonly limits: RateLimits,
    private readonly userHub: UserHub,
    private readonly drain: Drain,
    private readonly settings: Settings,
  ) {}

  /** Middleware for Socket.IO. */
  readonly authenticate = (socket: ChatSocket, next: (error?: Error) => void): void => {
    this.check(socket).then(
      () => next(),
      (error: unknown) => {
        const problem = problemOfAny(error, newId());
        next(Object.assign(new Error(problem.code), { data: problem }));
      },
    );
  };

  /** Verifies the token of a handshake or of `auth:refresh`. @throws TokenInvalid, TokenExpired, SessionInvalid */
  verifyToken(token: unknown, socket: ChatSocket): Promise<VerifiedActor> {
    if (typeof token !== 'string') throw new TokenInvalid();
    const { headers, address } = socket.handshake;
    return this.tokens.verify(token, { userAgent: headers['user-agent'] ?? null, ip: address });
  }

  private async check(socket: ChatSocket): Promise<void> {
    this.drain.requireNotDraining();
    const { token, protocol = this.settings.realtime.protocol, frames } = socket.handshake.auth as HandshakeAuth;
    if (protocol !== this.settings.realtime.protocol) throw new ProtocolUnsupported();
    const { expiresAt, ...actor } = await this.verifyToken(token, socket);
    await this.limits.consumeForResponse(actor, 'request');
    if ((this.userHub.findUser(actor.userId)?.connections.size ?? 0) >= this.settings.realtime.socketsPerUser) throw new TooManySockets();
    Object.assign(socket.data, { actor, expiresAt: expiresAt.getTime(), frames: frames === true });
  }
}
