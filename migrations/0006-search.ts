import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The index of what people said, in any script. It is filled beside the send path, never in it. */
export class Search1700000000006 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // normal: the text folded by the application, so that no locale of the server counts. grams: three characters from each place of each
    // word, fewer at its end: any part of a word begins one of them. A tsvector, because its index compares bytes and knows prefixes.
    // Both null: deleted; the row stays, so that a late indexer finds the place taken.
    await db.query(`
      CREATE TABLE message_search (
        room_id uuid NOT NULL,
        seq bigint NOT NULL,
        user_id uuid NOT NULL,
        sent_at timestamptz(3) NOT NULL,
        has_media boolean NOT NULL DEFAULT false,
        normal text,
        grams tsvector,
        PRIMARY KEY (room_id, seq)
      )`);
    await db.query(`CREATE INDEX message_search_grams_idx ON message_search USING gin (grams)`);
    await db.query(`CREATE INDEX message_search_sent_at_idx ON message_search (sent_at, room_id, seq)`); // newest first over all rooms

    // How far each room is indexed.
    await db.query(`
      CREATE TABLE search_marks (
        room_id uuid PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
        seq bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 50)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE search_marks`);
    await db.query(`DROP TABLE message_search`);
  }
}
