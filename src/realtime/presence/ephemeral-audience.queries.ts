import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.js';
import { receiptsSql } from '../../room-users/room-user.view.js';

/** The users who receive ephemeral events. */
@Injectable()
export class EphemeralAudience {
  constructor(private readonly transactions: Transactions) {}

  /** Returns the other members of a room, or nobody in a room with more than `maxMembers`. */
  findOtherMembers(roomId: string, userId: string, maxMembers: number): Promise<string[]> {
    return this.findMembers('', [roomId, userId, maxMembers]);
  }

  /** Returns those other members of a room with at most `maxMembers` to whom this user shows what they have read. */
  findReceiptViewers(roomId: string, userId: string, maxMembers: number): Promise<string[]> {
    return this.findMembers(`JOIN users u ON u.id = ru.user_id AND ${receiptsSql('$2::uuid')}`, [roomId, userId, maxMembers]);
  }

  /** Returns the other users in this user's private rooms, by latest activity. */
  async findPrivatePeers(userId: string, limit: number): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT CASE WHEN r.user_low = $1 THEN r.user_high ELSE r.user_low END AS id
       FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.type = 'private_messages' AND r.deleted_at IS NULL
       JOIN room_heads h ON h.room_id = r.id WHERE ru.user_id = $1 ORDER BY h.last_at DESC LIMIT $2`,
      [userId, limit],
    );
    return [...new Set(rows.map((row) => row.id))];
  }

  private async findMembers(join: string, parameters: unknown[]): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT ru.user_id AS id FROM room_heads h JOIN room_users ru ON ru.room_id = h.room_id AND ru.user_id <> $2 ${join}
       WHERE h.room_id = $1 AND h.member_count <= $3`,
      parameters,
    );
    return rows.map((row) => row.id);
  }
}
