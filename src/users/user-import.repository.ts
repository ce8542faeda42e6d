import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import type { Privacy } from './privacy.types.js';

/** A user of another installation, without a password. Times are RFC 3339. */
export interface ImportedUser {
  id: string;
  username: string;
  displayName: string | null;
  avatarMediaId: string | null;
  external: { issuer: string; subject: string } | null;
  privacy: Privacy;
  createdAt: string;
  deactivatedAt: string | null;
  deletedAt: string | null;
}

@Injectable()
export class UserImportRepository {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Inserts imported users, and returns how many were new. A user whose id is known stays unchanged. A username or identity of another user
   * is a database error. @param users at most 500
   */
  async importUsers(users: readonly ImportedUser[]): Promise<number> {
    const rows = await this.transactions.query<{ id: string }>(
      `INSERT INTO users (id, username, display_name, avatar_media_id, external_issuer, external_subject, friend_requests, direct_messages,
         group_invites, presence, read_receipts, created_at, deactivated_at, deleted_at)
       SELECT x.id, x.username, x."displayName", x."avatarMediaId", x.external ->> 'issuer', x.external ->> 'subject',
         x.privacy ->> 'friendRequests', x.privacy ->> 'directMessages', x.privacy ->> 'groupInvites', x.privacy ->> 'presence',
         (x.privacy ->> 'readReceipts')::boolean, x."createdAt", x."deactivatedAt", x."deletedAt"
       FROM jsonb_to_recordset($1::jsonb) AS x (id uuid, username text, "displayName" text, "avatarMediaId" uuid, external jsonb, privacy jsonb,
         "createdAt" timestamptz, "deactivatedAt" timestamptz, "deletedAt" timestamptz)
       ORDER BY x.id ON CONFLICT (id) DO NOTHING RETURNING id`,
      [JSON.stringify(users)],
    );
    await this.transactions.query(`INSERT INTO user_heads (user_id) SELECT id FROM unnest($1::uuid[]) AS id ON CONFLICT DO NOTHING`, [
      rows.map(({ id }) => id),
    ]);
    return rows.length;
  }
}
