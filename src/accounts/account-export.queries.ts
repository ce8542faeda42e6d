import { Injectable } from '@nestjs/common';
import { timeJson } from '../database/sql-json.js';
import { Transactions } from '../database/transactions.js';
import { userJson } from '../users/user.view.js';

/** Rows in one query: each is written out before the next one is asked for. */
const ROWS = 500;

interface Row {
  readonly line: object;
  readonly key: readonly (string | number)[];
}

interface Part {
  /** What a line of it is. */
  readonly type: string;
  /** FROM and WHERE; $1 is the person. */
  readonly from: string;
  /** The line, as jsonb. */
  readonly line: string;
  /** A unique key, by an index where there may be many: columns with their types. */
  readonly key: readonly (readonly [column: string, type: string])[];
}

const face = (id: string): string => `(SELECT ${userJson('o')} FROM users o WHERE o.id = ${id})`;

/** All that is kept of a person, in the order of the file. */
const PARTS: readonly Part[] = [
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
    line: `jsonb_build_object('user', ${face(`f.user_${side === 'low' ? 'high' : 'low'}`)}, 'createdAt', ${timeJson('f.created_at')})`,
    key: [[`f.user_${side === 'low' ? 'high' : 'low'}`, 'uuid']] as const,
  })),
  ...(['from', 'to'] as const).map((side) => ({
    type: 'friendRequest',
    from: `friend_requests f WHERE f.${side}_user_id = $1`,
    line: `jsonb_build_object('id', f.id, 'fromUser', ${face('f.from_user_id')}, 'toUser', ${face('f.to_user_id')}, 'status', f.status,
      'createdAt', ${timeJson('f.created_at')}, 'decidedAt', ${timeJson('f.decided_at')})`,
    key: [['f.id', 'uuid']] as const,
  })),
  {
    type: 'block',
    from: `blocks b WHERE b.user_id = $1`,
    line: `jsonb_build_object('user', ${face('b.blocked_id')}, 'createdAt', ${timeJson('b.created_at')})`,
    key: [['b.blocked_id', 'uuid']],
  },
  {
    type: 'room',
    from: `room_users ru JOIN rooms r ON r.id = ru.room_id WHERE ru.user_id = $1 AND r.deleted_at IS NULL`,
    line: `jsonb_build_object('roomId', r.id, 'roomType', r.type, 'name', r.name, 'role', ru.role, 'joinedAt', ${timeJson('ru.joined_at')},
      'lastReadSeq', ru.last_read_seq, 'lastSeenAt', ${timeJson('ru.last_seen_at')}, 'muted', ru.muted, 'pinned', ru.pinned,
      'archived', ru.archived, 'draft', ru.draft)`,
    key: [['ru.room_id', 'uuid']],
  },
  {
    type: 'message',
    from: `messages m WHERE m.user_id = $1 AND m.type <> 'system' AND m.deleted_at IS NULL`,
    line: `jsonb_build_object('roomId', m.room_id, 'id', m.id, 'seq', m.seq, 'messageType', m.type, 'text', m.text, 'replyToId', m.reply_to_id,
      'media', (SELECT coalesce(jsonb_agg(mm.media_id ORDER BY mm.position), '[]') FROM message_media mm
        WHERE mm.room_id = m.room_id AND mm.message_id = m.id),
      'edits', (SELECT coalesce(jsonb_agg(jsonb_build_object('text', e.text, 'editedAt', ${timeJson('e.edited_at')}) ORDER BY e.rev), '[]')
        FROM message_edits e WHERE e.room_id = m.room_id AND e.message_id = m.id),
      'createdAt', ${timeJson('m.created_at')}, 'editedAt', ${timeJson('m.edited_at')})`,
    key: [
      ['m.room_id', 'uuid'],
      ['m.seq', 'bigint'],
    ],
  },
  {
    type: 'reaction',
    from: `reactions x WHERE x.user_id = $1`,
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
];

/** One's own data, line by line. */
@Injectable()
export class AccountExportQueries {
  constructor(private readonly transactions: Transactions) {}

  /** The lines of the file. Holds 500 rows at most, and no transaction: it may take as long as its reader likes. */
  async *lines(userId: string): AsyncGenerator<string> {
    for (const part of PARTS) {
      let after: Row['key'] | null = null;
      do {
        const rows: Row[] = await this.rows(part, userId, after);
        yield rows.map(({ line }) => `${JSON.stringify({ type: part.type, ...line })}\n`).join('');
        after = rows.length === ROWS ? (rows.at(-1)?.key ?? null) : null;
      } while (after);
    }
    yield `${JSON.stringify({ type: 'end', at: new Date().toISOString() })}\n`;
  }

  private rows({ from, line, key }: Part, userId: string, after: Row['key'] | null): Promise<Row[]> {
    const columns = key.map(([column]) => column).join(', ');
    const place = key.map(([, type], at) => `$${at + 2}::${type}`).join(', ');
    const next = after ? ` AND (${columns}) > (${place})` : '';
    return this.transactions.query<Row>(
      `SELECT ${line} AS line, jsonb_build_array(${columns}) AS key FROM ${from}${next} ORDER BY ${columns} LIMIT ${ROWS}`,
      [userId, ...(after ?? [])],
    );
  }
}
