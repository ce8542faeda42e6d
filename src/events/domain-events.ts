import { Injectable, Logger } from '@nestjs/common';
import { stackOf } from '../common/thrown.js';
import { Transactions } from '../database/transactions.js';

type EventClass<E> = abstract new (...args: never[]) => E;
type Handler = (event: object) => void | Promise<void>;

/**
 * Facts, named in the past tense. A use case publishes inside its transaction; the listeners receive the event after the commit, in the
 * order of publishing, and never after a rollback.
 */
@Injectable()
export class DomainEvents {
  private readonly log = new Logger(DomainEvents.name);
  private readonly handlers = new Map<EventClass<unknown>, Handler[]>();

  constructor(private readonly transactions: Transactions) {}

  publish(event: object): void {
    this.transactions.afterCommit(() => this.deliver(event));
  }

  /** Subscribes to every later event of exactly this class. An error of a listener is logged and does not affect the others. */
  on<E extends object>(type: EventClass<E>, handler: (event: E) => void | Promise<void>): void {
    const known = this.handlers.get(type) ?? [];
    this.handlers.set(type, [...known, handler as Handler]);
  }

  private deliver(event: object): void {
    for (const handler of this.handlers.get(event.constructor as EventClass<unknown>) ?? []) {
      void (async () => handler(event))().catch((error: unknown) => this.log.error(stackOf(error)));
    }
  }
}
