import type { INestApplicationContext } from '@nestjs/common';
import { MediaImportRepository } from '../../media/media-import.repository.js';
import { MessageDependents } from '../../messages/message-dependents.service.js';
import { ReactionRepository } from '../../reactions/reaction.repository.js';
import type { RoomHead } from '../../room-access/room-head.entity.js';
import type { Room } from '../../room-access/room.entity.js';
import { MessageImportRepository, type ImportedMessage } from '../../timeline/message-import.repository.js';
import type { LockedRoom, StepResult } from './locked-room.js';
import { type ExistingRows, type KnownMessage, newLines } from './existing-rows.js';
import { rejectLine } from './reading.js';
import type { ImportLine, NumberedRecord } from './records.js';

interface OnMessage {
  roomId: string;
  messageId: string;
  userId: string;
}

/** Imports messages and what depends on them. Each method is a step in one room, and returns how many records were new. */
export class MessageImporter {
  private readonly media: MediaImportRepository;
  private readonly dependents: MessageDependents;

  constructor(
    private readonly app: INestApplicationContext,
    private readonly existing: ExistingRows,
    private readonly room: LockedRoom,
  ) {
    this.media = app.get(MediaImportRepository);
    this.dependents = app.get(MessageDependents);
  }

  importMessages(lines: readonly ImportLine<'message'>[]): Promise<number> {
    return this.room.changeRoom(lines, async ({ room, head }) => {
      const named = lines.flatMap(({ record: { id, replyToId } }) => (replyToId ? [id, replyToId] : [id]));
      const known = await this.existing.findMessages(room.id, named);
      const added = newLines(lines, ({ id }) => id, known.keys());
      await this.requireAuthors(room, added);
      await this.requireMedia(added);
      const messages = numberMessages(head, added, known);
      await this.app.get(MessageImportRepository).importMessages(room.id, messages);
      await this.media.attachMedia(
        messages.flatMap(({ id: messageId, seq, mediaIds }) =>
          mediaIds.map((mediaId, position) => ({ roomId: room.id, messageId, seq, position, mediaId })),
        ),
      );
      return { added: messages.length, rev: Math.max(0, ...messages.map(({ rev }) => rev)) };
    });
  }

  importEdits(lines: readonly ImportLine<'edit'>[]): Promise<number> {
    return this.importDependents(lines, async (edits) => ({
      added: await this.dependents.importEdits(edits),
      rev: Math.max(...edits.map(({ rev }) => rev)),
    }));
  }

  importReactions(lines: readonly ImportLine<'reaction'>[]): Promise<number> {
    return this.importDependents(lines, async (reactions) => ({
      added: await this.app.get(ReactionRepository).importReactions(reactions),
    }));
  }

  importPins(lines: readonly ImportLine<'pin'>[]): Promise<number> {
    return this.importDependents(lines, async (pins) => ({
      added: await this.dependents.importPins(pins.map(({ userId, ...pin }) => ({ ...pin, pinnedBy: userId }))),
    }));
  }

  /** Imports records that belong to messages here, except to deleted ones. */
  private importDependents<R extends OnMessage>(
    lines: readonly NumberedRecord<R>[],
    insert: (records: (R & { seq: number })[]) => Promise<StepResult>,
  ): Promise<number> {
    return this.room.changeRoom(lines, async ({ room }) => {
      const known = await this.existing.findMessages(
        room.id,
        lines.map(({ record }) => record.messageId),
      );
      const records = lines.flatMap(({ number, record }) => {
        const message = known.get(record.messageId);
        if (!message || message.system) return rejectLine(number, 'messageId', 'is not an earlier message of the room');
        return message.deleted ? [] : [{ ...record, seq: message.seq }];
      });
      await this.existing.requireUsers<OnMessage>(lines, 'userId');
      return records.length > 0 ? insert(records) : { added: 0 };
    });
  }

  private async requireAuthors(room: Room, lines: readonly ImportLine<'message'>[]): Promise<void> {
    await this.existing.requireUsers(lines, 'userId', 'mentions');
    if (!room.isPrivate) return;
    for (const { number, record } of lines) {
      if (![room.userLow, room.userHigh].includes(record.userId)) rejectLine(number, 'userId', 'is not a member of the private room');
    }
  }

  private async requireMedia(lines: readonly ImportLine<'message'>[]): Promise<void> {
    const files = await this.media.lockMedia(lines.flatMap(({ record }) => record.mediaIds));
    for (const { number, record } of lines) {
      if (!record.mediaIds.every((id) => files.has(id))) rejectLine(number, 'mediaIds', 'names an unknown file');
    }
  }
}

/** Numbers messages past the end of the room, in the order of the file. @param known messages here, to which they may reply */
function numberMessages(
  { lastSeq, lastN }: RoomHead,
  lines: readonly ImportLine<'message'>[],
  known: ReadonlyMap<string, KnownMessage>,
): (ImportedMessage & { mediaIds: string[] })[] {
  const seqs = new Map([...known].map(([id, { seq }]) => [id, seq]));
  let n = lastN;
  return lines.map(({ number, record }, index) => {
    const seq = lastSeq + index + 1;
    const replyToSeq = record.replyToId === null ? null : (seqs.get(record.replyToId) ?? null);
    if (record.replyToId !== null && replyToSeq === null) rejectLine(number, 'replyToId', 'is not an earlier message of the room');
    if (record.type !== 'system') n++;
    seqs.set(record.id, seq);
    return { ...record, seq, n, replyToSeq };
  });
}
