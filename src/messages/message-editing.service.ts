import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Relations } from '../friends/relations.service.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { SearchIndex } from '../search/search-index.service.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageDeleted, SystemMessageImmutable } from '../timeline/timeline.errors.js';
import { MessageEdits } from './message-edits.service.js';
import { editingNeeds, isModerating } from './message.policy.js';

@Injectable()
export class MessageEditing {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly edits: MessageEdits,
    private readonly relations: Relations,
    private readonly search: SearchIndex,
    private readonly log: RoomLog,
  ) {}

  /**
   * Gives a message another text; the same one changes nothing.
   * @throws RoomNotFound, MessageNotFound, SystemMessageImmutable, Forbidden, MessageDeleted, ValidationFailed, UnstorableText, EmptyMessage
   */
  editMessage(actor: Actor, roomId: string, messageId: string, wanted: string | null): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      if (message.type === 'system') throw new SystemMessageImmutable();
      grant.requirePermission(editingNeeds(message, grant));
      await this.relations.requireMayPostIn(grant);
      if (message.deletedAt !== null) throw new MessageDeleted();
      const text = this.edits.checkEditedText(wanted, message);
      if (text === message.text) return this.messageRepository.getMessageView(grant, messageId);
      const mentioned = await this.edits.resolveMentions(grant, message, text);
      await this.messageRepository.updateText(message, text);
      await this.edits.insertEdit(message, actor.userId, grant.head.rev + 1);
      await this.messageRepository.replaceMentions(message, mentioned);
      await this.search.reindexMessage({ ...message, text });
      if (isModerating(message, grant)) {
        await this.log.audit(roomId, { actorId: actor.userId, action: 'message_edited', targetUserId: message.userId, messageId });
      }
      return this.messageRepository.recordMessageChange(grant, actor, { kind: 'edited', messageId });
    });
  }
}
