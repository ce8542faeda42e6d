import { Injectable } from '@nestjs/common';
import type { Actor } from '../../common/actor.js';
import { ReactionRows } from '../../reactions/reaction-rows.service.js';
import { RoomAccess } from '../../room-access/room-access.service.js';
import { RoomLog } from '../../room-access/room-log.service.js';
import { SearchIndex } from '../../search/search-index.service.js';
import { MessageRows } from '../../timeline/message-rows.service.js';
import type { MessageView } from '../../timeline/message.view.js';
import { SystemMessageFixed } from '../../timeline/timeline.errors.js';
import { MessageRemains } from './message-remains.service.js';
import { deletingNeeds, isModerating } from '../message.policy.js';

/** Deleting messages: what stays is a tombstone that says where one stood, whose, and when. */
@Injectable()
export class MessageRemoval {
  constructor(
    private readonly access: RoomAccess,
    private readonly rows: MessageRows,
    private readonly reactions: ReactionRows,
    private readonly remains: MessageRemains,
    private readonly search: SearchIndex,
    private readonly log: RoomLog,
  ) {}

  /**
   * Deletes a message; a deleted one is answered as it is. Open in rooms that take no new messages, and to who may not speak.
   * @throws RoomNotFound, MessageNotFound, SystemMessageFixed, Forbidden
   */
  remove(actor: Actor, roomId: string, messageId: string): Promise<MessageView> {
    return this.access.change(actor, roomId, null, async (grant) => {
      const message = await this.rows.find(grant, messageId);
      if (message.type === 'system') throw new SystemMessageFixed();
      grant.demand(deletingNeeds(message, grant));
      if (message.deletedAt !== null) return this.rows.view(grant, messageId);
      await this.rows.bury(message);
      await this.clear(roomId, [message]);
      if (isModerating(message, grant)) {
        await this.log.audit(roomId, { actorId: actor.userId, action: 'message_deleted', targetUserId: message.userId, messageId });
      }
      return this.rows.record(grant, actor, { kind: 'deleted', messageId });
    });
  }

  /** What hangs on messages of one room that are being buried. Expects the room's head. @param messages ascending by seq, at most 1,000 */
  async clear(roomId: string, messages: readonly { id: string; seq: number }[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    await this.reactions.clear(roomId, ids);
    await this.remains.clear(roomId, ids);
    await this.search.drop(
      roomId,
      messages.map(({ seq }) => seq),
    );
  }
}
