import { applyDecorators, UseFilters, UseInterceptors, UsePipes } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { BodyPipe } from '../../common/body.pipe.js';
import { AckFilter } from './acks.js';
import { AckInterceptor } from './ack.interceptor.js';

/**
 * A gateway whose every event is answered: what a handler gives back with `ok: true`, what it throws as a problem. Payloads are as their
 * class says and nothing more.
 */
export const ChatGateway = (): ClassDecorator =>
  applyDecorators(WebSocketGateway(), UseFilters(AckFilter), UseInterceptors(AckInterceptor), UsePipes(BodyPipe));
