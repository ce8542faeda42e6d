import { Injectable } from '@nestjs/common';
import { Transactions } from '../../database/transactions.js';
import { receiptsSql } from '../../room-users/room-user.view.js';

/** Who hears what passes. */
@Injectable()
export class EphemeralAudience {
  constructor(private readonly transactions: Transactions) {}

  /** The other people of a room; nobody when it has more than `most` members. */
  async findOtherMembers(roomId: string, userId: string, most: number): Promise<string[]> {
    const rows = await this.transactions.query<{ user_id: string }>(
      `SELECT ru.user_id FROM room_heads h JOIN room_users ru ON ru.room_id = h.room_id AND ru.user_id <> $2
       WHERE h.room_id = $1 AND h.member_count <= $3`,
      [roomId, userId, most],
    );
    return rows.map((row) => row.user_id);
  }

  /** Those in a room of at most `most` members who are shown what this person reads there. */
  async findReceiptViewers(roomId: string, userId: string, most: number): Promise<string[]> {
    const rows = await this.transactions.query<{ user_id: string }>(
      `SELECT ru.user_id FROM room_heads h JOIN room_users ru ON ru.room_id = h.room_id AND ru.user_id <> $2 JOIN users u ON u.id = ru.user_id
       WHERE h.room_id = $1 AND h.member_count <= $3 AND ${receiptsSql('$2::uuid')}`,
      [roomId, userId, most],
    );
    return rows.map((row) => row.user_id);
  }

  /** The other sides of somebody's private rooms, the latest active first. */
  async findPrivatePeers(userId: string, most: number): Promise<string[]> {
    const rows = await this.transactions.query<{ other: string }>(
      `SELECT CASE WHEN r.user_low = $1 THEN r.user_high ELSE r.user_low END AS other
       FROM room_users ru JOIN rooms r ON r.id = ru.room_id AND r.type = 'private_messages' AND r.deleted_at IS NULL
       JOIN room_heads h ON h.room_id = r.id WHERE ru.user_id = $1 ORDER BY h.last_at DESC LIMIT $2`,
      [userId, most],
    );
    return [...new Set(rows.map((row) => row.other))];
  }
}
