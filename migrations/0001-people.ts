import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users, their sessions, and the relations between two users. */
export class People1700000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // Trigrams serve every "contains" search; the extension is trusted, so the owner of a database may create it.
    await db.query(`CREATE EXTENSION IF NOT EXISTS pg_trgm`);

    await db.query(`
      CREATE TABLE server_state (
        key text PRIMARY KEY,
        value text NOT NULL
      )`);
    // The identity of this history. A restored database gets a new one, which voids the sync cursors of clients.
    await db.query(`INSERT INTO server_state (key, value) VALUES ('epoch', gen_random_uuid()::text)`);

    await db.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY,
        username text NOT NULL,
        display_name text,
        avatar_media_id uuid,
        password_hash text,
        external_issuer text,
        external_subject text,
        admin boolean NOT NULL DEFAULT false,
        friend_requests text NOT NULL,
        direct_messages text NOT NULL,
        group_invites text NOT NULL,
        presence text NOT NULL,
        read_receipts boolean NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        deactivated_at timestamptz(3),
        deleted_at timestamptz(3),
        CONSTRAINT users_username_key UNIQUE (username),
        CONSTRAINT users_external_key UNIQUE (external_issuer, external_subject),
        CONSTRAINT users_username_folded CHECK (username = lower(username)),
        CONSTRAINT users_friend_requests_check CHECK (friend_requests IN ('everyone', 'shared_rooms', 'nobody')),
        CONSTRAINT users_direct_messages_check CHECK (direct_messages IN ('everyone', 'shared_rooms', 'friends', 'nobody')),
        CONSTRAINT users_group_invites_check CHECK (group_invites IN ('everyone', 'friends', 'nobody')),
        CONSTRAINT users_presence_check CHECK (presence IN ('everyone', 'friends', 'nobody'))
      )`);
    await db.query(
      `CREATE INDEX users_name_trgm_idx ON users USING gin ((username || ' ' || coalesce(display_name, '')) gin_trgm_ops) WHERE deleted_at IS NULL`,
    );
    await db.query(`CREATE INDEX users_avatar_idx ON users (avatar_media_id) WHERE avatar_media_id IS NOT NULL`); // what refers to a file

    // A user's counter for changes without a room revision. Not in users, so that each increment is a HOT update.
    await db.query(`
      CREATE TABLE user_heads (
        user_id uuid PRIMARY KEY REFERENCES users ON DELETE CASCADE,
        my bigint NOT NULL DEFAULT 0
      ) WITH (fillfactor = 50)`);

    await db.query(`
      CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        external boolean NOT NULL DEFAULT false,
        user_agent text,
        ip text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        last_used_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        end_reason text,
        CONSTRAINT sessions_end_reason_check CHECK (end_reason IN ('logout', 'revoked', 'expired', 'password', 'deactivated'))
      )`);
    await db.query(`CREATE INDEX sessions_user_id_idx ON sessions (user_id, id)`);
    await db.query(`CREATE INDEX sessions_expires_at_idx ON sessions (expires_at)`); // deleting ended ones

    // Only the hash of a refresh token is stored. A used token stays until its session is deleted, since its reuse indicates theft.
    await db.query(`
      CREATE TABLE refresh_tokens (
        token_hash bytea PRIMARY KEY,
        session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        used_at timestamptz(3)
      )`);
    await db.query(`CREATE INDEX refresh_tokens_session_id_idx ON refresh_tokens (session_id)`);

    await db.query(`
      CREATE TABLE friend_requests (
        id uuid PRIMARY KEY,
        from_user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        to_user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        status text NOT NULL DEFAULT 'pending',
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        decided_at timestamptz(3),
        CONSTRAINT friend_requests_status_check CHECK (status IN ('pending', 'approved', 'rejected', 'cancelled')),
        CONSTRAINT friend_requests_not_oneself CHECK (from_user_id <> to_user_id)
      )`);
    // One pending request for a pair, in either direction, under any race.
    await db.query(`
      CREATE UNIQUE INDEX friend_requests_pending_pair_key
        ON friend_requests (least(from_user_id, to_user_id), greatest(from_user_id, to_user_id)) WHERE status = 'pending'`);
    await db.query(`CREATE INDEX friend_requests_to_idx ON friend_requests (to_user_id, id)`);
    await db.query(`CREATE INDEX friend_requests_from_idx ON friend_requests (from_user_id, id)`);

    await db.query(`
      CREATE TABLE friendships (
        user_low uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        user_high uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (user_low, user_high),
        CONSTRAINT friendships_ordered CHECK (user_low < user_high)
      )`);
    await db.query(`CREATE INDEX friendships_user_high_idx ON friendships (user_high)`);

    await db.query(`
      CREATE TABLE blocks (
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        blocked_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, blocked_id),
        CONSTRAINT blocks_not_oneself CHECK (user_id <> blocked_id)
      )`);
    await db.query(`CREATE INDEX blocks_blocked_id_idx ON blocks (blocked_id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['blocks', 'friendships', 'friend_requests', 'refresh_tokens', 'sessions', 'user_heads', 'users', 'server_state']) {
      await db.query(`DROP TABLE ${table}`);
    }
    // pg_trgm stays: it may be older than this schema.
  }
}
