import { timeJson } from '../database/sql.js';
import { userJson } from '../users/user.view.js';

export interface AccountExportPart {
  /** `type` of its lines. */
  readonly type: string;
  /** FROM and WHERE; $1 is the user. */
  readonly from: string;
  /** The rest of a line, as jsonb. */
  readonly line: string;
  /** Columns of a unique key, with their types; an indexed one where a user may have many rows. */
  readonly key: readonly (readonly [column: string, type: string])[];
}

const userView = (id: string): string => `(SELECT ${userJson('o')} FROM users o WHERE o.id = ${id})`;

/** SQL: keeps the rows of `of` whose room `r` is not deleted. */
const inRoom = (of: string): string => `JOIN rooms r ON r.id = ${of}.room_id AND r.deleted_at IS NULL`;

const ACCOUNT_PARTS: readonly AccountExportPart[] = [
  {
    type: 'profile',
    from: `users u WHERE u.id = $1`,
    line: `${userJson('u')} || jsonb_build_object('admin', u.admin, 'externalIssuer', u.external_issuer,
      'externalSubject', u.external_subject, 'avatarMediaId', u.avatar_media_id,
      'privacy', jsonb_build_object('friendRequests', u.friend_requests, 'directMessages', u.direct_messages,
        'groupInvites', u.group_invites, 'presence', u.presence, 'readReceipts', u.read_receipts))`,
    key: [['u.id', 'uuid']],
  },
  {
    type: 'session',
    from: `sessions s WHERE s.user_id = $1`,
    line: `jsonb_build_object('id', s.id, 'userAgent', s.user_agent, 'ip', s.ip, 'createdAt', ${timeJson('s.created_at')},
      'lastUsedAt', ${timeJson('s.last_used_at')}, 'endedAt', ${timeJson('s.ended_at')}, 'endReason', s.end_reason)`,
    key: [['s.id', 'uuid']],
  },
  ...(['low', 'high'] as const).map((side) => ({
    type: 'friend',
    from: `friendships f WHERE f.user_${side} = $1`,
    line: `jsonb_build_object('user', ${userView(`f.user_${side === 'low' ? 'high' : 'low'}`)}, 'createdAt', ${timeJson('f.created_at')})`,
    key: [[`f.user_${side === 'low' ? 'high' : 'low'}`, 'uuid']] as const,
  })),
  ...(['from', 'to'] as const).map((side) => ({
    type: 'friendRequest',
    from: `friend_requests f WHERE f.${side}_user_id = $1`,
    line: `jsonb_build_object('id', f.id, 'fromUser', ${userView('f.from_user_id')}, 'toUser', ${userView('f.to_user_id')}, 'status', f.status,
      'createdAt', ${timeJson('f.created_at')}, 'decidedAt', ${timeJson('f.decided_at')})`,
    key: [['f.id', 'uuid']] as const,
  })),
  {
    type: 'block',
    from: `blocks b WHERE b.user_id = $1`,
    line: `jsonb_build_object('user', ${userView('b.blocked_id')}, 'createdAt', ${timeJson('b.created_at')})`,
    key: [['b.blocked_id', 'uuid']],
  },
  {
    type: 'room',
    from: `room_users ru ${inRoom('ru')} WHERE ru.user_id = $1`,
    line: `jsonb_build_object('roomId', r.id, 'roomType', r.type, 'name', r.name, 'role', ru.role, 'joinedAt', ${timeJson('ru.joined_at')},
      'lastReadSeq', ru.last_read_seq, 'lastSeenAt', ${timeJson('ru.last_seen_at')}, 'muted', ru.muted, 'pinned', ru.pinned,
      'archived', ru.archived, 'draft', ru.draft)`,
    key: [['ru.room_id', 'uuid']],
  },
];

/** SQL: the stored edits `e` of the message `m`. */
const EDITS = `message_edits e WHERE e.room_id = m.room_id AND e.message_id = m.id`;

/**
 * The user's messages. One that the user may not read any more, after leaving the room or rejoining it, is exported as the user wrote it
 * last: `o` is the first later edit by another user, and holds the text until then.
 *
 * Only the newest `maxEdits` edits are stored. When older ones may be deleted, the author of the oldest stored text is unknown, and that
 * text is left out.
 */
