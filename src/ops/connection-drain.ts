import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ProcessRole } from '../config/process-role.js';

/**
 * On shutdown, closes idle HTTP connections at once and the others after their answer. Otherwise a keep-alive connection would delay the
 * end of the process until its time limit. Upgraded sockets are not affected.
 */
@Injectable()
export class ConnectionDrain implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Requests in progress on each connection. */
  private readonly requests = new Map<Socket, number>();
  private draining = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly role: ProcessRole,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.role.isServer) return;
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('connection', (socket: Socket) => {
      this.requests.set(socket, 0);
      socket.once('close', () => this.requests.delete(socket));
    });
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => this.countRequest(socket, response));
    server.on('upgrade', ({ socket }: IncomingMessage) => this.requests.delete(socket));
  }

  beforeApplicationShutdown(): void {
    this.draining = true;
    for (const socket of this.requests.keys()) this.closeIfIdle(socket);
  }

  private countRequest(socket: Socket, response: ServerResponse): void {
    this.requests.set(socket, (this.requests.get(socket) ?? 0) + 1);
    if (this.draining) response.setHeader('Connection', 'close');
    response.once('close', () => {
      const left = this.requests.get(socket);
      if (left === undefined) return;
      this.requests.set(socket, left - 1);
      if (this.draining) this.closeIfIdle(socket);
    });
  }

  private closeIfIdle(socket: Socket): void {
    if (this.requests.get(socket) === 0) socket.destroySoon();
  }
}
