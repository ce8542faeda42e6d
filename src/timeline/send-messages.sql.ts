import type { RoomPermission } from '../common/permissions.js';
import { bitsOf } from '../room-access/permission-set.policy.js';
import { ROOM_ROLES, ROOM_TYPES } from '../room-access/room.types.js';
import { EVERYONE_ID } from './message.types.js';

// The current source of the database function `send_messages`; a test compares it with the migrated database. After a change here, write it
// out as the next version, and add a migration that installs that file:
//   npm run build && node -e "import('./dist/src/timeline/send-messages.sql.js').then((m) => process.stdout.write(m.SEND_MESSAGES))" \
//     > migrations/send-messages.v3.sql

/** Gives `sql` in the statement for batches with replies, media or mentions, and `otherwise` in the one for plain texts. */
type Rich = (sql: string, otherwise?: string) => string;

const lacks = (permission: RoomPermission, p: string): string => `(${p}.can & ${bitsOf([permission])}) = 0`;
const denial = (permission: RoomPermission): string =>
  `CASE WHEN (p.deny & ${bitsOf([permission])}) <> 0 THEN 'not_granted' ELSE 'role_preset' END`;
const positionIn = (values: readonly string[], value: string): string => `array_position(ARRAY['${values.join("','")}'], ${value})`;

/** Everything that the checks read, one row for each message. */
const loaded = (rich: Rich): string => `input AS MATERIALIZED (
    SELECT t.*${rich(`, t.extra ->> 'replyTo' AS reply_to, t.extra -> 'media' AS media,
      coalesce((t.extra ->> 'all')::boolean, false) AS all_mentioned`)}
    FROM unnest(ids, room_ids, user_ids, session_ids, types, texts, hashes, extras)
      WITH ORDINALITY t (id, room_id, user_id, session_id, type, text, hash, extra, ord)
  ),
  loaded AS MATERIALIZED (
    SELECT i.*, h.last_seq, h.last_n, h.rev AS head_rev, h.fence, h.last_at,
      r.type AS room_type, r.is_public, r.active, r.slow_mode_seconds, r.team_id, r.user_low, r.user_high,
      -- A deleted team has no head: it cannot change any more, so no lock is needed.
      (h.room_id IS NULL OR NOT h.room_id = ANY (locked) OR (r.team_id IS NOT NULL AND NOT r.team_id = ANY (locked)
        AND EXISTS (SELECT 1 FROM room_heads t WHERE t.room_id = r.team_id))) AS is_contended,
      r.id IS NOT NULL AS room_exists,
      ru.user_id IS NOT NULL AS is_member, ru.role, ru.allow, ru.deny, ru.silenced_until, ru.last_sent_at, ru.visible_from_seq,
      ((presets[(${positionIn(ROOM_TYPES, 'r.type')} - 1) * ${ROOM_ROLES.length}
        + ${positionIn(ROOM_ROLES, 'ru.role')}] | ru.allow) & ~ru.deny) AS can,
      u.username, u.display_name, u.avatar_media_id, u.created_at AS user_created_at,
      (s.id IS NOT NULL OR i.session_id IS NULL) AND u.id IS NOT NULL AS session_valid,
      m.seq AS old_seq, m.type AS old_type, m.created_at AS old_at, m.user_id AS old_user, m.request_hash AS old_hash,
      m.deleted_at AS old_deleted
    FROM input i
    LEFT JOIN rooms r ON r.id = i.room_id AND r.deleted_at IS NULL
    LEFT JOIN room_heads h ON h.room_id = i.room_id
    LEFT JOIN room_users ru ON ru.room_id = i.room_id AND ru.user_id = i.user_id
    LEFT JOIN users u ON u.id = i.user_id AND u.deactivated_at IS NULL AND u.deleted_at IS NULL
    LEFT JOIN sessions s ON s.id = i.session_id AND s.ended_at IS NULL AND s.expires_at > at
    LEFT JOIN messages m ON m.room_id = i.room_id AND m.id = i.id
  )`;

