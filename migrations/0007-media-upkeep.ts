import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The index for expired uploads, which the collector deletes every hour. */
export class MediaUpkeep1700000000007 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE INDEX media_pending_idx ON media (expires_at) WHERE status = 'pending'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP INDEX media_pending_idx`);
  }
}
