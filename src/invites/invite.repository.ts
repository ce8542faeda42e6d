import { Injectable } from '@nestjs/common';
import { newId } from '../common/ids.js';
import { decodeCursor, type Page, type PageQuery, pageOfViews } from '../common/page.js';
import { ROOM_PERMISSIONS } from '../common/permissions.js';
import { Transactions } from '../database/transactions.js';
import { effectiveBitsSql } from '../room-users/room-user.view.js';
import { roomCardJson, type RoomCardView } from '../rooms/room.view.js';
import { isActiveSql } from '../users/user.view.js';
import { Invite } from './invite.entity.js';
import { INVITE_JSON, type InviteView } from './invite.view.js';

const CREATE_INVITES_BIT = ROOM_PERMISSIONS.indexOf('can_create_invites');

const INVITES = `room_invites i JOIN rooms r ON r.id = i.room_id`;

/**
 * SQL: whether the invite `i` of the room `r` is usable now. The permission of its creator is checked at every use: an invite stops working
 * when its creator loses the permission, and works again when it is given back.
 */
const USABLE = `i.revoked_at IS NULL AND (i.expires_at IS NULL OR i.expires_at > clock_timestamp())
  AND (i.max_uses IS NULL OR i.uses < i.max_uses) AND r.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM room_users ru JOIN users u ON u.id = ru.user_id
    WHERE ru.room_id = i.room_id AND ru.user_id = i.created_by AND ${isActiveSql('u')}
      AND (${effectiveBitsSql()} >> ${CREATE_INVITES_BIT}) & 1 = 1)`;

@Injectable()
export class InviteRepository {
  constructor(private readonly transactions: Transactions) {}

  async insertInvite(roomId: string, code: string, createdBy: string, maxUses: number | null, expiresAt: Date | null): Promise<InviteView> {
    const [row] = (await this.transactions.query(
      `INSERT INTO room_invites AS i (id, room_id, code, created_by, max_uses, expires_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) RETURNING ${INVITE_JSON} AS view`,
      [newId(), roomId, code, createdBy, maxUses, expiresAt],
    )) as [{ view: InviteView }];
    return row.view;
  }

  async markInviteRevoked(id: string): Promise<void> {
    await this.transactions.manager.update(Invite, id, { revokedAt: () => 'clock_timestamp()' });
  }

  async countUse(id: string): Promise<void> {
    await this.transactions.manager.increment(Invite, { id }, 'uses', 1);
  }

  /** Returns the room of the code, whether or not the invite is usable. */
  async findRoomId(code: string): Promise<string | null> {
    const invite = await this.transactions.manager.findOneBy(Invite, { code });
    return invite?.roomId ?? null;
  }

  /** Returns the id of the usable invite with this code. */
  async findUsableInvite(code: string): Promise<string | null> {
    const [row] = await this.transactions.query<{ id: string }>(`SELECT i.id FROM ${INVITES} WHERE i.code = $1 AND ${USABLE}`, [code]);
    return row?.id ?? null;
  }

  /** Returns the room as a user with the code of a usable invite sees it. */
  async findInviteCard(code: string): Promise<RoomCardView | null> {
    const [row] = await this.transactions.query<{ view: RoomCardView }>(
      `SELECT ${roomCardJson()} AS view FROM ${INVITES} JOIN room_heads h ON h.room_id = r.id WHERE i.code = $1 AND ${USABLE}`,
      [code],
    );
    return row?.view ?? null;
  }

  /** Returns an invite that is not revoked, usable or not. */
  async findInvite(roomId: string, id: string): Promise<InviteView | null> {
    const [row] = await this.transactions.query<{ view: InviteView }>(
      `SELECT ${INVITE_JSON} AS view FROM room_invites i WHERE i.room_id = $1 AND i.id = $2 AND i.revoked_at IS NULL`,
      [roomId, id],
    );
    return row?.view ?? null;
  }

  async countUsableInvites(roomId: string): Promise<number> {
    const [row] = await this.transactions.query<{ count: number }>(`SELECT count(*) FROM ${INVITES} WHERE i.room_id = $1 AND ${USABLE}`, [
      roomId,
    ]);
    return row?.count ?? 0;
  }

  /** Returns the usable invites of the room, newest first. */
  async findUsableInvites(roomId: string, { limit, cursor }: PageQuery): Promise<Page<InviteView>> {
    const [before] = decodeCursor(cursor, ['id']);
    const rows = await this.transactions.query<{ id: string; view: InviteView }>(
      `SELECT i.id, ${INVITE_JSON} AS view FROM ${INVITES}
       WHERE i.room_id = $1 AND ($2::uuid IS NULL OR i.id < $2) AND ${USABLE} ORDER BY i.id DESC LIMIT $3`,
      [roomId, before, limit + 1],
    );
    return pageOfViews(rows, limit, (row) => [row.id]);
  }
}
