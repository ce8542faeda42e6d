import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { finalize, map, type Observable } from 'rxjs';
import { accepted } from './acks.js';
import { Drain } from '../drain.service.js';

/** Answers with `ok: true`; until then the process does not end. */
@Injectable()
export class AckInterceptor implements NestInterceptor {
  constructor(private readonly drain: Drain) {}

  intercept(_: ExecutionContext, next: CallHandler<object>): Observable<object> {
    const done = this.drain.trackRequest();
    return next.handle().pipe(map(accepted), finalize(done));
  }
}
