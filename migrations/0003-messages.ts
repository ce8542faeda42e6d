import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages and their dependents. Every key begins with room_id, so that the tables can be partitioned or distributed by room. */
export class Messages1700000000003 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // No foreign keys on this table: a send locks the room head, so the room cannot be deleted meanwhile, rows of users are never deleted,
    // and a key check for each message would take a fifth of the send.
    // n: messages that are not system messages, up to and including this one. request_hash: of the body as first sent; edits keep it, and it
    // is deleted with the text.
    await db.query(`
      CREATE TABLE messages (
        room_id uuid NOT NULL,
        seq bigint NOT NULL,
        id uuid NOT NULL,
        n bigint NOT NULL,
        rev bigint NOT NULL DEFAULT 0,
        type text NOT NULL,
        text text,
        user_id uuid NOT NULL,
        reply_to_id uuid,
        reply_to_seq bigint,
        reply_count integer NOT NULL DEFAULT 0,
        request_hash bytea,
        system_event text,
        system_user_ids uuid[],
        created_at timestamptz(3) NOT NULL,
        edited_at timestamptz(3),
        deleted_at timestamptz(3),
        PRIMARY KEY (room_id, seq),
        CONSTRAINT messages_id_key UNIQUE (room_id, id),
        CONSTRAINT messages_type_check CHECK (type IN ('text', 'image', 'video', 'audio', 'file', 'system')),
        CONSTRAINT messages_system_check CHECK ((type = 'system') = (system_event IS NOT NULL))
      )`);
    // Makes the planner assume thousands of messages in a room. With the average of many small rooms it would scan a room instead of looking a
    // message up by its id, and one room may have a million.
    await db.query(`ALTER TABLE messages ALTER COLUMN room_id SET (n_distinct = -0.0005)`);
    // Deleted messages past a read mark, which the unread count subtracts.
    await db.query(`CREATE INDEX messages_deleted_idx ON messages (room_id, n) WHERE deleted_at IS NOT NULL AND type <> 'system'`);
    await db.query(`CREATE INDEX messages_replies_idx ON messages (room_id, reply_to_id, seq) WHERE reply_to_id IS NOT NULL`);
    await db.query(`CREATE INDEX messages_author_idx ON messages (user_id, room_id, seq)`); // deleting and exporting an account

    // user_id zero means all members ("all"): one row instead of one for each member.
    await db.query(`
      CREATE TABLE message_mentions (
        room_id uuid NOT NULL,
        message_id uuid NOT NULL,
        user_id uuid NOT NULL,
        seq bigint NOT NULL,
        PRIMARY KEY (room_id, message_id, user_id)
      )`);
    await db.query(`CREATE INDEX message_mentions_user_idx ON message_mentions (user_id, room_id, seq)`);

    await db.query(`
      CREATE TABLE message_edits (
        room_id uuid NOT NULL,
        message_id uuid NOT NULL,
        rev bigint NOT NULL,
        text text,
        user_id uuid NOT NULL,
        edited_at timestamptz(3) NOT NULL,
        PRIMARY KEY (room_id, message_id, rev)
      )`);

    await db.query(`
      CREATE TABLE message_pins (
        room_id uuid NOT NULL,
        message_id uuid NOT NULL,
        seq bigint NOT NULL,
        pinned_by uuid NOT NULL,
        pinned_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (room_id, message_id)
      )`);

    await db.query(`
      CREATE TABLE reactions (
        room_id uuid NOT NULL,
        message_id uuid NOT NULL,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        reaction text NOT NULL,
        id uuid NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (room_id, message_id, user_id, reaction),
        CONSTRAINT reactions_id_key UNIQUE (room_id, id)
      )`);
    await db.query(`CREATE INDEX reactions_message_idx ON reactions (room_id, message_id, id)`);
    await db.query(`CREATE INDEX reactions_user_id_idx ON reactions (user_id, id)`); // a user's own

    // Counted on write, so that a page does not read the reactions.
    await db.query(`
      CREATE TABLE reaction_counts (
        room_id uuid NOT NULL,
        message_id uuid NOT NULL,
        reaction text NOT NULL,
        count integer NOT NULL,
        first_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (room_id, message_id, reaction),
        CONSTRAINT reaction_counts_positive CHECK (count > 0)
      )`);

    await db.query(`
      CREATE TABLE room_reports (
        id uuid PRIMARY KEY,
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        message_id uuid NOT NULL,
        reporter_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        reason text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        resolved_by uuid,
        resolved_at timestamptz(3),
        note text,
        CONSTRAINT room_reports_once UNIQUE (room_id, message_id, reporter_id)
      )`);
    await db.query(`CREATE INDEX room_reports_room_id_idx ON room_reports (room_id, id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['room_reports', 'reaction_counts', 'reactions', 'message_pins', 'message_edits', 'message_mentions', 'messages']) {
      await db.query(`DROP TABLE ${table}`);
    }
  }
}
