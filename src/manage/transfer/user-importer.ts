import { DomainError } from '../../common/domain-error.js';
import type { Settings } from '../../config/settings.js';
import type { Transactions } from '../../database/transactions.js';
import type { BlocksService } from '../../friends/blocks.service.js';
import type { FriendImportRepository } from '../../friends/friend-import.repository.js';
import type { MediaImportRepository } from '../../media/media-import.repository.js';
import { kindOf } from '../../media/media-type.policy.js';
import type { ImportedUser, UserImportRepository } from '../../users/user-import.repository.js';
import { objectPlace } from './consistency.policy.js';
import { identityKey, type ExistingRows } from './existing-rows.js';
import { rejectLine } from './reading.js';
import type { ImportLine } from './records.js';

interface UserServices {
  transactions: Transactions;
  settings: Settings;
  users: UserImportRepository;
  media: MediaImportRepository;
  friends: FriendImportRepository;
  blocks: BlocksService;
}

/** Steps outside of rooms, a transaction each; they answer how many records were new. */
export class UserImporter {
  constructor(
    private readonly existing: ExistingRows,
    private readonly services: UserServices,
  ) {}

  users(lines: readonly ImportLine<'user'>[]): Promise<number> {
    const { transactions, users, settings } = this.services;
    return transactions.run(async () => {
      const here = await this.existing.users(lines.map(({ record }) => record.id));
      const fresh = lines.filter(({ record }) => !here.has(record.id));
      const names = await this.existing.usernames(fresh.map(({ record }) => record.username));
      const identities = await this.existing.identities(fresh.flatMap(({ record }) => record.external ?? []));
      const added = new Map<string, ImportedUser>();
      for (const { number, record } of fresh) {
        if (added.has(record.id)) continue;
        if (names.has(record.username)) rejectLine(number, 'username', `is taken: ${record.username} is another account here`);
        names.add(record.username);
        if (record.external) {
          if (identities.has(identityKey(record.external))) rejectLine(number, 'external', 'is the identity of another account here');
          identities.add(identityKey(record.external));
        }
        added.set(record.id, { ...record, privacy: record.privacy ?? settings.privacyDefaults });
      }
      return users.importUsers([...added.values()]);
    });
  }

  media(lines: readonly ImportLine<'media'>[]): Promise<number> {
    const { transactions, media } = this.services;
    return transactions.run(async () => {
      const owners = await this.existing.users(lines.map(({ record }) => record.ownerId));
      const files = lines.map(({ number, record }) => {
        if (!owners.has(record.ownerId)) rejectLine(number, 'ownerId', 'is nobody who is here');
        const kind = record.kind ?? kindOf(record.contentType);
        return { ...record, kind, objectKey: record.objectKey ?? `${objectPlace(record.id)}${record.id}` };
      });
      return media.importMedia(files);
    });
  }

  friendships(lines: readonly ImportLine<'friendship'>[]): Promise<number> {
    const { transactions, friends } = this.services;
    return transactions.run(async () => {
      const here = await this.existing.users(lines.flatMap(({ record }) => record.userIds));
      for (const { number, record } of lines) {
        if (!record.userIds.every((id) => here.has(id))) rejectLine(number, 'userIds', 'names somebody who is not here');
      }
      return friends.importFriendships(lines.map(({ record }) => record));
    });
  }

  /** Each in a transaction of its own: it holds the private rooms of the two. */
  async blocks(lines: readonly ImportLine<'block'>[]): Promise<number> {
    const { transactions, blocks } = this.services;
    let added = 0;
    for (const { number, record } of lines) {
      const standing = await transactions.query(`SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = $2`, [
        record.userId,
        record.blockedId,
      ]);
      if (standing.length > 0) continue;
      const here = await this.existing.users([record.userId]);
      if (!here.has(record.userId)) rejectLine(number, 'userId', 'is nobody who is here');
      try {
        await blocks.blockUser({ userId: record.userId, sessionId: null, admin: false }, record.blockedId, record.createdAt);
      } catch (error) {
        if (error instanceof DomainError && error.status < 500) rejectLine(number, 'blockedId', `cannot be: ${error.message}`);
        throw error;
      }
      added++;
    }
    return added;
  }
}
