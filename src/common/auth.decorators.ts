import { createParamDecorator, type CustomDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from './actor.js';

export const IS_PUBLIC = 'parley:public';

/** A route that needs no token. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);

export const TICKET_ALLOWED = 'parley:ticket';

/** A route that also accepts `?ticket=`, for browsers that cannot send a header (`<img src>`). */
export const TicketAllowed = (): CustomDecorator => SetMetadata(TICKET_ALLOWED, true);

/** The actor of a REST request, set by the global guard. */
export const CurrentActor = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor => context.switchToHttp().getRequest<Request & { user: Actor }>().user,
);
