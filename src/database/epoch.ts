import { Injectable } from '@nestjs/common';
import { ServerState } from './server-state.entity.js';
import { Transactions } from './transactions.js';

/** The identity of the database history. A client with another epoch has void sync cursors and reloads. */
@Injectable()
export class Epoch {
  constructor(private readonly transactions: Transactions) {}

  async getEpoch(): Promise<string> {
    const [row] = await this.transactions.queryPrepared<{ value: string }>(`SELECT value FROM server_state WHERE key = 'epoch'`);
    if (!row) throw new Error('the database has no epoch');
    return row.value;
  }

  /** Voids all sync cursors of clients. */
  async renewEpoch(): Promise<void> {
    await this.transactions.manager.update(ServerState, { key: 'epoch' }, { value: () => 'gen_random_uuid()::text' });
  }
}
