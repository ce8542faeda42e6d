import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { Request } from 'express';
import { ExtractJwt } from 'passport-jwt';
import { IS_PUBLIC, TICKET_ALLOWED } from '../common/auth.decorators.js';
import { Settings } from '../config/settings.js';
import { BuiltInAuthOff } from './auth.errors.js';
import { JwtStrategy } from './jwt.strategy.js';
import { deviceOf, type VerifiedActor } from './session.types.js';
import { tokenErrorOf, TokenService } from './token.service.js';

const bearer = ExtractJwt.fromAuthHeaderAsBearerToken();

/**
 * Requires a token for every REST route, except those with `@Public()`; a route with `@TicketAllowed()` accepts a media ticket too. Sockets
 * are authenticated in their handshake.
 */
@Injectable()
export class JwtAuthGuard extends AuthGuard() {
  constructor(
    strategy: JwtStrategy,
    private readonly tokens: TokenService,
    private readonly reflector: Reflector,
  ) {
    super({ defaultStrategy: strategy.registeredAs });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    if (this.hasMark(IS_PUBLIC, context)) return true;
    const request = context.switchToHttp().getRequest<Request & { user: VerifiedActor }>();
    const token = bearer(request);
    const { ticket } = request.query;
    if (!token && typeof ticket === 'string' && this.hasMark(TICKET_ALLOWED, context)) {
      request.user = await this.tokens.verifyMediaTicket(ticket);
      return true;
    }
    if (!token || !this.tokens.isForeign(token)) return (await super.canActivate(context)) as boolean;
    request.user = await this.tokens.verify(token, deviceOf(request));
    return true;
  }

  private hasMark(mark: string, context: ExecutionContext): boolean {
    return this.reflector.getAllAndOverride<boolean | undefined>(mark, [context.getHandler(), context.getClass()]) ?? false;
  }

  override handleRequest<T>(error: unknown, actor: T | false | undefined, info: unknown): T {
    if (error instanceof Error) throw error;
    if (!actor) throw tokenErrorOf(info);
    return actor;
  }
}

/** Refuses the routes of usernames and passwords where another service has the accounts. */
@Injectable()
export class BuiltInAuthGuard implements CanActivate {
  constructor(private readonly settings: Settings) {}

  canActivate(): boolean {
    if (!this.settings.auth.builtIn) throw new BuiltInAuthOff();
    return true;
  }
}
