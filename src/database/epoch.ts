import { Injectable } from '@nestjs/common';
import { Transactions } from './transactions.js';

/** The name of this history: a client that knows another one holds cursors of another past, and begins anew. */
@Injectable()
export class Epoch {
  constructor(private readonly transactions: Transactions) {}

  /** Every cursor that a client holds is void from the commit on. */
  async renew(): Promise<void> {
    await this.transactions.query(`UPDATE server_state SET value = gen_random_uuid()::text WHERE key = 'epoch'`);
  }
}
