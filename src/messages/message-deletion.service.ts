import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { type DeletableMessage, type MessageKey, MessageRepository } from '../timeline/message.repository.js';
import type { MessageView } from '../timeline/message.view.js';
import { SystemMessageImmutable } from '../timeline/timeline.errors.js';
import { MessageDependents } from './message-dependents.service.js';
import { deletingNeeds, isModerating } from './message.policy.js';

/** Messages in one step of an erasure: with their dependents about a thousand rows, and one packet of a size that a socket accepts. */
const STEP = 150;

const BEGINNING: MessageKey = { roomId: '00000000-0000-0000-0000-000000000000', seq: 0 };

/** Deletes messages. A deleted message stays as a tombstone, with its number, author and times. */
@Injectable()
export class MessageDeletion {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly dependents: MessageDependents,
    private readonly log: RoomLog,
  ) {}

  /**
   * Deletes a message; returns a deleted one as it is. Allowed in inactive rooms and to silenced members.
   * @throws RoomNotFound, MessageNotFound, SystemMessageImmutable, Forbidden
   */
  deleteMessage(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      if (message.type === 'system') throw new SystemMessageImmutable();
      grant.requirePermission(deletingNeeds(message, grant));
      if (message.deletedAt !== null) return this.messageRepository.getMessageView(grant, messageId);
      await this.deleteContent(roomId, [message]);
      if (isModerating(message, grant)) {
        await this.log.audit(roomId, { actorId: actor.userId, action: 'message_deleted', targetUserId: message.userId, messageId });
      }
      return this.messageRepository.recordMessageChange(grant, actor, message, { kind: 'deleted' });
    });
  }

  /**
   * Deletes the next messages of a deleted account, in one room. Steps are small, to keep sends fast.
   * @param after where the last step ended, null at first
   * @returns where this step ended; null when no message is left
   */
  async eraseMessagesStep(userId: string, after: MessageKey | null): Promise<MessageKey | null> {
    const from = await this.messageRepository.findNextAuthored(userId, after ?? BEGINNING);
    if (!from) return null;
    const { roomId } = from;
    return this.access.hold(roomId, async (held) => {
      // The purge deletes the messages of a deleted room.
      if (!held) return { roomId, seq: Number.MAX_SAFE_INTEGER };
      const messages = await this.messageRepository.findAuthored(userId, from, STEP);
      const last = messages.at(-1);
      if (!last) return from;
      await this.deleteContent(roomId, messages);
      await this.messageRepository.recordMessageChanges(roomId, userId, messages, { kind: 'deleted' });
      return { roomId, seq: last.seq };
    });
  }

  private async deleteContent(roomId: string, messages: readonly DeletableMessage[]): Promise<void> {
    await this.messageRepository.markMessagesDeleted(roomId, messages);
    await this.dependents.deleteDependents(roomId, messages);
  }
}
