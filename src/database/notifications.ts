import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { runLogged } from '../common/thrown.js';
import { ProcessRole } from '../config/process-role.js';
import { Settings } from '../config/settings.js';
import { DedicatedConnection } from './dedicated-connection.js';
import { PoolGuard } from './pool-guard.js';

type Handler = (payload: string) => void;

/**
 * Receives what other processes send by `pg_notify`, on a connection of its own that reconnects by itself. Notifications sent while it is
 * down are lost: {@link onReconnect}. Connects at the first `listen`, and never in a command.
 */
@Injectable()
export class DatabaseNotifications implements OnApplicationShutdown {
  private readonly log = new Logger(DatabaseNotifications.name);
  private readonly handlers = new Map<string, Handler[]>();
  private readonly reconnectHandlers: (() => void)[] = [];
  private readonly connection: DedicatedConnection;
  private readonly firstUp = Promise.withResolvers<void>();

  constructor(
    settings: Settings,
    private readonly role: ProcessRole,
    pool: PoolGuard,
  ) {
    this.connection = new DedicatedConnection(settings.database.url ?? '', {
      prepare: (client) => this.listenAll(client),
      onUp: (first) => this.handleUp(first),
      onDown: (reason) => this.log.warn(`The connection for notifications was lost (${reason})`),
      onTimeout: () => pool.closeConnections(),
      onNotification: (channel, payload) => this.deliver(channel, payload),
    });
  }

  /** Resolves once the connection listens on the channel. Does nothing in a command. */
  async listen(channel: string, handler: Handler): Promise<void> {
    if (!this.role.isServer) return;
    const known = this.handlers.get(channel);
    this.handlers.set(channel, [...(known ?? []), handler]);
    this.connection.start();
    await this.firstUp.promise;
    if (!known) await this.connection.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  /** Runs `handler` after each reconnect, once the connection listens on all channels again. */
  onReconnect(handler: () => void): void {
    this.reconnectHandlers.push(handler);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.stop();
  }

  private async listenAll(client: pg.Client): Promise<void> {
    for (const channel of this.handlers.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  private handleUp(first: boolean): void {
    if (first) return this.firstUp.resolve();
    this.log.log('The connection for notifications is open again');
    for (const handler of this.reconnectHandlers) runLogged(this.log, handler);
  }

  private deliver(channel: string, payload: string): void {
    for (const handler of this.handlers.get(channel) ?? []) runLogged(this.log, () => handler(payload));
  }
}
