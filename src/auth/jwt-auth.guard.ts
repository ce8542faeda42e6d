import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { Request } from 'express';
import { ExtractJwt } from 'passport-jwt';
import { IS_PUBLIC } from '../common/public.decorator.js';
import { deviceOf } from './device.types.js';
import { JwtStrategy } from './jwt.strategy.js';
import { tokenRefusal, TokenService, type VerifiedActor } from './token.service.js';

const bearer = ExtractJwt.fromAuthHeaderAsBearerToken();

/** Every REST route asks for a token, but those that say `@Public()`. Sockets prove themselves in their handshake. */
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
    if (this.reflector.getAllAndOverride<boolean | undefined>(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<Request & { user: VerifiedActor }>();
    const token = bearer(request);
    if (!token || !this.tokens.isForeign(token)) return (await super.canActivate(context)) as boolean;
    request.user = await this.tokens.verify(token, deviceOf(request));
    return true;
  }

  override handleRequest<T>(error: unknown, actor: T | false | undefined, info: unknown): T {
    if (error instanceof Error) throw error;
    if (!actor) throw tokenRefusal(info);
    return actor;
  }
}
