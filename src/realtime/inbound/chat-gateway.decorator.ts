import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseFilters,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { finalize, map, type Observable } from 'rxjs';
import { BodyPipe } from '../../common/body.pipe.js';
import { accepted, AckFilter } from '../adapter/acks.js';
import { Drain } from './drain.service.js';

/** Answers with `ok: true`; until then the process does not end. */
@Injectable()
class AckInterceptor implements NestInterceptor {
  constructor(private readonly drain: Drain) {}

  intercept(_: ExecutionContext, next: CallHandler<object>): Observable<object> {
    const done = this.drain.trackRequest();
    return next.handle().pipe(map(accepted), finalize(done));
  }
}

/**
 * A gateway whose every event is answered: what a handler gives back with `ok: true`, what it throws as a problem. Payloads are as their
 * class says and nothing more.
 */
export const ChatGateway = (): ClassDecorator =>
  applyDecorators(WebSocketGateway(), UseFilters(AckFilter), UseInterceptors(AckInterceptor), UsePipes(BodyPipe));
