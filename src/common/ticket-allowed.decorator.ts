import { type CustomDecorator, SetMetadata } from '@nestjs/common';

export const TICKET_ALLOWED = 'parley:ticket';

/** A route that a browser opens where no header can be sent: `?ticket=` stands there for the token. */
export const TicketAllowed = (): CustomDecorator => SetMetadata(TICKET_ALLOWED, true);
