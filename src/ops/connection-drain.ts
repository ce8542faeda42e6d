import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ProcessRole } from '../config/process-role.js';

/**
 * In a shutdown, ends the connections that wait for nothing at once, and each other one after its answer: a client that
 * keeps a connection open would else hold the process until its time is up. Sockets that were upgraded are not ours.
 */
@Injectable()
export class ConnectionDrain implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Requests that each connection waits for. */
  private readonly waiting = new Map<Socket, number>();
  private draining = false;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly role: ProcessRole,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.role.isServer) return;
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('connection', (socket: Socket) => {
      this.waiting.set(socket, 0);
      socket.once('close', () => this.waiting.delete(socket));
    });
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => this.serve(socket, response));
    server.on('upgrade', ({ socket }: IncomingMessage) => this.waiting.delete(socket));
  }

  beforeApplicationShutdown(): void {
    this.draining = true;
    for (const socket of this.waiting.keys()) this.endIfIdle(socket);
  }

  private serve(socket: Socket, response: ServerResponse): void {
    this.waiting.set(socket, (this.waiting.get(socket) ?? 0) + 1);
    if (this.draining) response.setHeader('Connection', 'close');
    response.once('close', () => {
      const left = this.waiting.get(socket);
      if (left === undefined) return;
      this.waiting.set(socket, left - 1);
      if (this.draining) this.endIfIdle(socket);
    });
  }

  private endIfIdle(socket: Socket): void {
    if (this.waiting.get(socket) === 0) socket.destroySoon();
  }
}
