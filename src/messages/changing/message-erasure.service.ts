import { Injectable } from '@nestjs/common';
import { RoomAccess } from '../../room-access/room-access.service.js';
import type { MessageKey } from '../../timeline/message-rows.service.js';
import { MessageTombstones } from '../../timeline/message-tombstones.service.js';
import { MessageRemoval } from './message-removal.service.js';

/** Messages in one step: with what hangs on them about a thousand rows, and one packet that a socket takes. */
const STEP = 150;

const BEGINNING: MessageKey = { roomId: '00000000-0000-0000-0000-000000000000', seq: 0 };

/** Erasing all that somebody who is gone has written, in steps beside which sends keep their pace. */
@Injectable()
export class MessageErasure {
  constructor(
    private readonly access: RoomAccess,
    private readonly tombstones: MessageTombstones,
    private readonly removal: MessageRemoval,
  ) {}

  /** One step, in one room. @param after where the step before ended, null at first @returns where this one did, null when all is done */
  async eraseSome(userId: string, after: MessageKey | null): Promise<MessageKey | null> {
    const from = await this.tombstones.next(userId, after ?? BEGINNING);
    if (!from) return null;
    const { roomId } = from;
    return this.access.hold(roomId, async (held) => {
      // A room that is deleted is purged with all that is in it.
      if (!held) return { roomId, seq: Number.MAX_SAFE_INTEGER };
      const messages = await this.tombstones.written(userId, from, STEP);
      const last = messages.at(-1);
      if (!last) return from;
      await this.tombstones.bury(roomId, messages);
      await this.removal.clear(roomId, messages);
      await this.tombstones.record(roomId, userId, messages);
      return { roomId, seq: last.seq };
    });
  }
}
