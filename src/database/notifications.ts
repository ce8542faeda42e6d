import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { ProcessRole } from '../config/process-role.js';
import { Settings } from '../config/settings.js';
import { DedicatedConnection } from './dedicated-connection.js';
import { PoolGuard } from './pool-guard.js';

type Handler = (payload: string) => void;

/**
 * What other processes say by `pg_notify`, over one connection of its own that reconnects by itself. What is said while it
 * is away is lost: who must know hears {@link onReconnect}. Nothing connects before the first `listen`, nor in a command.
 */
@Injectable()
export class DatabaseNotifications implements OnApplicationShutdown {
  private readonly log = new Logger(DatabaseNotifications.name);
  private readonly handlers = new Map<string, Handler[]>();
  private readonly reconnected: (() => void)[] = [];
  private readonly connection: DedicatedConnection;
  private readonly firstUp = Promise.withResolvers<void>();

  constructor(
    settings: Settings,
    private readonly role: ProcessRole,
    pool: PoolGuard,
  ) {
    this.connection = new DedicatedConnection(settings.database.url ?? '', {
      prepare: (client) => this.listenAll(client),
      up: (first) => this.isUp(first),
      down: (reason) => this.log.warn(`The connection for notifications is gone (${reason})`),
      silent: () => pool.cut(),
      notification: (channel, payload) => this.deliver(channel, payload),
    });
  }

  /** Resolves when the database listens for it (the first time). In a command it does nothing. */
  async listen(channel: string, handler: Handler): Promise<void> {
    if (!this.role.isServer) return;
    const known = this.handlers.get(channel);
    this.handlers.set(channel, [...(known ?? []), handler]);
    this.connection.start();
    await this.firstUp.promise;
    if (!known) await this.connection.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  /** Runs after each time that the connection was lost and stands again, with all channels listened to. */
  onReconnect(handler: () => void): void {
    this.reconnected.push(handler);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.stop();
  }

  private async listenAll(client: pg.Client): Promise<void> {
    for (const channel of this.handlers.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
  }

  private isUp(first: boolean): void {
    if (first) return this.firstUp.resolve();
    this.log.log('The connection for notifications is back');
    for (const handler of this.reconnected) this.safely(handler);
  }

  private deliver(channel: string, payload: string): void {
    for (const handler of this.handlers.get(channel) ?? []) this.safely(() => handler(payload));
  }

  private safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.log.error(error instanceof Error ? error.stack : String(error));
    }
  }
}
