import type pg from 'pg';

/** Each names rows that may never be, whatever came at the same moment. */
const FAULTS: Record<string, string> = {
  'a room without exactly one owner': `SELECT r.id FROM rooms r LEFT JOIN room_users ru ON ru.room_id = r.id AND ru.role = 'owner'
    WHERE r.type <> 'private_messages' AND r.deleted_at IS NULL GROUP BY r.id HAVING count(ru.user_id) <> 1`,
  'a private room with an owner': `SELECT r.id FROM rooms r JOIN room_users ru ON ru.room_id = r.id
    WHERE r.type = 'private_messages' AND ru.role <> 'member'`,
  'an inactive owner beside an active member': `SELECT r.id FROM rooms r JOIN room_users o ON o.room_id = r.id AND o.role = 'owner'
    JOIN users u ON u.id = o.user_id AND u.deactivated_at IS NOT NULL
    WHERE r.deleted_at IS NULL AND EXISTS (SELECT 1 FROM room_users l JOIN users lu ON lu.id = l.user_id
      WHERE l.room_id = r.id AND lu.deactivated_at IS NULL AND lu.deleted_at IS NULL)`,
  'a member who is banned': `SELECT room_id FROM room_users JOIN room_bans USING (room_id, user_id)`,
  'a kept silence of a member': `SELECT room_id FROM room_users JOIN room_silences USING (room_id, user_id)`,
  'a wrong count of members': `SELECT h.room_id FROM room_heads h JOIN rooms r ON r.id = h.room_id AND r.deleted_at IS NULL
    WHERE h.member_count <> (SELECT count(*) FROM room_users ru WHERE ru.room_id = h.room_id)`,
  'a hole in a room': `SELECT h.room_id FROM room_heads h JOIN rooms r ON r.id = h.room_id AND r.deleted_at IS NULL
    LEFT JOIN messages m ON m.room_id = h.room_id GROUP BY h.room_id
    HAVING count(m.seq) <> h.last_seq OR coalesce(max(m.seq), 0) <> h.last_seq OR count(m.seq) FILTER (WHERE m.type <> 'system') <> h.last_n`,
  'a change beyond the head': `SELECT c.room_id FROM room_changes c JOIN room_heads h USING (room_id) WHERE c.rev > h.rev`,
  'a wrong count of reactions': `SELECT room_id FROM (SELECT room_id, message_id, reaction, count(*) AS count FROM reactions GROUP BY 1, 2, 3) x
    FULL JOIN reaction_counts c USING (room_id, message_id, reaction) WHERE x.count IS DISTINCT FROM c.count`,
  'a wrong count of replies': `SELECT o.room_id FROM messages o LEFT JOIN messages m ON m.room_id = o.room_id AND m.reply_to_seq = o.seq
      AND m.deleted_at IS NULL GROUP BY o.room_id, o.seq HAVING count(m.seq) <> o.reply_count`,
  'something left of a deleted message': `SELECT m.room_id FROM messages m WHERE m.deleted_at IS NOT NULL AND (m.text IS NOT NULL
    OR EXISTS (SELECT 1 FROM reactions x WHERE x.room_id = m.room_id AND x.message_id = m.id)
    OR EXISTS (SELECT 1 FROM message_edits x WHERE x.room_id = m.room_id AND x.message_id = m.id)
    OR EXISTS (SELECT 1 FROM message_pins x WHERE x.room_id = m.room_id AND x.message_id = m.id)
    OR EXISTS (SELECT 1 FROM message_media x WHERE x.room_id = m.room_id AND x.message_id = m.id)
    OR EXISTS (SELECT 1 FROM message_mentions x WHERE x.room_id = m.room_id AND x.message_id = m.id)
    OR EXISTS (SELECT 1 FROM message_search x WHERE x.room_id = m.room_id AND x.seq = m.seq AND x.normal IS NOT NULL))`,
  'a wrong read mark': `SELECT ru.room_id FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.deleted_at IS NULL
    WHERE ru.last_read_n <> coalesce((SELECT m.n FROM messages m WHERE m.room_id = ru.room_id AND m.seq = ru.last_read_seq), 0)`,
  'friends with something between them': `SELECT f.user_low FROM friendships f
    WHERE EXISTS (SELECT 1 FROM blocks b WHERE (b.user_id, b.blocked_id) IN ((f.user_low, f.user_high), (f.user_high, f.user_low)))
      OR EXISTS (SELECT 1 FROM friend_requests q WHERE q.status = 'pending'
        AND (q.from_user_id, q.to_user_id) IN ((f.user_low, f.user_high), (f.user_high, f.user_low)))`,
  'an invite used more often than it may': `SELECT id FROM room_invites WHERE uses > max_uses`,
  'two private rooms of one pair': `SELECT user_low FROM rooms WHERE type = 'private_messages' AND deleted_at IS NULL
    GROUP BY team_id, user_low, user_high HAVING count(*) > 1`,
};

/** The faults that the database shows, by name; none when all is legal. */
export async function faultsIn(db: pg.Client): Promise<string[]> {
  const found: string[] = [];
  for (const [fault, sql] of Object.entries(FAULTS)) {
    const { rows } = await db.query(sql);
    if (rows.length > 0) found.push(`${fault}: ${rows.length}`);
  }
  return found;
}
