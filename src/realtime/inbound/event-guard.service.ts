import { Injectable } from '@nestjs/common';
import { ValidationFailed } from '../../common/domain-error.js';
import { Settings } from '../../config/settings.js';
import type { RateLimitAction } from '../../limits/limits.types.js';
import { RateLimits } from '../../limits/rate-limits.js';
import { ackOf, refused } from '../adapter/acks.js';
import type { Connection } from '../hub/connection.js';
import { Drain } from './drain.service.js';
import { TokenBucket } from './token-bucket.js';
import { UnknownEvent } from './realtime.errors.js';
import { CLIENT_EVENTS, type ClientEvent, isClientEvent } from '../wire/wire.js';

/**
 * What every event of a client meets before its handler: is there such an event, is there something to handle, may this person say so much.
 * A refusal is the answer to the event. Nothing is awaited unless the budget must be asked elsewhere: events keep their order.
 */
@Injectable()
export class EventGuard {
  constructor(
    private readonly limits: RateLimits,
    private readonly drain: Drain,
    private readonly settings: Settings,
  ) {}

  guardEvents({ socket, actor }: Connection): void {
    const pace = this.settings.limits.enabled ? new TokenBucket(this.settings.realtime.eventsPerSecond) : null;
    socket.use(([event, ...args], next) => {
      const ack = ackOf(args);
      const refuse = (error: unknown): void => ack(refused(error));
      try {
        if (pace?.exhausted) return void socket.disconnect(true);
        pace?.take();
        this.drain.requireNotDraining();
        if (socket.listenerCount(event) === 0) throw new UnknownEvent();
        const asked = this.limits.consumePoints(actor, judged(event, args));
        if (asked) asked.then(() => next(), refuse);
        else next();
      } catch (error) {
        refuse(error);
      }
    });
  }
}

/** The budget that the event spends from. @throws UnknownEvent, ValidationFailed */
function judged(event: unknown, args: readonly unknown[]): RateLimitAction {
  if (!isClientEvent(event)) throw new UnknownEvent();
  const { budget }: ClientEvent = CLIENT_EVENTS[event];
  const payload = args.filter((argument) => typeof argument !== 'function');
  if (payload.length > 1) throw new ValidationFailed([{ path: '', message: 'must be one object' }]);
  const [body] = payload;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ValidationFailed([{ path: '', message: 'must be an object' }]);
  }
  return budget;
}
