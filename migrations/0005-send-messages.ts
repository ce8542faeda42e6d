import type { MigrationInterface, QueryRunner } from 'typeorm';
import { releasedSql } from './released-sql.js';

/** The function that checks, numbers and writes a batch of messages. Its current source is src/timeline/send-messages.sql.ts. */
export class SendMessages1700000000005 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(releasedSql('send-messages.v1.sql'));
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP FUNCTION send_messages`);
  }
}
