import { Injectable } from '@nestjs/common';
import type { SendMessage } from '../../timeline/message.types.js';
import { MessageWriter } from '../../timeline/message-writer.service.js';
import { accepted, type Ack, ackOf, refused } from '../adapter/acks.js';
import type { Connection } from '../hub/connection.js';
import { Drain } from './drain.service.js';
import { EventGuard } from './event-guard.service.js';

/**
 * Handles `message:send` without the pipes and interceptors of a gateway, which would cost more than the send. Nothing is awaited between
 * receiving and queueing a message, so that messages of one socket are numbered in the order sent.
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
    const finishRequest = this.drain.trackRequest();
    this.writer
      .sendMessage(actor, message)
      .then(
        (sent) => ack(accepted({ message: sent.message })),
        (error: unknown) => ack(refused(error)),
      )
      .finally(finishRequest);
  }
}
