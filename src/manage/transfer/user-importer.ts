import type { INestApplicationContext } from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { Settings } from '../../config/settings.js';
import { Transactions } from '../../database/transactions.js';
import { BlocksService } from '../../friends/blocks.service.js';
import { FriendImportRepository } from '../../friends/friend-import.repository.js';
import { MediaImportRepository } from '../../media/media-import.repository.js';
import { kindOf } from '../../media/media-type.policy.js';
import { UserImportRepository } from '../../users/user-import.repository.js';
import { objectPrefix } from './consistency.policy.js';
import { identityKey, newLines, type ExistingRows } from './existing-rows.js';
import { rejectLine } from './reading.js';
import type { ImportLine } from './records.js';

/** Imports the records outside of rooms. Each method is a step, and returns how many records were new. */
export class UserImporter {
  private readonly transactions: Transactions;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly existing: ExistingRows,
  ) {
    this.transactions = app.get(Transactions);
  }

  importUsers(lines: readonly ImportLine<'user'>[]): Promise<number> {
    return this.transactions.run(async () => {
      const known = await this.existing.findUserIds(lines.map(({ record }) => record.id));
      const added = newLines(lines, ({ id }) => id, known);
      const names = await this.existing.findUsernames(added.map(({ record }) => record.username));
      const identities = await this.existing.findIdentities(added.flatMap(({ record }) => record.external ?? []));
      for (const { number, record } of added) {
        const { username, external } = record;
        if (names.has(username)) rejectLine(number, 'username', `is taken: ${username} is another account here`);
        names.add(username);
        if (!external) continue;
        if (identities.has(identityKey(external))) rejectLine(number, 'external', 'is the identity of another account here');
        identities.add(identityKey(external));
      }
      const { privacyDefaults } = this.app.get(Settings);
      return this.app
        .get(UserImportRepository)
        .importUsers(added.map(({ record }) => ({ ...record, privacy: record.privacy ?? privacyDefaults })));
    });
  }

  importMedia(lines: readonly ImportLine<'media'>[]): Promise<number> {
    return this.transactions.run(async () => {
      await this.existing.requireUsers(lines, 'ownerId');
      return this.app.get(MediaImportRepository).importMedia(
        lines.map(({ record }) => ({
          ...record,
          kind: record.kind ?? kindOf(record.contentType),
          objectKey: record.objectKey ?? `${objectPrefix(record.id)}${record.id}`,
        })),
      );
    });
  }

  importFriendships(lines: readonly ImportLine<'friendship'>[]): Promise<number> {
    return this.transactions.run(async () => {
      await this.existing.requireUsers(lines, 'userIds');
      return this.app.get(FriendImportRepository).importFriendships(lines.map(({ record }) => record));
    });
  }

  /** Uses a transaction for each block, which locks the private rooms of the two. */
  async importBlocks(lines: readonly ImportLine<'block'>[]): Promise<number> {
    let added = 0;
    for (const line of lines) {
      const { number, record } = line;
      if (await this.existing.hasBlock(record)) continue;
      await this.existing.requireUsers([line], 'userId');
      const actor = { userId: record.userId, sessionId: null, admin: false };
      try {
        await this.app.get(BlocksService).blockUser(actor, record.blockedId, record.createdAt);
      } catch (error) {
        if (error instanceof DomainError && error.status < 500) rejectLine(number, 'blockedId', `cannot be blocked: ${error.message}`);
        throw error;
      }
      added++;
    }
    return added;
  }
}
