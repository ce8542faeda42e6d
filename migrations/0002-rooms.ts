import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rooms, their members, and the change log. */
export class Rooms1700000000002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE rooms (
        id uuid PRIMARY KEY,
        type text NOT NULL,
        name text,
        description text,
        avatar_media_id uuid,
        is_public boolean NOT NULL DEFAULT false,
        meta_tags text[] NOT NULL DEFAULT '{}',
        active boolean NOT NULL DEFAULT true,
        history_visibility text NOT NULL DEFAULT 'all',
        slow_mode_seconds integer NOT NULL DEFAULT 0,
        team_id uuid REFERENCES rooms ON DELETE CASCADE,
        user_low uuid REFERENCES users,
        user_high uuid REFERENCES users,
        created_by uuid NOT NULL REFERENCES users,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        deleted_at timestamptz(3),
        CONSTRAINT rooms_type_check CHECK (type IN ('private_messages', 'group', 'channel', 'team')),
        CONSTRAINT rooms_history_visibility_check CHECK (history_visibility IN ('all', 'since_joined')),
        CONSTRAINT rooms_slow_mode_check CHECK (slow_mode_seconds >= 0),
        CONSTRAINT rooms_pair_check CHECK ((type = 'private_messages') = (user_low IS NOT NULL AND user_high IS NOT NULL)),
        CONSTRAINT rooms_pair_ordered CHECK (user_low < user_high),
        CONSTRAINT rooms_private_is_not_public CHECK (type <> 'private_messages' OR NOT is_public),
        CONSTRAINT rooms_team_check CHECK (team_id IS NULL OR type = 'private_messages')
      )`);
    // One private room for a pair, and one for a pair inside a team, under any race; deleted rooms do not count.
    await db.query(`
      CREATE UNIQUE INDEX rooms_pair_key ON rooms (user_low, user_high)
        WHERE type = 'private_messages' AND team_id IS NULL AND deleted_at IS NULL`);
    await db.query(`
      CREATE UNIQUE INDEX rooms_team_pair_key ON rooms (team_id, user_low, user_high)
        WHERE team_id IS NOT NULL AND deleted_at IS NULL`);
    await db.query(`CREATE INDEX rooms_team_id_idx ON rooms (team_id) WHERE team_id IS NOT NULL`); // private rooms of a team, deleted ones too
    await db.query(`CREATE INDEX rooms_public_idx ON rooms (id) WHERE is_public AND deleted_at IS NULL`);
    await db.query(`
      CREATE INDEX rooms_public_trgm_idx ON rooms USING gin ((coalesce(name, '') || ' ' || coalesce(description, '')) gin_trgm_ops)
        WHERE is_public AND deleted_at IS NULL`);
    await db.query(`CREATE INDEX rooms_meta_tags_idx ON rooms USING gin (meta_tags) WHERE deleted_at IS NULL`);
    await db.query(`CREATE INDEX rooms_avatar_idx ON rooms (avatar_media_id) WHERE avatar_media_id IS NOT NULL`); // what refers to a file
    await db.query(`CREATE INDEX rooms_deleted_idx ON rooms (deleted_at) WHERE deleted_at IS NOT NULL`); // rooms to purge

    // The room head: all counters of a room, separate from the wide row and without an index, so that each send is a HOT update of one narrow
    // row. last_n counts the messages that are not system messages; each loss of access raises fence; log_floor is the highest trimmed rev.
    await db.query(`
      CREATE TABLE room_heads (
        room_id uuid PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
        last_seq bigint NOT NULL DEFAULT 0,
        last_n bigint NOT NULL DEFAULT 0,
        rev bigint NOT NULL DEFAULT 0,
        log_floor bigint NOT NULL DEFAULT 0,
        fence bigint NOT NULL DEFAULT 0,
        member_count integer NOT NULL DEFAULT 0,
        last_at timestamptz(3) NOT NULL DEFAULT now()
      ) WITH (fillfactor = 40)`);

    // Effective permissions = (preset of the room's type and the role | allow) & ~deny, so that a new permission changes no row.
    // visible_from_seq and joined_rev are set at the join. A read mark (seq, and n at it) is never below the member's own newest message.
    await db.query(`
      CREATE TABLE room_users (
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        role text NOT NULL DEFAULT 'member',
        allow bigint NOT NULL DEFAULT 0,
        deny bigint NOT NULL DEFAULT 0,
        created_by uuid,
        joined_at timestamptz(3) NOT NULL DEFAULT now(),
        joined_rev bigint NOT NULL DEFAULT 0,
        visible_from_seq bigint NOT NULL DEFAULT 1,
        last_read_seq bigint NOT NULL DEFAULT 0,
        last_read_n bigint NOT NULL DEFAULT 0,
        last_seen_at timestamptz(3),
        last_sent_at timestamptz(3),
        silenced_until timestamptz(3),
        muted boolean NOT NULL DEFAULT false,
        pinned boolean NOT NULL DEFAULT false,
        archived boolean NOT NULL DEFAULT false,
        draft text,
        PRIMARY KEY (room_id, user_id),
        CONSTRAINT room_users_role_check CHECK (role IN ('member', 'admin', 'owner'))
      ) WITH (fillfactor = 70)`);
    await db.query(`CREATE UNIQUE INDEX room_users_owner_key ON room_users (room_id) WHERE role = 'owner'`); // one owner per room
    await db.query(`CREATE INDEX room_users_user_id_idx ON room_users (user_id, room_id)`); // a user's rooms
    await db.query(`CREATE INDEX room_users_staff_idx ON room_users (room_id, joined_at) WHERE role <> 'member'`);

    await db.query(`
      CREATE TABLE room_bans (
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        until timestamptz(3),
        reason text,
        created_by uuid,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (room_id, user_id)
      )`);

    // The log of all changes except new messages. A change replaces the row of its entity, so the log stays compact.
    await db.query(`
      CREATE TABLE room_changes (
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        kind text NOT NULL,
        entity_id uuid NOT NULL,
        rev bigint NOT NULL,
        changed_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (room_id, kind, entity_id),
        CONSTRAINT room_changes_rev_key UNIQUE (room_id, rev),
        CONSTRAINT room_changes_kind_check CHECK (kind IN ('message', 'room-user', 'room'))
      )`);
    await db.query(`CREATE INDEX room_changes_changed_at_idx ON room_changes (changed_at)`); // trimming by age

    // The audit log. It contains ids, never the text of messages.
    await db.query(`
      CREATE TABLE room_audit (
        id uuid PRIMARY KEY,
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        actor_id uuid,
        action text NOT NULL,
        target_user_id uuid,
        message_id uuid,
        detail jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await db.query(`CREATE INDEX room_audit_room_id_idx ON room_audit (room_id, id)`);

    await db.query(`
      CREATE TABLE room_invites (
        id uuid PRIMARY KEY,
        room_id uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
        code text NOT NULL,
        created_by uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        max_uses integer,
        uses integer NOT NULL DEFAULT 0,
        expires_at timestamptz(3),
        revoked_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT room_invites_code_key UNIQUE (code),
        CONSTRAINT room_invites_uses_check CHECK (uses >= 0 AND (max_uses IS NULL OR uses <= max_uses))
      )`);
    await db.query(`CREATE INDEX room_invites_room_id_idx ON room_invites (room_id, id)`);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of ['room_invites', 'room_audit', 'room_changes', 'room_bans', 'room_users', 'room_heads', 'rooms']) {
      await db.query(`DROP TABLE ${table}`);
    }
  }
}