const messages = (maxEdits: number): AccountExportPart => ({
  type: 'message',
  from: `messages m ${inRoom('m')}
    LEFT JOIN room_users ru ON ru.room_id = m.room_id AND ru.user_id = m.user_id AND ru.visible_from_seq <= m.seq
    LEFT JOIN LATERAL (
      SELECT count(*) AS kept, coalesce(max(e.rev) FILTER (WHERE e.user_id = m.user_id), 0) AS own FROM ${EDITS} AND ru.user_id IS NULL
    ) h ON m.edited_at IS NOT NULL
    LEFT JOIN LATERAL (
      SELECT e.rev, e.text FROM ${EDITS} AND ru.user_id IS NULL AND e.rev > h.own ORDER BY e.rev LIMIT 1
    ) o ON true
    WHERE m.user_id = $1 AND m.type <> 'system' AND m.deleted_at IS NULL`,
  line: `jsonb_build_object('roomId', m.room_id, 'id', m.id, 'seq', m.seq, 'messageType', m.type,
    'text', CASE WHEN ru.user_id IS NULL AND h.own = 0 AND (h.kept = 0 OR h.kept >= ${maxEdits}) THEN NULL
      WHEN o.rev IS NULL THEN m.text ELSE o.text END,
    'replyToId', m.reply_to_id,
    'media', (SELECT coalesce(jsonb_agg(mm.media_id ORDER BY mm.position), '[]') FROM message_media mm
      WHERE mm.room_id = m.room_id AND mm.message_id = m.id),
    'edits', (SELECT coalesce(jsonb_agg(jsonb_build_object('text', e.text, 'editedAt', ${timeJson('e.edited_at')}) ORDER BY e.rev), '[]')
      FROM ${EDITS} AND (o.rev IS NULL OR e.rev < o.rev)),
    'createdAt', ${timeJson('m.created_at')},
    'editedAt', CASE WHEN ru.user_id IS NULL THEN (SELECT ${timeJson('max(e.edited_at)')} FROM ${EDITS} AND e.rev <= h.own)
      ELSE ${timeJson('m.edited_at')} END)`,
  key: [
    ['m.room_id', 'uuid'],
    ['m.seq', 'bigint'],
  ],
});

const ACTIVITY_PARTS: readonly AccountExportPart[] = [
  {
    type: 'reaction',
    from: `reactions x ${inRoom('x')} WHERE x.user_id = $1`,
    line: `jsonb_build_object('id', x.id, 'roomId', x.room_id, 'messageId', x.message_id, 'reaction', x.reaction,
      'createdAt', ${timeJson('x.created_at')})`,
    key: [['x.id', 'uuid']],
  },
  {
    type: 'media',
    from: `media f WHERE f.owner_id = $1 AND f.status = 'ready' AND f.doomed_at IS NULL`,
    line: `jsonb_build_object('id', f.id, 'kind', f.kind, 'filename', f.filename, 'contentType', f.content_type, 'size', f.size,
      'sha256', encode(f.sha256, 'hex'), 'url', '/v1/media/' || f.id || '/content', 'createdAt', ${timeJson('f.created_at')})`,
    key: [['f.id', 'uuid']],
  },
  // Of the user's actions in rooms only the user's own part: their outcome is for those who may read it there.
  {
    type: 'report',
    from: `room_reports p ${inRoom('p')} WHERE p.reporter_id = $1`,
    line: `jsonb_build_object('id', p.id, 'roomId', p.room_id, 'messageId', p.message_id, 'reason', p.reason, 'createdAt', ${timeJson('p.created_at')})`,
    key: [['p.id', 'uuid']],
  },
  {
    type: 'reportResolution',
    from: `room_reports p ${inRoom('p')} WHERE p.resolved_by = $1`,
    line: `jsonb_build_object('reportId', p.id, 'roomId', p.room_id, 'messageId', p.message_id, 'note', p.note, 'resolvedAt', ${timeJson('p.resolved_at')})`,
    key: [['p.id', 'uuid']],
  },
  {
    type: 'ban',
    from: `room_bans b ${inRoom('b')} WHERE b.created_by = $1`,
    line: `jsonb_build_object('roomId', b.room_id, 'userId', b.user_id, 'until', ${timeJson('b.until')}, 'reason', b.reason,
      'createdAt', ${timeJson('b.created_at')})`,
    key: [
      ['b.room_id', 'uuid'],
      ['b.user_id', 'uuid'],
    ],
  },
  {
    // Without its code, which would let a reader of the file into the room.
    type: 'invite',
    from: `room_invites i ${inRoom('i')} WHERE i.created_by = $1`,
    line: `jsonb_build_object('id', i.id, 'roomId', i.room_id, 'maxUses', i.max_uses, 'expiresAt', ${timeJson('i.expires_at')},
      'createdAt', ${timeJson('i.created_at')})`,
    key: [['i.id', 'uuid']],
  },
];

/**
 * Returns the parts of the export, in the order of the file. They hold nothing of a deleted room, also before its purge.
 * @param maxEdits edits stored of one message
 */
export const partsOf = (maxEdits: number): readonly AccountExportPart[] => [...ACCOUNT_PARTS, messages(maxEdits), ...ACTIVITY_PARTS];
