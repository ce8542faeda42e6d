import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The search index of messages, for any script. It is filled outside the send path. */
export class Search1700000000006 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // normal: the text folded by the application, independent of the server's locale. grams: the three characters from each position of each
    // word, fewer at its end, so that any part of a word is a prefix of one. A tsvector, since its index compares bytes and finds prefixes.
    // Both null: deleted; the row stays, so that a late indexer does not insert it again.
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
    await db.query(`CREATE INDEX message_search_sent_at_idx ON message_search (sent_at, room_id, seq)`); // newest first across rooms

    // Up to which seq each room is indexed.
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
