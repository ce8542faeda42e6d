import { Injectable } from '@nestjs/common';
import type { Server } from 'socket.io';
import type { ServerEventName } from '../wire/wire.js';

/** The Socket.IO server of this process. */
@Injectable()
export class SocketServer {
  private server: Server | null = null;

  attach(server: Server): void {
    this.server = server;
  }

  broadcastToProcess(event: ServerEventName, body: object): void {
    this.server?.local.emit(event, body);
  }

  disconnectAll(): void {
    for (const socket of [...(this.server?.sockets.sockets.values() ?? [])]) socket.disconnect(true);
  }
}
