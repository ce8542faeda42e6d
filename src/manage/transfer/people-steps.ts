import { DomainError } from '../../common/domain-error.js';
import type { Settings } from '../../config/settings.js';
import type { Transactions } from '../../database/transactions.js';
import type { BlocksService } from '../../friends/blocks.service.js';
import type { FriendImport } from '../../friends/friend-import.service.js';
import type { MediaImport } from '../../media/media-import.service.js';
import { kindOf } from '../../media/media-type.policy.js';
import type { ImportedUser, UserImport } from '../../users/user-import.service.js';
import { objectPlace } from './consistency.policy.js';
import { identityKey, type KnownRows } from './known-rows.js';
import { refuse } from './reading.js';
import type { Line } from './records.js';

interface Services {
  transactions: Transactions;
  settings: Settings;
  users: UserImport;
  media: MediaImport;
  friends: FriendImport;
  blocks: BlocksService;
}

/** Steps outside of rooms, a transaction each; they answer how many records were new. */
export class PeopleSteps {
  constructor(
    private readonly known: KnownRows,
    private readonly services: Services,
  ) {}

  users(lines: readonly Line<'user'>[]): Promise<number> {
    const { transactions, users, settings } = this.services;
    return transactions.run(async () => {
      const here = await this.known.users(lines.map(({ record }) => record.id));
      const fresh = lines.filter(({ record }) => !here.has(record.id));
      const names = await this.known.usernames(fresh.map(({ record }) => record.username));
      const identities = await this.known.identities(fresh.flatMap(({ record }) => record.external ?? []));
      const added = new Map<string, ImportedUser>();
      for (const { number, record } of fresh) {
        if (added.has(record.id)) continue;
        if (names.has(record.username)) refuse(number, 'username', `is taken: ${record.username} is another account here`);
        names.add(record.username);
        if (record.external) {
          if (identities.has(identityKey(record.external))) refuse(number, 'external', 'is the identity of another account here');
          identities.add(identityKey(record.external));
        }
        added.set(record.id, { ...record, privacy: record.privacy ?? settings.privacyDefaults });
      }
      return users.add([...added.values()]);
    });
  }

  media(lines: readonly Line<'media'>[]): Promise<number> {
    const { transactions, media } = this.services;
    return transactions.run(async () => {
      const owners = await this.known.users(lines.map(({ record }) => record.ownerId));
      const files = lines.map(({ number, record }) => {
        if (!owners.has(record.ownerId)) refuse(number, 'ownerId', 'is nobody who is here');
        const kind = record.kind ?? kindOf(record.contentType);
        return { ...record, kind, objectKey: record.objectKey ?? `${objectPlace(record.id)}${record.id}` };
      });
      return media.add(files);
    });
  }

  friendships(lines: readonly Line<'friendship'>[]): Promise<number> {
    const { transactions, friends } = this.services;
    return transactions.run(async () => {
      const here = await this.known.users(lines.flatMap(({ record }) => record.userIds));
      for (const { number, record } of lines) {
        if (!record.userIds.every((id) => here.has(id))) refuse(number, 'userIds', 'names somebody who is not here');
      }
      return friends.add(lines.map(({ record }) => record));
    });
  }

  /** Each in a transaction of its own: it holds the private rooms of the two. */
  async blocks(lines: readonly Line<'block'>[]): Promise<number> {
    const { transactions, blocks } = this.services;
    let added = 0;
    for (const { number, record } of lines) {
      const standing = await transactions.query(`SELECT 1 FROM blocks WHERE user_id = $1 AND blocked_id = $2`, [
        record.userId,
        record.blockedId,
      ]);
      if (standing.length > 0) continue;
      const here = await this.known.users([record.userId]);
      if (!here.has(record.userId)) refuse(number, 'userId', 'is nobody who is here');
      try {
        await blocks.block({ userId: record.userId, sessionId: null, admin: false }, record.blockedId, record.createdAt);
      } catch (error) {
        if (error instanceof DomainError && error.status < 500) refuse(number, 'blockedId', `cannot be: ${error.message}`);
        throw error;
      }
      added++;
    }
    return added;
  }
}
