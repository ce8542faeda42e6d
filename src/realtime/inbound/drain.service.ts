import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { SocketServer } from '../adapter/socket-server.service.js';
import { RoomFanout } from '../fanout/room-fanout.service.js';
import { Presence } from '../presence/presence.service.js';
import { ServerDraining } from './realtime.errors.js';

/** Clients reconnect to another process after a random time up to this. */
const RETRY_AFTER_S = 5;
const MAX_WAIT_MS = 6_000;
const POLL_MS = 20;

/** Shuts the sockets of a process down: announces the end, waits for pending acks, and disconnects. */
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

  /** Delays the end of the process until the returned function is called. */
  trackRequest(): () => void {
    this.inFlight++;
    return () => this.inFlight--;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.draining = true;
    this.server.broadcastToProcess('server:draining', { retryAfter: RETRY_AFTER_S });
    const deadline = performance.now() + MAX_WAIT_MS;
    while (this.inFlight > 0 && performance.now() < deadline) await sleep(POLL_MS);
    this.fanout.flush();
    this.server.disconnectAll();
    await this.presence.flush();
  }
}
