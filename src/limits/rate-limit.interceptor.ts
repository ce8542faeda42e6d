import {
  type CallHandler,
  type CustomDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import type { Actor } from '../common/actor.js';
import { RateLimited } from './limits.errors.js';
import type { BudgetState, RateLimitAction } from './limits.types.js';
import { RateLimits } from './rate-limits.js';

/** Charges every REST request to its actor, or to its address without one. An interceptor, since guards set the actor. */
@Injectable()
export class RateLimitInterceptor implements NestInterceptor {
  constructor(
    private readonly limits: RateLimits,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const targets = [context.getHandler(), context.getClass()];
    const action = this.reflector.getAllAndOverride<RateLimitAction | null | undefined>(RATE_LIMIT, targets);
    if (context.getType() === 'http' && action !== null) await this.charge(context, action ?? 'request');
    return next.handle();
  }

  private async charge(context: ExecutionContext, action: RateLimitAction): Promise<void> {
    const { user, ip = '' } = context.switchToHttp().getRequest<Request & { user?: Actor }>();
    const response = context.switchToHttp().getResponse<Response>();
    try {
      setHeaders(response, await this.limits.consumeForResponse(user ? { userId: user.userId } : { ip }, action));
    } catch (error) {
      if (error instanceof RateLimited) setHeaders(response, error.budget);
      throw error;
    }
  }
}

function setHeaders(response: Response, state: BudgetState | null): void {
  if (!state) return;
  response.setHeader('RateLimit-Limit', state.limit);
  response.setHeader('RateLimit-Remaining', state.remaining);
  response.setHeader('RateLimit-Reset', state.reset);
}

export const RATE_LIMIT = 'parley:rate-limit';

/** The budget that a route or controller uses instead of `request`; null: none. */
export const RateLimit = (action: RateLimitAction | null): CustomDecorator => SetMetadata(RATE_LIMIT, action);
