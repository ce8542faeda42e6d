import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';

/**
 * Runs prepared statements on the pool of pg, for the few calls where the cost of an ORM shows. Each commits by itself, in READ COMMITTED.
 * A connection that does not answer in time is closed.
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
   * @param name of the prepared statement; one name, one text
   * @param waitMs how long the statement may wait for locks, in addition to the time for an answer
   */
  async executePrepared<Row>(name: string, text: string, values: readonly unknown[], waitMs = 0): Promise<Row[]> {
    const client = await this.pool.connect();
    let broken = false;
    try {
      const query = { name, text, values: [...values], query_timeout: this.patienceMs + waitMs };
      return (await client.query(query)).rows as Row[];
    } catch (error) {
      // After an ERROR of Postgres the connection is usable; after anything else its state is unknown.
      broken = !(error instanceof Error && 'severity' in error && error.severity === 'ERROR');
      throw error;
    } finally {
      client.release(broken);
    }
  }
}