/** The rules, in the order in which a client learns of them. */
const checked = (rich: Rich): string => `checked AS MATERIALIZED (
    -- Slow mode last: a message that is refused for another reason starts no waiting time.
    SELECT v.*, CASE WHEN v.result = 'sent' AND v.slow_mode_seconds > 0 AND v.role = 'member' AND (
        v.last_sent_at > at - make_interval(secs => v.slow_mode_seconds)
        OR row_number() OVER (PARTITION BY v.room_id, v.user_id, v.result ORDER BY v.ord) > 1) THEN 'slow_mode' ELSE v.result END AS outcome
    FROM (SELECT p.*, CASE
      WHEN NOT p.session_valid THEN 'session_ended'
      WHEN NOT p.room_exists THEN 'not_found'
      WHEN p.is_contended THEN 'busy'
      WHEN NOT p.is_member THEN CASE WHEN p.is_public THEN 'not_member' ELSE 'not_found' END
      WHEN p.old_seq IS NOT NULL THEN CASE
        WHEN p.old_user = p.user_id AND p.old_type <> 'system' AND (p.old_deleted IS NOT NULL OR p.old_hash = p.hash) THEN 'same'
        ELSE 'conflict' END
      WHEN ${lacks('can_create_messages', 'p')} THEN ${denial('can_create_messages')}
${rich(`      WHEN p.media IS NOT NULL AND ${lacks('can_attach_media', 'p')} THEN ${denial('can_attach_media')}
      WHEN p.all_mentioned AND ${lacks('can_mention_all', 'p')} THEN ${denial('can_mention_all')}
`)}      WHEN p.silenced_until > at THEN 'silenced'
      WHEN p.room_type = 'private_messages' AND EXISTS (
        SELECT 1 FROM blocks b WHERE b.user_id = p.user_id AND b.blocked_id IN (p.user_low, p.user_high)) THEN 'blocked'
      WHEN p.room_type = 'private_messages' AND EXISTS (
        SELECT 1 FROM blocks b WHERE b.blocked_id = p.user_id AND b.user_id IN (p.user_low, p.user_high)) THEN 'privacy'
      WHEN NOT p.active OR (p.team_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM rooms t
        JOIN room_users a ON a.room_id = t.id AND a.user_id = p.user_low
        JOIN room_users b ON b.room_id = t.id AND b.user_id = p.user_high
        WHERE t.id = p.team_id AND t.active AND t.deleted_at IS NULL)) THEN 'room_inactive'
${rich(`      WHEN p.reply_to IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM messages o WHERE o.room_id = p.room_id AND o.id = p.reply_to::uuid AND o.seq >= p.visible_from_seq
          AND o.deleted_at IS NULL) THEN 'reply_not_found'
      WHEN p.media IS NOT NULL AND (
        SELECT count(*) FROM media f WHERE f.id IN (SELECT value::uuid FROM jsonb_array_elements_text(p.media))
          AND f.owner_id = p.user_id AND f.status = 'ready' AND f.doomed_at IS NULL) < jsonb_array_length(p.media) THEN 'media_not_found'
`)}      ELSE 'sent' END AS result
    FROM loaded p) v
  )`;

/** The sequence numbers: each message that is sent takes the next one after the head of its room, in the order of the batch. */
const numbered = (rich: Rich): string => `numbered AS MATERIALIZED (
    SELECT j.*,
      j.last_seq + count(*) FILTER (WHERE j.outcome = 'sent') OVER up_to_here AS new_seq,
      j.last_n + count(*) FILTER (WHERE j.outcome = 'sent') OVER up_to_here AS new_n,
      greatest(at, j.last_at) AS new_at,
      ${rich(
        `coalesce(j.type, (SELECT f.kind FROM media f WHERE f.id = (j.media ->> 0)::uuid), 'text')`,
        `coalesce(j.type, 'text')`,
      )} AS new_type${rich(`,
      (SELECT o.seq FROM messages o WHERE o.room_id = j.room_id AND o.id = j.reply_to::uuid) AS reply_to_seq`)}
    FROM checked j WINDOW up_to_here AS (PARTITION BY j.room_id ORDER BY j.ord ROWS UNBOUNDED PRECEDING)
  ),
  sent AS MATERIALIZED (SELECT * FROM numbered WHERE outcome = 'sent')`;

