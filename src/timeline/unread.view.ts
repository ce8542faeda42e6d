import { EVERYONE_ID } from './message.types.js';

/**
 * SQL: number of messages past the read mark that are neither deleted nor system messages. A member's own messages are never past it.
 * Subtracts `n` and counts only the deleted messages, of which there are few.
 * @param ru alias of `room_users`  @param head alias of `room_heads`
 */
export const unreadCountSql = (ru: string, head: string): string => `greatest(0, ${head}.last_n - ${ru}.last_read_n - (
  SELECT count(*) FROM messages dm
  WHERE dm.room_id = ${ru}.room_id AND dm.n > ${ru}.last_read_n AND dm.deleted_at IS NOT NULL AND dm.type <> 'system'))`;

/** SQL: number of messages past the read mark that mention the member or all members. */
export const mentionCountSql = (ru: string): string => `(SELECT count(DISTINCT um.message_id) FROM message_mentions um
  WHERE um.room_id = ${ru}.room_id AND um.user_id IN (${ru}.user_id, '${EVERYONE_ID}') AND um.seq > ${ru}.last_read_seq)`;
