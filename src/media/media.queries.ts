import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { Media } from './media.entity.js';

/** SQL: whether something refers to the row `m` of `media`. */
export const isReferenced = (m: string): string => `(
  EXISTS (SELECT 1 FROM message_media mm WHERE mm.media_id = ${m}.id)
  OR EXISTS (SELECT 1 FROM users au WHERE au.avatar_media_id = ${m}.id)
  OR EXISTS (SELECT 1 FROM rooms ar WHERE ar.avatar_media_id = ${m}.id))`;

/** Who may read a file: its uploader; who may read a message in which it stands; as an avatar, who may see that person or room. */
const READABLE = `(
  media.owner_id = :userId
  OR EXISTS (SELECT 1 FROM message_media mm
    JOIN rooms r ON r.id = mm.room_id AND r.deleted_at IS NULL
    JOIN room_users ru ON ru.room_id = mm.room_id AND ru.user_id = :userId AND mm.seq >= ru.visible_from_seq
    WHERE mm.media_id = media.id)
  OR EXISTS (SELECT 1 FROM users au WHERE au.avatar_media_id = media.id)
  OR EXISTS (SELECT 1 FROM rooms ar WHERE ar.avatar_media_id = media.id AND ar.deleted_at IS NULL
    AND (ar.is_public OR EXISTS (SELECT 1 FROM room_users aru WHERE aru.room_id = ar.id AND aru.user_id = :userId))))`;

@Injectable()
export class MediaQueries {
  constructor(private readonly transactions: Transactions) {}

  /** The file if the person may read it now. */
  findReadable(userId: string, id: string): Promise<Media | null> {
    return this.transactions.manager
      .createQueryBuilder(Media, 'media')
      .where(`media.id = :id AND media.status = 'ready' AND ${READABLE}`, { id, userId })
      .getOne();
  }

  /** As others see it after the caller's locks: a statement of its own. */
  async isReferenced(id: string): Promise<boolean> {
    const [row] = await this.transactions.query<{ referred: boolean }>(
      `SELECT ${isReferenced('m')} AS referred FROM media m WHERE m.id = $1`,
      [id],
    );
    return row?.referred ?? false;
  }
}
