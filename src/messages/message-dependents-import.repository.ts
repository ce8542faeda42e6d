import { Injectable } from '@nestjs/common';
import { insertMissing, type JsonRow } from '../database/sql.js';
import { Transactions } from '../database/transactions.js';
import { MessageEdit, MessagePin } from './messages.entity.js';

/** Inserts the edits and pins of imported messages. Expects the transaction that holds the room head. */
@Injectable()
export class MessageDependentsImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Returns how many were new. @param edits at most 1,000 */
  async importEdits(edits: readonly JsonRow<MessageEdit>[]): Promise<number> {
    return (await insertMissing(this.transactions, MessageEdit, edits)).length;
  }

  /** Returns how many were new. @param pins at most 1,000 */
  async importPins(pins: readonly JsonRow<MessagePin>[]): Promise<number> {
    return (await insertMissing(this.transactions, MessagePin, pins)).length;
  }
}
