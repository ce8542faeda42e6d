import { Injectable } from '@nestjs/common';
import { decodeCursor, pageOf, type Page, type PageQuery } from '../common/page.js';
import { ROOM_PERMISSIONS } from '../common/permissions.js';
import { Transactions } from '../database/transactions.js';
import { effectiveBitsSql } from '../room-users/room-user.view.js';
import { INVITE_JSON, type InviteView } from './invite.view.js';
import { roomCardJson, type RoomCardView } from '../rooms/room.view.js';

const MAY_INVITE = ROOM_PERMISSIONS.indexOf('can_create_invites');

/**
 * SQL: whether the invite `i` of the room `r` can be used now. It lives as long as its maker may invite: it is judged when it is used, so
 * that a right taken away is used by nobody, and one given back works again.
 */
const LIVES = `i.revoked_at IS NULL AND (i.expires_at IS NULL OR i.expires_at > clock_timestamp())
  AND (i.max_uses IS NULL OR i.uses < i.max_uses) AND r.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM room_users ru JOIN users u ON u.id = ru.user_id
    WHERE ru.room_id = i.room_id AND ru.user_id = i.created_by AND u.deleted_at IS NULL AND u.deactivated_at IS NULL
      AND (${effectiveBitsSql()} >> ${MAY_INVITE}) & 1 = 1)`;

const INVITES = `room_invites i JOIN rooms r ON r.id = i.room_id`;

/** The reads of invites. */
@Injectable()
export class InvitesQueries {
  constructor(private readonly transactions: Transactions) {}

  /** The room that a code opens, whether or not it still does. */
  async roomOf(code: string): Promise<string | null> {
    const [row] = await this.transactions.query<{ room_id: string }>(`SELECT room_id FROM room_invites WHERE code = $1`, [code]);
    return row?.room_id ?? null;
  }

  /** The invite that a living code is. */
  async findUsableInvite(code: string): Promise<string | null> {
    const [row] = await this.transactions.query<{ id: string }>(`SELECT i.id FROM ${INVITES} WHERE i.code = $1 AND ${LIVES}`, [code]);
    return row?.id ?? null;
  }

  /** The room as the holder of a living code sees it. */
  async getInviteCard(code: string): Promise<RoomCardView | null> {
    const [row] = await this.transactions.query<{ view: RoomCardView }>(
      `SELECT ${roomCardJson()} AS view FROM ${INVITES} JOIN room_heads h ON h.room_id = r.id
       WHERE i.code = $1 AND ${LIVES}`,
      [code],
    );
    return row?.view ?? null;
  }

  async getInvite(roomId: string, id: string): Promise<InviteView | null> {
    const [row] = await this.transactions.query<{ view: InviteView }>(
      `SELECT ${INVITE_JSON} AS view FROM room_invites i WHERE i.room_id = $1 AND i.id = $2 AND i.revoked_at IS NULL`,
      [roomId, id],
    );
    return row?.view ?? null;
  }

  async countUsableInvites(roomId: string): Promise<number> {
    const [row] = await this.transactions.query<{ count: number }>(`SELECT count(*) FROM ${INVITES} WHERE i.room_id = $1 AND ${LIVES}`, [
      roomId,
    ]);
    return row?.count ?? 0;
  }

  /** Those that can be used, newest first. */
  async listInvites(roomId: string, { limit, cursor }: PageQuery): Promise<Page<InviteView>> {
    const [before] = decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<{ id: string; view: InviteView }>(
      `SELECT i.id, ${INVITE_JSON} AS view FROM ${INVITES}
       WHERE i.room_id = $1 AND ($2::uuid IS NULL OR i.id < $2) AND ${LIVES} ORDER BY i.id DESC LIMIT $3`,
      [roomId, before, limit + 1],
    );
    return pageOf(
      rows,
      limit,
      (row) => [row.id],
      (row) => row.view,
    );
  }
}
