import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes for the export of an account. */
export class DeedsOfAPerson1700000000009 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE INDEX room_reports_reporter_id_idx ON room_reports (reporter_id, id)`);
    await db.query(`CREATE INDEX room_reports_resolved_by_idx ON room_reports (resolved_by, id) WHERE resolved_by IS NOT NULL`);
    await db.query(`CREATE INDEX room_bans_created_by_idx ON room_bans (created_by, room_id, user_id)`);
    await db.query(`CREATE INDEX room_invites_created_by_idx ON room_invites (created_by, id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const index of [
      'room_invites_created_by_idx',
      'room_bans_created_by_idx',
      'room_reports_resolved_by_idx',
      'room_reports_reporter_id_idx',
    ]) {
      await db.query(`DROP INDEX ${index}`);
    }
  }
}
