import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Kept silences of former members. */
export class RoomSilences1700000000008 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // The silence of a member is in room_users, where the send function reads it; this table has those of former members, for a rejoin.
    await db.query(`
      CREATE TABLE room_silences (
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        until timestamptz(3) NOT NULL,
        PRIMARY KEY (room_id, user_id)
      )`);
    await db.query(`CREATE INDEX room_silences_user_id_idx ON room_silences (user_id)`); // those of a deleted account
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE room_silences`);
  }
}
