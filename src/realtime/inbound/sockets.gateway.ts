import { Logger } from '@nestjs/common';
import type { Server } from 'socket.io';
import type { OnGatewayConnection, OnGatewayDisconnect, OnGatewayInit } from '@nestjs/websockets';
import { SessionInvalid } from '../../users/users.errors.js';
import { Settings } from '../../config/settings.js';
import { SocketSetup } from '../hub/socket-setup.service.js';
import { ChatGateway } from './chat-gateway.decorator.js';
import { type ChatSocket, Connection } from '../hub/connection.js';
import { Handshake } from './handshake.service.js';
import { endWhenExpired, guardOutbound, writeTogether } from './socket-guards.js';
import { Presence } from '../presence/presence.service.js';
import { SendHandler } from './send-handler.service.js';
import { SocketServer } from '../adapter/socket-server.service.js';

/** Connects and disconnects sockets. */
@ChatGateway()
export class SocketsGateway implements OnGatewayInit<Server>, OnGatewayConnection<ChatSocket>, OnGatewayDisconnect<ChatSocket> {
  private readonly log = new Logger(SocketsGateway.name);

  constructor(
    private readonly server: SocketServer,
    private readonly handshake: Handshake,
    private readonly setup: SocketSetup,
    private readonly sendHandler: SendHandler,
    private readonly presence: Presence,
    private readonly settings: Settings,
  ) {}

  afterInit(server: Server): void {
    this.server.attach(server);
    server.use(this.handshake.authenticate);
  }

  /** Nest neither awaits nor catches here. */
  handleConnection(socket: ChatSocket): void {
    const connection = new Connection(socket);
    guardOutbound(connection, this.settings.realtime.outboundBytes);
    writeTogether(socket);
    endWhenExpired(socket);
    void socket.join(`user:${connection.userId}`);
    this.sendHandler.handleSends(connection);
    this.setup
      .setUpSocket(connection)
      .then(() => this.presence.connected(connection))
      .catch((error: unknown) => {
        if (error instanceof SessionInvalid) socket.emit('session:ended', { reason: 'revoked' });
        else this.log.warn(`A socket could not be set up: ${String(error)}`);
        socket.disconnect(true);
      });
  }

  handleDisconnect(socket: ChatSocket): void {
    const connection = Connection.of(socket);
    this.setup.tearDownSocket(connection);
    this.presence.disconnected(connection);
  }
}
