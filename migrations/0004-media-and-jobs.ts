import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files, their use in messages, and jobs. */
export class MediaAndJobs1700000000004 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // attached_at: since when something may refer to the file. doomed_at: marked for deletion; it can no longer be attached.
    await db.query(`
      CREATE TABLE media (
        id uuid PRIMARY KEY,
        owner_id uuid NOT NULL REFERENCES users,
        kind text NOT NULL,
        filename text NOT NULL,
        content_type text NOT NULL,
        size bigint NOT NULL,
        sha256 bytea,
        width integer,
        height integer,
        duration_ms integer,
        object_key text NOT NULL,
        thumbnail_key text,
        status text NOT NULL DEFAULT 'pending',
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3),
        attached_at timestamptz(3),
        doomed_at timestamptz(3),
        CONSTRAINT media_kind_check CHECK (kind IN ('image', 'video', 'audio', 'file')),
        CONSTRAINT media_status_check CHECK (status IN ('pending', 'ready')),
        CONSTRAINT media_size_check CHECK (size >= 0)
      )`);
    await db.query(`CREATE INDEX media_owner_id_idx ON media (owner_id, id)`); // quota
    await db.query(`CREATE INDEX media_unattached_idx ON media (created_at) WHERE attached_at IS NULL AND doomed_at IS NULL`);
    await db.query(`CREATE INDEX media_doomed_idx ON media (doomed_at) WHERE doomed_at IS NOT NULL`);

    await db.query(`
      CREATE TABLE message_media (
        room_id uuid NOT NULL,
        message_id uuid NOT NULL,
        position smallint NOT NULL,
        seq bigint NOT NULL,
        media_id uuid NOT NULL REFERENCES media,
        PRIMARY KEY (room_id, message_id, position)
      )`);
    await db.query(`CREATE INDEX message_media_media_id_idx ON message_media (media_id)`);

    // key: at most one job of that key.
    await db.query(`
      CREATE TABLE jobs (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        key text,
        payload jsonb NOT NULL DEFAULT '{}',
        run_at timestamptz(3) NOT NULL DEFAULT now(),
        attempts integer NOT NULL DEFAULT 0,
        locked_until timestamptz(3),
        failed_at timestamptz(3),
        last_error text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT jobs_key_key UNIQUE (key)
      )`);
    await db.query(`CREATE INDEX jobs_run_at_idx ON jobs (run_at) WHERE failed_at IS NULL`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['jobs', 'message_media', 'media']) await db.query(`DROP TABLE ${table}`);
  }
}
