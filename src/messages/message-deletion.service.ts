import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { ReactionRepository } from '../reactions/reaction.repository.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { SearchIndex } from '../search/search-index.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { MessageView } from '../timeline/message.view.js';
import { SystemMessageImmutable } from '../timeline/timeline.errors.js';
import { MessageDependents } from './message-dependents.service.js';
import { deletingNeeds, isModerating } from './message.policy.js';

/** Deleting messages: what stays is a tombstone that says where one stood, whose, and when. */
@Injectable()
export class MessageDeletion {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly reactionRepository: ReactionRepository,
    private readonly dependents: MessageDependents,
    private readonly search: SearchIndex,
    private readonly log: RoomLog,
  ) {}

  /**
   * Deletes a message; a deleted one is answered as it is. Open in rooms that take no new messages, and to who may not speak.
   * @throws RoomNotFound, MessageNotFound, SystemMessageImmutable, Forbidden
   */
  deleteMessage(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      if (message.type === 'system') throw new SystemMessageImmutable();
      grant.requirePermission(deletingNeeds(message, grant));
      if (message.deletedAt !== null) return this.messageRepository.getMessageView(grant, messageId);
      await this.messageRepository.markMessageDeleted(message);
      await this.clearMessage(roomId, [message]);
      if (isModerating(message, grant)) {
        await this.log.audit(roomId, { actorId: actor.userId, action: 'message_deleted', targetUserId: message.userId, messageId });
      }
      return this.messageRepository.recordMessageChange(grant, actor, { kind: 'deleted', messageId });
    });
  }

  /** What hangs on messages of one room that are being buried. Expects the room's head. @param messages ascending by seq, at most 1,000 */
  async clearMessage(roomId: string, messages: readonly { id: string; seq: number }[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    await this.reactionRepository.deleteReactions(roomId, ids);
    await this.dependents.deleteDependents(roomId, ids);
    await this.search.unindexMessages(
      roomId,
      messages.map(({ seq }) => seq),
    );
  }
}
