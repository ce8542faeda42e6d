import { Injectable } from '@nestjs/common';
import { ValidationFailed } from '../../common/domain-error.js';
import { Settings } from '../../config/settings.js';
import type { RateLimitAction } from '../../limits/limits.types.js';
import { RateLimits } from '../../limits/rate-limits.js';
import { ackOf, refused } from '../adapter/acks.js';
import type { Connection } from '../hub/connection.js';
import { CLIENT_EVENTS, type ClientEvent, isClientEvent } from '../wire/wire.js';
import { Drain } from './drain.service.js';
import { UnknownEvent } from './realtime.errors.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Checks every client event before its handler: known event, one object as payload, rate limits. Acks with an error otherwise. Awaits nothing
 * unless Redis must be asked for the budget, so that events keep their order.
 */
@Injectable()
export class EventGuard {
  constructor(
    private readonly limits: RateLimits,
    private readonly drain: Drain,
    private readonly settings: Settings,
  ) {}

  guardEvents({ socket, actor }: Connection): void {
    const bucket = this.settings.limits.enabled ? new TokenBucket(this.settings.realtime.eventsPerSecond) : null;
    socket.use(([event, ...args], next) => {
      const refuse = (error: unknown): void => ackOf(args)(refused(error));
      try {
        if (bucket?.isExhausted) return void socket.disconnect(true);
        bucket?.takeToken();
        this.drain.requireNotDraining();
        if (socket.listenerCount(event) === 0) throw new UnknownEvent();
        const reservation = this.limits.consumePoints(actor, budgetOf(event, args));
        if (reservation) reservation.then(() => next(), refuse);
        else next();
      } catch (error) {
        refuse(error);
      }
    });
  }
}

/** @throws UnknownEvent, ValidationFailed */
function budgetOf(event: unknown, args: readonly unknown[]): RateLimitAction {
  if (!isClientEvent(event)) throw new UnknownEvent();
  const payload = args.filter((argument) => typeof argument !== 'function');
  if (payload.length > 1) throw new ValidationFailed([{ path: '', message: 'must be one object' }]);
  const [body] = payload;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ValidationFailed([{ path: '', message: 'must be an object' }]);
  }
  const { budget }: ClientEvent = CLIENT_EVENTS[event];
  return budget;
}
