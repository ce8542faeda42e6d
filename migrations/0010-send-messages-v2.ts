import type { MigrationInterface, QueryRunner } from 'typeorm';
import { releasedSql } from './released-sql.js';

/** The same function with the names of docs/glossary.md inside, and the permission bits generated from the list of permissions. */
export class SendMessagesV21700000000010 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(releasedSql('send-messages.v2.sql'));
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(releasedSql('send-messages.v1.sql'));
  }
}
