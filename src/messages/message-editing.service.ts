import { Injectable } from '@nestjs/common';
import type { Actor } from '../common/actor.js';
import { Settings } from '../config/settings.js';
import { Relations } from '../friends/relations.service.js';
import { RoomAccess } from '../room-access/room-access.service.js';
import { RoomLog } from '../room-access/room-log.service.js';
import { checkEditedText, mentionsAfterEdit } from '../timeline/message-content.policy.js';
import { MessageRepository } from '../timeline/message.repository.js';
import type { MessageView } from '../timeline/message.view.js';
import { MessageDeleted, SystemMessageImmutable } from '../timeline/timeline.errors.js';
import { MessageDependents } from './message-dependents.service.js';
import { editingNeeds, isModerating } from './message.policy.js';

@Injectable()
export class MessageEditing {
  constructor(
    private readonly access: RoomAccess,
    private readonly messageRepository: MessageRepository,
    private readonly dependents: MessageDependents,
    private readonly relations: Relations,
    private readonly log: RoomLog,
    private readonly settings: Settings,
  ) {}

  /**
   * Replaces the text of a message; the same text changes nothing.
   * @throws RoomNotFound, MessageNotFound, SystemMessageImmutable, Forbidden, MessageDeleted, ValidationFailed, UnstorableText,
   * EmptyMessage
   */
  editMessage(actor: Actor, roomId: string, messageId: string, newText: string | null): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.messageRepository.requireMessage(grant, messageId);
      if (message.type === 'system') throw new SystemMessageImmutable();
      grant.requirePermission(editingNeeds(message, grant));
      await this.relations.requireMayPostIn(grant);
      if (message.deletedAt !== null) throw new MessageDeleted();
      const text = checkEditedText(newText, message.type, this.settings.messages);
      if (text === message.text) return this.messageRepository.getMessageView(grant, messageId);
      const mentions = mentionsAfterEdit(
        await this.messageRepository.findMentions(message),
        message.text,
        text,
        grant.can('can_mention_all'),
      );
      await this.messageRepository.updateText(message, text);
      await this.messageRepository.replaceMentions(message, mentions);
      await this.dependents.recordEdit(message, text, actor.userId, grant.head.rev + 1);
      if (isModerating(message, grant)) {
        await this.log.audit(roomId, { actorId: actor.userId, action: 'message_edited', targetUserId: message.userId, messageId });
      }
      return this.messageRepository.recordMessageChange(grant, actor, message, { kind: 'edited' });
    });
  }
}
