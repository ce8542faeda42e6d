import { Injectable } from '@nestjs/common';
import type { SendMessage } from '../../timeline/message.types.js';
import { MessageWriter } from '../../timeline/message-writer.service.js';
import { accepted, type Ack, ackOf, refused } from '../adapter/acks.js';
import type { Connection } from '../hub/connection.js';
import { Drain } from './drain.service.js';
import { EventGuard } from './event-guard.service.js';

/**
 * `message:send`, past the pipes and interceptors of the gateways: they cost more than the send. Nothing is awaited between hearing it and
 * queueing it, so one socket's messages are numbered in the order sent.
 */
@Injectable()
export class SendHandler {
  constructor(
    private readonly eventGuard: EventGuard,
    private readonly writer: MessageWriter,
    private readonly drain: Drain,
  ) {}

  handleSends(connection: Connection): void {
    this.eventGuard.guardEvents(connection);
    connection.socket.on('message:send', (...args: unknown[]) => this.send(connection, args[0] as SendMessage, ackOf(args)));
  }

  private send({ actor }: Connection, message: SendMessage, ack: Ack): void {
    const done = this.drain.trackRequest();
    this.writer
      .sendMessage(actor, message)
      .then(
        (sent) => ack(accepted({ message: sent.message })),
        (error: unknown) => ack(refused(error)),
      )
      .finally(done);
  }
}