const written = (rich: Rich): string => `heads AS (
    UPDATE room_heads h SET last_seq = x.seq, last_n = x.n, last_at = x.at
    FROM (SELECT room_id, max(new_seq) AS seq, max(new_n) AS n, max(new_at) AS at FROM sent GROUP BY room_id) x
    WHERE h.room_id = x.room_id
  ),
  -- Sending a message moves the sender's read mark to it.
  read_marks AS (
    UPDATE room_users ru SET last_read_seq = x.seq, last_read_n = x.n, last_sent_at = at, last_seen_at = at
    FROM (SELECT room_id, user_id, max(new_seq) AS seq, max(new_n) AS n FROM sent GROUP BY room_id, user_id) x
    WHERE ru.room_id = x.room_id AND ru.user_id = x.user_id
  ),
  inserted AS (
    INSERT INTO messages (room_id, seq, id, n, type, text, user_id, request_hash, created_at${rich(`, reply_to_id, reply_to_seq`)})
    SELECT room_id, new_seq, id, new_n, new_type, text, user_id, hash, new_at${rich(`, reply_to::uuid, reply_to_seq`)} FROM sent
  )`;

/** What a reply, media and mentions write besides. */
const EXTRAS_WRITTEN = `,
  replied AS (
    UPDATE messages o SET reply_count = o.reply_count + x.count
    FROM (SELECT room_id, reply_to_seq, count(*) AS count FROM sent WHERE reply_to_seq IS NOT NULL GROUP BY room_id, reply_to_seq) x
    WHERE o.room_id = x.room_id AND o.seq = x.reply_to_seq
  ),
  attached AS (
    INSERT INTO message_media (room_id, message_id, position, seq, media_id)
    SELECT n.room_id, n.id, j.position - 1, n.new_seq, j.value::uuid
    FROM sent n, jsonb_array_elements_text(n.media) WITH ORDINALITY j (value, position) WHERE n.media IS NOT NULL
  ),
  attached_media AS (
    UPDATE media f SET attached_at = at
    WHERE f.id IN (SELECT j.value::uuid FROM sent n, jsonb_array_elements_text(n.media) j WHERE n.media IS NOT NULL)
  ),
  mentioned AS (
    INSERT INTO message_mentions (room_id, message_id, seq, user_id)
    SELECT n.room_id, n.id, n.new_seq, ru.user_id
    FROM sent n CROSS JOIN LATERAL (
      SELECT j.value::uuid AS id FROM jsonb_array_elements_text(n.extra -> 'userIds') j
      UNION
      SELECT w.id FROM jsonb_array_elements_text(n.extra -> 'usernames') j JOIN users w ON w.username = j.value
    ) named
    JOIN room_users ru ON ru.room_id = n.room_id AND ru.user_id = named.id
    WHERE n.extra ?| ARRAY['userIds', 'usernames']
    UNION ALL
    SELECT n.room_id, n.id, n.new_seq, '${EVERYONE_ID}' FROM sent n
    WHERE n.all_mentioned OR (coalesce((n.extra ->> 'textAll')::boolean, false) AND NOT ${lacks('can_mention_all', 'n')})
  )`;

const answered = (rich: Rich): string => `SELECT n.ord::integer, n.outcome,
    CASE WHEN n.outcome IN ('role_preset', 'not_granted') THEN CASE
      WHEN ${lacks('can_create_messages', 'n')} THEN 'can_create_messages'${rich(`
      WHEN n.media IS NOT NULL AND ${lacks('can_attach_media', 'n')} THEN 'can_attach_media'`)} ELSE 'can_mention_all' END END,
    CASE n.outcome
      WHEN 'silenced' THEN least(ceil(extract(epoch FROM n.silenced_until - at)), 2147483647)::integer
      WHEN 'slow_mode' THEN ceil(n.slow_mode_seconds - extract(epoch FROM at - CASE
        WHEN n.last_sent_at > at - make_interval(secs => n.slow_mode_seconds) THEN n.last_sent_at ELSE at END))::integer END,
    CASE n.outcome WHEN 'sent' THEN n.new_seq ELSE n.old_seq END,
    CASE n.outcome WHEN 'sent' THEN n.new_type ELSE n.old_type END,
    CASE n.outcome WHEN 'sent' THEN n.new_at ELSE n.old_at END,
    n.head_rev, n.fence, n.username, n.display_name, n.avatar_media_id, n.user_created_at
  FROM numbered n ORDER BY n.ord`;

/**
 * The statement that checks and writes. Most batches contain only plain texts: their statement has none of the parts for replies, media and
 * mentions, which would cost each call more than a message does.
 */
