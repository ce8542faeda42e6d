import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';

/**
 * Prepared statements on the bare pool, for the few calls where the cost of an ORM shows: each runs and commits by itself, in READ
 * COMMITTED. An answer that does not come in time is an error of the connection, which is given up.
 */
@Injectable()
export class DirectQueries {
  private readonly pool: Pool;
  private readonly patienceMs: number;

  constructor(dataSource: DataSource, settings: Settings) {
    this.pool = (dataSource.driver as unknown as { master: Pool }).master;
    this.patienceMs = settings.database.patienceMs;
  }

  /**
   * @param name of the prepared statement; the same name always comes with the same text
   * @param waitMs what the statement itself may spend waiting for locks, on top of the patience with the database
   */
  async executePrepared<Row>(name: string, text: string, values: readonly unknown[], waitMs = 0): Promise<Row[]> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const query = { name, text, values: [...values], query_timeout: this.patienceMs + waitMs };
      return (await client.query(query)).rows as Row[];
    } catch (error) {
      // An ERROR of Postgres leaves the connection well. Anything else, and nobody knows what it will say next.
      if (!(error instanceof Error && 'severity' in error && error.severity === 'ERROR'))
        broken = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
