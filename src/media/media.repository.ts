import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { Settings } from '../config/settings.js';
import { Transactions } from '../database/transactions.js';
import { Media } from './media.entity.js';
import { AvatarNotUsable, QuotaExceeded } from './media.errors.js';

/** A file whose bytes are in the store. */
export type StoredFile = Pick<
  Media,
  'kind' | 'contentType' | 'size' | 'sha256' | 'width' | 'height' | 'durationMs' | 'objectKey' | 'thumbnailKey'
>;

/** A file in this state can be attached to a message or used as an avatar. */
export const ATTACHABLE = { status: 'ready', doomedAt: IsNull() } as const;

/** SQL: whether something refers to the row `m` of `media`. */
export const isReferenced = (m: string): string => `(
  EXISTS (SELECT 1 FROM message_media mm WHERE mm.media_id = ${m}.id)
  OR EXISTS (SELECT 1 FROM users au WHERE au.avatar_media_id = ${m}.id)
  OR EXISTS (SELECT 1 FROM rooms ar WHERE ar.avatar_media_id = ${m}.id))`;

/** SQL: whether :userId may read a file: as its uploader, in a message that they may read, or as the avatar of a user or visible room. */
const READABLE = `(
  media.owner_id = :userId
  OR EXISTS (SELECT 1 FROM message_media mm
    JOIN rooms r ON r.id = mm.room_id AND r.deleted_at IS NULL
    JOIN room_users ru ON ru.room_id = mm.room_id AND ru.user_id = :userId AND mm.seq >= ru.visible_from_seq
    WHERE mm.media_id = media.id)
  OR EXISTS (SELECT 1 FROM users au WHERE au.avatar_media_id = media.id)
  OR EXISTS (SELECT 1 FROM rooms ar WHERE ar.avatar_media_id = media.id AND ar.deleted_at IS NULL
    AND (ar.is_public OR EXISTS (SELECT 1 FROM room_users aru WHERE aru.room_id = ar.id AND aru.user_id = :userId))))`;

/** Reads and writes the rows of files. A lock for each user makes the quota exact, also for concurrent uploads. */
@Injectable()
export class MediaRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly settings: Settings,
  ) {}

  /** @throws QuotaExceeded */
  async insertMedia(file: Partial<Media> & Pick<Media, 'id' | 'ownerId' | 'size'>): Promise<Media> {
    return this.transactions.run(async () => {
      await this.lockOwner(file.ownerId);
      await this.requireQuota(file.ownerId, file.size);
      const { manager } = this.transactions;
      await manager.insert(Media, file);
      return manager.findOneByOrFail(Media, { id: file.id });
    });
  }

  /** Checks the quota early, without a lock; {@link insertMedia} checks it again. @throws QuotaExceeded */
  async requireQuota(ownerId: string, bytes: number): Promise<void> {
    const used = await this.transactions.manager.sum(Media, 'size', { ownerId });
    if ((used ?? 0) + bytes > this.settings.media.quotaBytes) throw new QuotaExceeded();
  }

  /** Ends a direct upload; null when it has ended already. @throws QuotaExceeded when the file grew beyond the reserved size */
  async completeMedia({ id, ownerId, size }: Media, file: StoredFile): Promise<Media | null> {
    return this.transactions.run(async () => {
      await this.lockOwner(ownerId);
      const { manager } = this.transactions;
      const { affected } = await manager.update(Media, { id, status: 'pending' }, { ...file, status: 'ready', expiresAt: null });
      if (affected !== 1) return null;
      // The row has its new size already.
      if (file.size > size) await this.requireQuota(ownerId, 0);
      return this.findMedia(id);
    });
  }

  findMedia(id: string): Promise<Media | null> {
    return this.transactions.manager.findOneBy(Media, { id });
  }

  /** Returns the file if the user may read it now. */
  findReadable(userId: string, id: string): Promise<Media | null> {
    return this.transactions.manager
      .createQueryBuilder(Media, 'media')
      .where(`media.id = :id AND media.status = 'ready' AND ${READABLE}`, { id, userId })
      .getOne();
  }

  /** Locks a file of the owner until the transaction ends: nothing can attach it meanwhile. */
  lockMedia(id: string, ownerId: string): Promise<Media | null> {
    return this.transactions.manager.findOne(Media, { where: { id, ownerId }, lock: { mode: 'pessimistic_write' } });
  }

  /** Whether something refers to the file. A statement of its own: it sees what was committed before the caller's locks. */
  async isReferenced(id: string): Promise<boolean> {
    const [row] = await this.transactions.query<{ referenced: boolean }>(
      `SELECT ${isReferenced('m')} AS referenced FROM media m WHERE m.id = $1`,
      [id],
    );
    return row?.referenced ?? false;
  }

  /**
   * Records that a user or a room is about to refer to the image. Expects the transaction that writes the reference, after every other lock:
   * the garbage collector marks a file by its own row alone. @throws AvatarNotUsable
   */
  async attachAvatar(ownerId: string, mediaId: string): Promise<void> {
    const { affected } = await this.transactions.manager.update(
      Media,
      { id: mediaId, ownerId, kind: 'image', ...ATTACHABLE },
      { attachedAt: () => 'clock_timestamp()' },
    );
    if (affected !== 1) throw new AvatarNotUsable();
  }

  /**
   * Detaches the files of messages that are being deleted. The garbage collector removes those to which nothing refers any more. Expects the
   * transaction that holds the room head. @param messageIds of one room, at most 1,000
   */
  async detachMedia(roomId: string, messageIds: readonly string[]): Promise<void> {
    await this.transactions.query(`DELETE FROM message_media WHERE room_id = $1 AND message_id = ANY ($2::uuid[])`, [roomId, messageIds]);
  }

  private lockOwner(ownerId: string): Promise<unknown> {
    return this.transactions.query(`SELECT pg_advisory_xact_lock(hashtextextended('media:' || $1, 0))`, [ownerId]);
  }
}