function checkAndWrite(hasExtras: boolean): string {
  const rich: Rich = (sql, otherwise = '') => (hasExtras ? sql : otherwise);
  return `WITH ${loaded(rich)},
  ${checked(rich)},
  ${numbered(rich)},
  ${written(rich)}${rich(EXTRAS_WRITTEN)}
  ${answered(rich)}`;
}

/**
 * Checks, numbers and writes a batch of messages in one call.
 *
 * VOLATILE, and run in READ COMMITTED: each statement in it sees what was committed while it waited for the locks, so the checks are exact.
 * The order is: lock the heads, take the clock, check, number, write.
 *
 * A message comes in as one element of each array; `extras` is null for a plain text, else
 * `{ replyTo?: uuid, media?: [uuid], userIds?: [uuid], usernames?: [text], all?: true, textAll?: true }`. `all` was requested: without the
 * permission the message is refused. `textAll` is in the text: without the permission it mentions no one. A null type becomes the kind of
 * the first medium. `presets` are the permission bits by room type and role (PRESET_BITS).
 *
 * `wait` false skips the rooms whose head another transaction holds (outcome `busy`, nothing done); true waits up to `lock_timeout`.
 *
 * Outcomes: sent, same (known id, same body: `seq` of the stored one), conflict, busy, session_ended, not_found, not_member, role_preset,
 * not_granted, silenced, slow_mode, blocked, privacy, room_inactive, reply_not_found, media_not_found. A refused message leaves nothing
 * behind.
 */
export const SEND_MESSAGES = `CREATE OR REPLACE FUNCTION send_messages(
  ids uuid[], room_ids uuid[], user_ids uuid[], session_ids uuid[], types text[], texts text[], hashes bytea[], extras jsonb[],
  presets bigint[], wait boolean
) RETURNS TABLE (
  ord integer, outcome text, permission text, retry_after integer, seq bigint, type text, created_at timestamptz(3), head_rev bigint,
  fence bigint, username text, display_name text, avatar_media_id uuid, user_created_at timestamptz(3)
) LANGUAGE plpgsql VOLATILE
-- One plan for all batches, made when the statistics may be missing or may describe small rooms: only index scans that lead to single rows.
-- The cost of each row read counts, so that no plan scans the messages or members of a room, of which there may be a million.
SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET cpu_tuple_cost = 1 SET cpu_index_tuple_cost = 1
AS $$
#variable_conflict use_column
DECLARE
  head_ids uuid[];
  locked uuid[];
  at timestamptz(3);
  has_extras boolean := EXISTS (SELECT 1 FROM unnest(extras) x WHERE x IS NOT NULL);
BEGIN
  -- The rules for a private room inside a team depend on the team: its head is locked, too, so that leaving or archiving the team happens
  -- before or after this send. team_id never changes.
  SELECT array_agg(DISTINCT id) INTO head_ids FROM (
    SELECT unnest(room_ids) AS id UNION SELECT r.team_id FROM rooms r WHERE r.id = ANY (room_ids) AND r.team_id IS NOT NULL
  ) needed;

  IF wait THEN
    SELECT coalesce(array_agg(room_id), '{}') INTO locked FROM (
      SELECT h.room_id FROM room_heads h WHERE h.room_id = ANY (head_ids) ORDER BY h.room_id FOR NO KEY UPDATE
    ) heads;
  ELSE
    SELECT coalesce(array_agg(room_id), '{}') INTO locked FROM (
      SELECT h.room_id FROM room_heads h WHERE h.room_id = ANY (head_ids) ORDER BY h.room_id FOR NO KEY UPDATE SKIP LOCKED
    ) heads;
  END IF;
  IF has_extras THEN
    -- Media after the heads, in id order: the garbage collector locks only the row of a file to mark it.
    PERFORM 1 FROM media m WHERE m.id IN (
      SELECT j.value::uuid FROM unnest(extras) x, jsonb_array_elements_text(x -> 'media') j
    ) ORDER BY m.id FOR NO KEY UPDATE;
  END IF;
  -- After the locks: what another transaction wrote before it released them is not newer than this.
  at := clock_timestamp();

  IF has_extras THEN
    RETURN QUERY ${checkAndWrite(true)};
  ELSE
    RETURN QUERY ${checkAndWrite(false)};
  END IF;
END $$;
`;
