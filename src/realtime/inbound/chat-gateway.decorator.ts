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

/** Adds `ok: true` to the ack. The process does not end before it is sent. */
@Injectable()
class AckInterceptor implements NestInterceptor {
  constructor(private readonly drain: Drain) {}

  intercept(_: ExecutionContext, next: CallHandler<object>): Observable<object> {
    const finishRequest = this.drain.trackRequest();
    return next.handle().pipe(map(accepted), finalize(finishRequest));
  }
}

/** Declares a gateway that acks every event: with the result of the handler and `ok: true`, or with its error. Validates payloads by their class. */
export const ChatGateway = (): ClassDecorator =>
  applyDecorators(WebSocketGateway(), UseFilters(AckFilter), UseInterceptors(AckInterceptor), UsePipes(BodyPipe));
