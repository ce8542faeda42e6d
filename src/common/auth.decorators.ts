import { createParamDecorator, type CustomDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import type { Actor } from './actor.js';

export const IS_PUBLIC = 'parley:public';

/** A route that needs no token. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, true);

export const TICKET_ALLOWED = 'parley:ticket';

/** A route that a browser opens where no header can be sent: `?ticket=` stands there for the token. */
export const TicketAllowed = (): CustomDecorator => SetMetadata(TICKET_ALLOWED, true);

/** The signed-in person of a REST request, put there by the global guard. */
export const CurrentActor = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor => context.switchToHttp().getRequest<Request & { user: Actor }>().user,
);
