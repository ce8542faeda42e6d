import { Injectable, Logger } from '@nestjs/common';
import type pg from 'pg';
import { DataSource } from 'typeorm';

/** What pg does not type: the socket below a client. */
interface Wire {
  readonly connection: { readonly stream: { destroy(): void } };
}

/** Knows the connections of the pool, to end them when the database has fallen silent without closing them. */
@Injectable()
export class PoolGuard {
  private readonly log = new Logger(PoolGuard.name);
  private readonly clients = new Set<pg.PoolClient>();

  constructor(dataSource: DataSource) {
    const { master: pool } = dataSource.driver as unknown as { master: pg.Pool };
    // A connection that is lost while someone holds it would end the process as an unheard error event. Whoever holds it learns by the
    // statement. Not when it connects: the pool's first connection was there before us.
    pool.on('acquire', (client) => {
      if (this.clients.has(client)) return;
      this.clients.add(client);
      client.on('error', (error) => this.log.warn(`A connection is gone (${error.message})`));
    });
    pool.on('remove', (client) => this.clients.delete(client));
  }

  /** Every statement in flight fails at once as a lost connection; the next ones connect anew. */
  cut(): void {
    if (this.clients.size > 0) this.log.warn(`The database is silent: ${this.clients.size} connections cut`);
    for (const client of [...this.clients]) (client as unknown as Wire).connection.stream.destroy();
  }
}
