import { Injectable } from '@nestjs/common';
import { Transactions } from '../database/transactions.js';
import { AvatarNotUsable } from './media.errors.js';

/** Files that stand for a person or a room. */
@Injectable()
export class Avatars {
  constructor(private readonly transactions: Transactions) {}

  /**
   * Notes that something is about to refer to the image. Expects the transaction that writes the reference, after every other lock: the
   * collector dooms a file by its own row alone. @throws AvatarNotUsable
   */
  async attachAvatar(ownerId: string, mediaId: string): Promise<void> {
    const attached = await this.transactions.query(
      `UPDATE media SET attached_at = clock_timestamp()
       WHERE id = $1 AND owner_id = $2 AND kind = 'image' AND status = 'ready' AND doomed_at IS NULL RETURNING 1`,
      [mediaId, ownerId],
    );
    if (attached.length === 0) throw new AvatarNotUsable();
  }
}
