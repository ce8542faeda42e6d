import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Transactions } from '../database/transactions.js';

@Injectable()
export class Readiness {
  private migrated = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly dataSource: DataSource,
  ) {}

  /** Asks the database each time whether it answers, and until it is so whether it has the whole schema. @throws DatabaseUnavailable */
  async isMigrated(): Promise<boolean> {
    if (this.migrated) {
      await this.transactions.query('SELECT 1');
      return true;
    }
    const [table] = await this.transactions.query<{ name: string | null }>(`SELECT to_regclass('migrations') AS name`);
    if (!table?.name) return false;
    const [row] = await this.transactions.query<{ done: number }>('SELECT count(*)::int AS done FROM migrations');
    this.migrated = (row?.done ?? 0) >= this.dataSource.migrations.length;
    return this.migrated;
  }
}
