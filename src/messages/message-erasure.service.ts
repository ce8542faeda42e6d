import { Injectable } from '@nestjs/common';
import { RoomAccess } from '../room-access/room-access.service.js';
import type { MessageKey } from '../timeline/message.repository.js';
import { MessageTombstones } from '../timeline/message-tombstones.service.js';
import { MessageDeletion } from './message-deletion.service.js';

/** Messages in one step: with what hangs on them about a thousand rows, and one packet that a socket takes. */
const STEP = 150;

const BEGINNING: MessageKey = { roomId: '00000000-0000-0000-0000-000000000000', seq: 0 };

/** Erasing all that somebody who is gone has written, in steps beside which sends keep their pace. */
@Injectable()
export class MessageErasure {
  constructor(
    private readonly access: RoomAccess,
    private readonly tombstones: MessageTombstones,
    private readonly deletion: MessageDeletion,
  ) {}

  /** One step, in one room. @param after where the step before ended, null at first @returns where this one did, null when all is done */
  async eraseMessagesStep(userId: string, after: MessageKey | null): Promise<MessageKey | null> {
    const from = await this.tombstones.findNextAuthored(userId, after ?? BEGINNING);
    if (!from) return null;
    const { roomId } = from;
    return this.access.hold(roomId, async (held) => {
      // A room that is deleted is purged with all that is in it.
      if (!held) return { roomId, seq: Number.MAX_SAFE_INTEGER };
      const messages = await this.tombstones.findAuthored(userId, from, STEP);
      const last = messages.at(-1);
      if (!last) return from;
      await this.tombstones.markMessagesDeleted(roomId, messages);
      await this.deletion.clearMessage(roomId, messages);
      await this.tombstones.recordDeletions(roomId, userId, messages);
      return { roomId, seq: last.seq };
    });
  }
}
