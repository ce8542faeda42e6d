import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { Request } from 'express';
import { ExtractJwt } from 'passport-jwt';
import { IS_PUBLIC, TICKET_ALLOWED } from '../common/auth.decorators.js';
import { deviceOf } from './device.types.js';
import { JwtStrategy } from './jwt.strategy.js';
import { Tickets } from './tickets.service.js';
import { tokenErrorOf, TokenService, type VerifiedActor } from './token.service.js';

const bearer = ExtractJwt.fromAuthHeaderAsBearerToken();

/**
 * Every REST route asks for a token, but those that say `@Public()`; those that say `@TicketAllowed()` take a ticket as well. Sockets prove
 * themselves in their handshake.
 */
@Injectable()
export class JwtAuthGuard extends AuthGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly tokens: TokenService,
    private readonly tickets: Tickets,
    private readonly reflector: Reflector,
  ) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    if (this.says(IS_PUBLIC, context)) return true;
    const request = context.switchToHttp().getRequest<Request & { user: VerifiedActor }>();
    const token = bearer(request);
    const { ticket } = request.query;
    if (!token && typeof ticket === 'string' && this.says(TICKET_ALLOWED, context)) {
      request.user = await this.tickets.verifyMediaTicket(ticket);
      return true;
    }
    if (!token || !this.tokens.isForeign(token)) return (await super.canActivate(context)) as boolean;
    request.user = await this.tokens.verify(token, deviceOf(request));
    return true;
  }

  private says(mark: string, context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride<boolean | undefined>(mark, [context.getHandler(), context.getClass()]) ?? false;
  }

  override handleRequest<T>(error: unknown, actor: T | false | undefined, info: unknown): T {
    if (error instanceof Error) throw error;
    if (!actor) throw tokenErrorOf(info);
    return actor;
  }
}
