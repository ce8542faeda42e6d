import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { Relations } from '../../friends/relations.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { RoomLog } from '../../room-access/room-log.service.js';
import { SearchIndex } from '../../search/search-index.service.js';
import { MessageRows } from '../../timeline/message-rows.service.js';
import type { MessageView } from '../../timeline/message.view.js';
import { MessageDeleted, SystemMessageFixed } from '../../timeline/timeline.errors.js';
import { MessageEdits } from './message-edits.service.js';
import { editingNeeds, isModerating } from '../message.policy.js';

@Injectable()
export class MessageEditing {
  constructor(
    private readonly access: RoomAccess,
    private readonly rows: MessageRows,
    private readonly edits: MessageEdits,
    private readonly relations: Relations,
    private readonly search: SearchIndex,
    private readonly log: RoomLog,
  ) {}

  /**
   * Gives a message another text; the same one changes nothing.
   * @throws RoomNotFound, MessageNotFound, SystemMessageFixed, Forbidden, MessageDeleted, ValidationFailed, UnstorableText, EmptyMessage
   */
  edit(actor: Actor, roomId: string, messageId: string, wanted: string | null): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.rows.find(grant, messageId);
      if (message.type === 'system') throw new SystemMessageFixed();
      grant.demand(editingNeeds(message, grant));
      await this.relations.demandVoice(grant);
      if (message.deletedAt !== null) throw new MessageDeleted();
      const text = this.edits.check(wanted, message);
      if (text === message.text) return this.rows.view(grant, messageId);
      const mentioned = await this.edits.mentioned(grant, message, text);
      await this.rows.editText(message, text);
      await this.edits.keep(message, actor.userId, grant.head.rev + 1);
      await this.rows.mention(message, mentioned);
      await this.search.replace({ ...message, text });
      if (isModerating(message, grant)) {
        await this.log.audit(roomId, { actorId: actor.userId, action: 'message_edited', targetUserId: message.userId, messageId });
      }
      return this.rows.record(grant, actor, { kind: 'edited', messageId });
    });
  }
}
