import { Injectable } from '@nestjs/common';
import { decodeCursor, pageOfViews, type Page, type PageQuery } from '../common/page.js';
import { Transactions } from '../database/transactions.js';
import type { RoomGrant } from '../room-access/room-grant.policy.js';
import { REACTION_JSON, type ReactionView } from './reaction.view.js';
import { ReactionNotFound } from './reactions.errors.js';

interface ReactionRow {
  id: string;
  view: ReactionView;
}

/** The lists of reactions: one query each, which includes the check of what the viewer may see. */
@Injectable()
export class ReactionsQueries {
  constructor(private readonly transactions: Transactions) {}

  /** Returns the reactions to a message that the member may see, oldest first. @param reactions null for all */
  async listReactions(
    { room, member }: RoomGrant,
    messageId: string,
    reactions: readonly string[] | null,
    query: PageQuery,
  ): Promise<Page<ReactionView>> {
    const rows = await this.transactions.query<ReactionRow>(
      `SELECT r.id, ${REACTION_JSON} AS view
       FROM room_users ru JOIN messages m ON m.room_id = ru.room_id AND m.id = $3 AND m.seq >= ru.visible_from_seq
       JOIN reactions r ON r.room_id = m.room_id AND r.message_id = m.id JOIN users u ON u.id = r.user_id
       WHERE ru.room_id = $1 AND ru.user_id = $2 AND ($4::uuid IS NULL OR r.id > $4) AND ($5::text[] IS NULL OR r.reaction = ANY ($5))
       ORDER BY r.id LIMIT $6`,
      [room.id, member.userId, messageId, ...decodeCursor(query.cursor, ['id']), reactions, query.limit + 1],
    );
    return pageOfViews(rows, query.limit, ({ id }) => [id]);
  }

  /** @throws ReactionNotFound */
  async getReaction({ room, member }: RoomGrant, messageId: string, reactionId: string): Promise<ReactionView> {
    const [row] = await this.transactions.query<ReactionRow>(
      `SELECT r.id, ${REACTION_JSON} AS view
       FROM reactions r JOIN users u ON u.id = r.user_id JOIN messages m ON m.room_id = r.room_id AND m.id = r.message_id AND m.seq >= $4
       WHERE r.room_id = $1 AND r.id = $2 AND r.message_id = $3`,
      [room.id, reactionId, messageId, member.visibleFromSeq],
    );
    if (!row) throw new ReactionNotFound();
    return row.view;
  }

  /** Returns the user's reactions to messages that the user may still see, newest first. */
  async listMyReactions(userId: string, query: PageQuery): Promise<Page<ReactionView>> {
    const rows = await this.transactions.query<ReactionRow>(
      `SELECT r.id, ${REACTION_JSON} AS view
       FROM reactions r JOIN users u ON u.id = r.user_id
       JOIN room_users ru ON ru.room_id = r.room_id AND ru.user_id = r.user_id
       JOIN rooms ro ON ro.id = r.room_id AND ro.deleted_at IS NULL
       JOIN messages m ON m.room_id = r.room_id AND m.id = r.message_id AND m.seq >= ru.visible_from_seq
       WHERE r.user_id = $1 AND ($2::uuid IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3`,
      [userId, ...decodeCursor(query.cursor, ['id']), query.limit + 1],
    );
    return pageOfViews(rows, query.limit, ({ id }) => [id]);
  }
}
