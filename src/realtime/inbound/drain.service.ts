import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Presence } from '../presence/presence.service.js';
import { ServerDraining } from './realtime.errors.js';
import { RoomFanout } from '../fanout/room-fanout.service.js';
import { SocketServer } from '../adapter/socket-server.service.js';

/** Clients come back, elsewhere, at a random time within it. */
const RETRY_AFTER_S = 5;
/** The longest that answers under way are waited for. */
const PATIENCE_MS = 6_000;
const LOOK_MS = 20;

/** The end of a process, as its sockets see it: they are told, get the answers that are under way, and are closed. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  private draining = false;
  private inFlight = 0;

  constructor(
    private readonly server: SocketServer,
    private readonly fanout: RoomFanout,
    private readonly presence: Presence,
  ) {}

  /** @throws ServerDraining */
  requireNotDraining(): void {
    if (this.draining) throw new ServerDraining(RETRY_AFTER_S);
  }

  /** Somebody waits for an answer, until the function that is given back is called. */
  trackRequest(): () => void {
    this.inFlight++;
    return () => this.inFlight--;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.draining = true;
    this.server.broadcastToProcess('server:draining', { retryAfter: RETRY_AFTER_S });
    const deadline = performance.now() + PATIENCE_MS;
    while (this.inFlight > 0 && performance.now() < deadline) await pause(LOOK_MS);
    this.fanout.flush();
    this.server.disconnectAll();
    await this.presence.flush();
  }
}
