import type { MediaImportRepository } from '../../media/media-import.repository.js';
import type { MessageDependentsImportRepository } from '../../messages/message-dependents-import.repository.js';
import type { ReactionImportRepository } from '../../reactions/reaction-import.repository.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { Room } from '../../room-access/room.entity.js';
import type { MessageImportRepository, NumberedMessage } from '../../timeline/message-import.repository.js';
import type { LockedRoom } from './locked-room.js';
import type { ExistingRows } from './existing-rows.js';
import { rejectLine } from './reading.js';
import type { ImportLine, NumberedRecord } from './records.js';

interface MessageServices {
  messages: MessageImportRepository;
  media: MediaImportRepository;
  reactions: ReactionImportRepository;
  remains: MessageDependentsImportRepository;
}

interface OnMessage {
  roomId: string;
  messageId: string;
  userId: string;
}

/** Steps of what was said in a room; they answer how many records were new. */
export class MessageImporter {
  constructor(
    private readonly existing: ExistingRows,
    private readonly room: LockedRoom,
    private readonly services: MessageServices,
  ) {}

  messages(lines: readonly ImportLine<'message'>[]): Promise<number> {
    return this.room.change(lines, async ({ room, head }) => {
      const stored = await this.existing.messages(
        room.id,
        lines.flatMap(({ record: { id, replyToId } }) => (replyToId ? [id, replyToId] : [id])),
      );
      const fresh = [
        ...new Map(
          lines
            .filter(({ record }) => !stored.has(record.id))
            .toReversed()
            .map((line) => [line.record.id, line]),
        ).values(),
      ].toReversed();
      await this.demandPeople(room, fresh);
      await this.demandMedia(fresh);
      const seqs = new Map([...stored].map(([id, { seq }]) => [id, seq]));
      const numbered = number(head, fresh, seqs);
      await this.services.messages.importMessages(room.id, numbered);
      const places = numbered.flatMap(({ id, seq, mediaIds }) =>
        mediaIds.map((mediaId, position) => ({ messageId: id, seq, position, mediaId })),
      );
      await this.services.media.attachMedia(room.id, places);
      return { added: numbered.length, rev: Math.max(0, ...numbered.map(({ rev }) => rev)) };
    });
  }

  edits(lines: readonly ImportLine<'edit'>[]): Promise<number> {
    return this.onMessages(lines, async (roomId, records) => ({
      added: await this.services.remains.importEdits(roomId, records),
      rev: Math.max(...records.map(({ rev }) => rev)),
    }));
  }

  reactions(lines: readonly ImportLine<'reaction'>[]): Promise<number> {
    return this.onMessages(lines, async (roomId, records) => ({ added: await this.services.reactions.importReactions(roomId, records) }));
  }

  pins(lines: readonly ImportLine<'pin'>[]): Promise<number> {
    return this.onMessages(lines, async (roomId, records) => ({ added: await this.services.remains.importPins(roomId, records) }));
  }

  /** What hangs on messages that are here; of one that was deleted here, nothing comes back. */
  private onMessages<R extends OnMessage>(
    lines: readonly NumberedRecord<R>[],
    write: (roomId: string, records: R[]) => Promise<{ added: number; rev?: number }>,
  ): Promise<number> {
    return this.room.change(lines, async ({ room }) => {
      const stored = await this.existing.messages(
        room.id,
        lines.map(({ record }) => record.messageId),
      );
      const people = await this.existing.users(lines.map(({ record }) => record.userId));
      const records: R[] = [];
      for (const { number: at, record } of lines) {
        const message = stored.get(record.messageId);
        if (!message || message.system) rejectLine(at, 'messageId', 'is no message of the room that came before');
        if (!people.has(record.userId)) rejectLine(at, 'userId', 'is nobody who is here');
        if (!message.deleted) records.push(record);
      }
      return records.length > 0 ? write(room.id, records) : { added: 0 };
    });
  }

  private async demandPeople(room: Room, lines: readonly ImportLine<'message'>[]): Promise<void> {
    const people = await this.existing.users(lines.flatMap(({ record: { userId, mentions } }) => [userId, ...mentions]));
    for (const { number: at, record } of lines) {
      if (!people.has(record.userId)) rejectLine(at, 'userId', 'is nobody who is here');
      if (room.isPrivate && ![room.userLow, room.userHigh].includes(record.userId))
        rejectLine(at, 'userId', 'is none of the two of the room');
      if (!record.mentions.every((id) => people.has(id))) rejectLine(at, 'mentions', 'names somebody who is not here');
    }
  }

  private async demandMedia(lines: readonly ImportLine<'message'>[]): Promise<void> {
    const files = await this.services.media.lockMedia(lines.flatMap(({ record }) => record.mediaIds));
    for (const { number: at, record } of lines) {
      if (!record.mediaIds.every((id) => files.has(id))) rejectLine(at, 'mediaIds', 'names a file that is not here');
    }
  }
}

/** Puts messages at the end of the room, in the order given. @param seqs of what may be replied to; theirs are added */
function number(
  { lastSeq, lastN }: RoomHead,
  lines: readonly ImportLine<'message'>[],
  seqs: Map<string, number>,
): (NumberedMessage & { mediaIds: string[] })[] {
  let n = lastN;
  return lines.map(({ number: at, record }, index) => {
    const seq = lastSeq + index + 1;
    const replyToSeq = record.replyToId === null ? null : (seqs.get(record.replyToId) ?? null);
    if (record.replyToId !== null && replyToSeq === null) rejectLine(at, 'replyToId', 'is no message of the room that came before');
    if (record.type !== 'system') n++;
    seqs.set(record.id, seq);
    return { ...record, seq, n, replyToSeq };
  });
}
