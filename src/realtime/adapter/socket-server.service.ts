import { Injectable } from '@nestjs/common';
import type { Server } from 'socket.io';
import type { ServerEventName } from '../wire/wire.js';
import { RedisAdapter } from './redis.adapter.js';

/** The Socket.IO server of this process, and its connection to the other processes. */
@Injectable()
export class SocketServer {
  /** For Socket.IO's own API. Null before the application listens. */
  server: Server | null = null;
  /** Null without Redis. */
  cluster: RedisAdapter | null = null;

  attach(server: Server): void {
    const adapter: unknown = server.sockets.adapter;
    this.server = server;
    this.cluster = adapter instanceof RedisAdapter ? adapter : null;
  }

  broadcastToProcess(event: ServerEventName, body: object): void {
    this.server?.local.emit(event, body);
  }

  disconnectAll(): void {
    for (const socket of [...(this.server?.sockets.sockets.values() ?? [])]) socket.disconnect(true);
  }
}
