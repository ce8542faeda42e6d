import { Injectable, Logger } from '@nestjs/common';
import type pg from 'pg';
import { DataSource } from 'typeorm';

/** The socket of a client, which pg does not type. */
interface WithSocket {
  readonly connection: { readonly stream: { destroy(): void } };
}

/** Closes the connections of the pool when the database does not answer but does not close them either. */
@Injectable()
export class PoolGuard {
  private readonly log = new Logger(PoolGuard.name);
  private readonly clients = new Set<pg.PoolClient>();

  constructor(dataSource: DataSource) {
    const { master: pool } = dataSource.driver as unknown as { master: pg.Pool };
    // Without a listener, an error on a connection in use would end the process; its user gets the error from the statement. On `acquire`
    // and not on `connect`, since the first connection of the pool is older than this class.
    pool.on('acquire', (client) => {
      if (this.clients.has(client)) return;
      this.clients.add(client);
      client.on('error', (error) => this.log.warn(`A database connection was lost (${error.message})`));
    });
    pool.on('remove', (client) => this.clients.delete(client));
  }

  /** Makes every statement in flight fail as a lost connection; the next ones open new connections. */
  closeConnections(): void {
    if (this.clients.size > 0) this.log.warn(`The database does not answer: closing ${this.clients.size} connections`);
    for (const client of [...this.clients]) (client as unknown as WithSocket).connection.stream.destroy();
  }
}
